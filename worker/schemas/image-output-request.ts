/** Parameters of an image output: which moments, and a path that can name all of them. */
import { z } from "zod";
import { AppError } from "../domain/app-error.ts";
import { countSequences } from "../domain/plan/image-sequence.ts";
import type { ImageRequest, Resolution } from "../domain/job-spec.ts";
import { CONTAINER_EXTENSIONS } from "../domain/format/known-formats.ts";
import { checkExtension, parsePath } from "./output-path.ts";
import { parseFields, type Fields } from "./request-fields.ts";

/** Coconut's limit of `number`. */
const MAX_NUMBER = 100;
/** Coconut names none for `offsets`; this many positions are a mistake. */
const MAX_OFFSETS = 1000;
/** Digits that a sequence can add to a path. */
const SEQUENCE_BYTES = 10;

const seconds = z.int({ error: "must be a whole number of seconds" }).min(0, "must not be negative");

const imageSchema = z.object({
  number: z
    .int({ error: "must be a whole number" })
    .min(1, "must be at least 1")
    .max(MAX_NUMBER, `must be at most ${MAX_NUMBER}`)
    .optional(),
  offsets: z
    .array(seconds, { error: "must be a list of seconds" })
    .min(1, "must name at least one time")
    .max(MAX_OFFSETS, `must name at most ${MAX_OFFSETS} times`)
    .optional(),
  // 0 lets the interval follow from the duration.
  interval: seconds.optional(),
});

/** @throws AppError `output_{path,filename,param}_not_valid` */
export function parseImageOutput(
  format: { container: "jpg" | "png"; resolution: Resolution },
  fields: Fields,
  field: string,
  storagePath: string,
): ImageRequest {
  const path = parsePath(fields["path"], `${field}.path`, storagePath, SEQUENCE_BYTES);
  checkExtension(path, `${field}.path`, format.container, CONTAINER_EXTENSIONS[format.container]);
  const sampling = parseSampling(fields, field);
  checkSequence(path, sampling, `${field}.path`);
  return { type: "image", container: format.container, path, resolution: format.resolution, sampling };
}

function parseSampling(fields: Fields, field: string): ImageRequest["sampling"] {
  const { number, offsets, interval } = parseFields(imageSchema, fields, {
    field,
    code: "output_param_not_valid",
  });
  const given = Object.entries({ number, offsets, interval }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(" and ");
    throw new AppError("output_param_not_valid", {
      field,
      rule: `has ${names}, which exclude each other`,
      advice: "Give one of number, offsets and interval.",
    });
  }
  if (offsets !== undefined) {
    return { by: "offsets", seconds: offsets };
  }
  return interval === undefined
    ? { by: "number", count: number ?? 1 }
    : { by: "interval", seconds: interval };
}

function checkSequence(path: string, sampling: ImageRequest["sampling"], field: string): void {
  const sequences = countSequences(path);
  const isSingle =
    (sampling.by === "number" && sampling.count === 1) ||
    (sampling.by === "offsets" && sampling.seconds.length === 1);
  if (sequences > 1) {
    throw new AppError("output_path_not_valid", {
      field,
      value: path,
      rule: "has more than one number sequence",
      advice: "Keep one, such as %.2d.",
    });
  }
  if (sequences === 0 && !isSingle) {
    throw new AppError("output_path_not_valid", {
      field,
      value: path,
      rule: "names one file, but several images can result",
      advice: "Put a number sequence into the file name, such as thumb_%.2d.jpg.",
    });
  }
}
