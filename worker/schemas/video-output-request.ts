/** Parameters of a video output. */
import { z } from "zod";
import type { RenditionFormat, VideoRequest } from "../domain/job-spec.ts";
import { CONTAINER_EXTENSIONS } from "../domain/format/known-formats.ts";
import { checkExtension, parsePath } from "./output-path.ts";
import { parseFields, type Fields } from "./request-fields.ts";

const seconds = (min: number) =>
  z.int({ error: "must be a whole number of seconds" }).min(min, `must be at least ${min}`);

const videoSchema = z.object({ offset: seconds(0).default(0), duration: seconds(1).optional() });

/** @throws AppError `output_{path,filename,param}_not_valid` */
export function parseVideoOutput(
  rendition: RenditionFormat,
  fields: Fields,
  field: string,
  storagePath: string,
): VideoRequest {
  const path = parsePath(fields["path"], `${field}.path`, storagePath);
  const soundExtensions = rendition.video === null ? ["m4a"] : [];
  checkExtension(path, `${field}.path`, rendition.container, [
    ...CONTAINER_EXTENSIONS.mp4,
    ...soundExtensions,
  ]);
  const { offset, duration } = parseFields(videoSchema, fields, { field, code: "output_param_not_valid" });
  return { type: "video", path, rendition, offsetSeconds: offset, durationSeconds: duration ?? null };
}
