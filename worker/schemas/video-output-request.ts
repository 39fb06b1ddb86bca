/** Parameters of a video output. */
import { z } from "zod";
import { CONTAINERS, type Container } from "../../encoder/contract/formats.ts";
import type { RenditionFormat, VideoRequest } from "../domain/job-spec.ts";
import type { OutputContext } from "./output-context.ts";
import { resolveVideoFormat, type FormatName } from "./output-format.ts";
import { hasNoEffect } from "./output-params.ts";
import { checkExtension, parsePath } from "./output-path.ts";
import { parsePicture } from "./picture-request.ts";
import { fieldPath, parseFields, type Fields } from "./request-fields.ts";

const seconds = (min: number) =>
  z.int({ error: "must be a whole number of seconds" }).min(min, `must be at least ${min}`);

const videoSchema = z.object({ offset: seconds(0).default(0), duration: seconds(1).optional() });

const PICTURE_PARAMS = ["fit", "transpose", "vflip", "hflip", "deinterlace", "watermark"];

/** Null after a problem: `output_{format,path,filename,param}_not_valid`. */
export function parseVideoOutput(
  name: FormatName,
  container: Container,
  fields: Fields,
  context: OutputContext,
): (VideoRequest & { format: string }) | null {
  const { field, problems } = context;
  const resolved = resolveVideoFormat(name, container, fields, context);
  const path = parsePath(fields["path"], `${field}.path`, context);
  if (path !== null) {
    const extensions = extensionsOf(container, resolved?.meaning ?? null);
    checkExtension(path, `${field}.path`, container, extensions, problems);
  }
  const span = parseFields(videoSchema, fields, { field, code: "output_param_not_valid" }, problems);
  const picture = parsePicture(fields, context);
  if (resolved !== null) {
    refusePictureParams(resolved.meaning.video, fields, context);
  }
  return resolved === null || path === null || span === null || picture === null
    ? null
    : {
        format: resolved.format,
        type: "video",
        path,
        rendition: resolved.meaning,
        picture,
        offsetSeconds: span.offset,
        durationSeconds: span.duration ?? null,
      };
}

/** Music in an MP4 container is usually called `.m4a`. */
function extensionsOf(container: Container, rendition: RenditionFormat | null): readonly string[] {
  const { extensions } = CONTAINERS[container];
  return container === "mp4" && rendition?.video === null ? [...extensions, "m4a"] : extensions;
}

/** What is done to a picture needs one, and one that is encoded. */
function refusePictureParams(
  video: RenditionFormat["video"],
  fields: Fields,
  { field, problems }: OutputContext,
): void {
  if (video !== null && video.codec !== "copy") {
    return;
  }
  const rule =
    video === null ? "has no effect on an output without video" : "cannot be done to a video that is copied";
  const advice = video === null ? "Remove it." : "Remove it, or name a codec instead of copy.";
  for (const name of PICTURE_PARAMS) {
    if (fields[name] !== undefined && !hasNoEffect(name, fields[name])) {
      problems.add("output_param_not_valid", { field: fieldPath(field, [name]), rule, advice });
    }
  }
}
