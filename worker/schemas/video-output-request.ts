/** Parameters of a video output. */
import { CONTAINERS, type Container } from "../../encoder/contract/formats.ts";
import type { RenditionFormat, VideoRequest } from "../domain/job-spec.ts";
import type { OutputContext } from "./output-context.ts";
import { resolveVideoFormat, type FormatName } from "./output-format.ts";
import { checkExtension, parsePath } from "./output-path.ts";
import { parsePicture, refusePicture } from "./picture-request.ts";
import type { Fields } from "./request-fields.ts";
import { parseSpan } from "./span-request.ts";

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
  const span = parseSpan(fields, context);
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
        ...span,
      };
}

/** Music in an MP4 container is usually called `.m4a`. */
function extensionsOf(container: Container, rendition: RenditionFormat | null): readonly string[] {
  const { extensions } = CONTAINERS[container];
  return container === "mp4" && rendition?.video === null ? [...extensions, "m4a"] : extensions;
}

/** What is done to a picture needs one, and one that is encoded. */
function refusePictureParams(video: RenditionFormat["video"], fields: Fields, context: OutputContext): void {
  if (video === null) {
    refusePicture(
      fields,
      { rule: "has no effect on an output without video", advice: "Remove it." },
      context,
    );
  } else if (video.codec === "copy") {
    const advice = "Remove it, or name a codec instead of copy.";
    refusePicture(fields, { rule: "cannot be done to a video that is copied", advice }, context);
  }
}
