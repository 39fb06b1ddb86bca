/** Parameters of what is done to a picture, of videos and images alike. */
import { z } from "zod";
import { WATERMARK_POSITIONS } from "../../encoder/contract/output-spec.ts";
import type { PictureRequest, WatermarkRequest } from "../domain/job-spec.ts";
import { didYouMean } from "../domain/name-list.ts";
import { collectUrl } from "./collected-url.ts";
import type { OutputContext } from "./output-context.ts";
import { hasNoEffect } from "./output-params.ts";
import { fieldPath, parseFields, readFields, type Fields } from "./request-fields.ts";

const flag = z.boolean({ error: "must be true or false" });

const pictureSchema = z.object({
  fit: z.enum(["pad", "crop"], { error: 'must be "pad" or "crop"' }).default("pad"),
  transpose: z
    .union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)], { error: "must be 0, 1, 2 or 3" })
    .optional(),
  hflip: flag.default(false),
  vflip: flag.default(false),
  deinterlace: flag.optional(),
});

/** Names of everything that `parsePicture` reads. */
const PICTURE_PARAMS = ["fit", "transpose", "vflip", "hflip", "deinterlace", "watermark"];

const WATERMARK_KEYS = ["url", "position"];
const watermarkSchema = z.object({
  url: z.string({ error: "must be a string" }),
  position: z
    .enum(WATERMARK_POSITIONS, { error: `must be one of ${WATERMARK_POSITIONS.join(", ")}` })
    .default("bottomright"),
});

/** Null after a problem: `output_param_not_valid`. */
export function parsePicture(fields: Fields, context: OutputContext): PictureRequest | null {
  const { field, problems } = context;
  const picture = parseFields(pictureSchema, fields, { field, code: "output_param_not_valid" }, problems);
  const watermark = parseWatermark(fields["watermark"], context);
  return picture === null || watermark === undefined
    ? null
    : {
        fit: picture.fit,
        transpose: picture.transpose ?? null,
        hflip: picture.hflip,
        vflip: picture.vflip,
        deinterlace: picture.deinterlace ?? null,
        watermark,
      };
}

/** Reports whatever asks for something to be done to a picture that is not there, or not encoded. */
export function refusePicture(
  fields: Fields,
  problem: { rule: string; advice: string },
  { field, problems }: OutputContext,
): void {
  for (const name of PICTURE_PARAMS) {
    if (fields[name] !== undefined && !hasNoEffect(name, fields[name])) {
      problems.add("output_param_not_valid", { field: fieldPath(field, [name]), ...problem });
    }
  }
}

/** Undefined after a problem. */
function parseWatermark(value: unknown, context: OutputContext): WatermarkRequest | null | undefined {
  if (value === undefined) {
    return null;
  }
  const { problems } = context;
  const field = `${context.field}.watermark`;
  const code = "output_param_not_valid";
  const fields = readFields(value);
  if (fields === null) {
    const advice = 'Write {"url": "https://...", "position": "bottomright"}.';
    problems.add(code, { field, value, rule: "must be an object", advice });
    return undefined;
  }
  for (const name of Object.keys(fields).filter((key) => !WATERMARK_KEYS.includes(key))) {
    const advice = didYouMean(name, WATERMARK_KEYS) ?? "Remove it. Parameters: url, position.";
    problems.add(code, {
      field: fieldPath(field, [name]),
      rule: "is not a parameter of a watermark",
      advice,
    });
  }
  const watermark = parseFields(watermarkSchema, fields, { field, code }, problems);
  if (watermark === null) {
    return undefined;
  }
  const source = collectUrl(watermark.url, `${field}.url`, context.watermarkUrls, context, {
    wanted: "a PNG or JPEG picture",
    refuse: otherPicture,
  });
  return source === null ? undefined : { source, position: watermark.position };
}

function otherPicture({ pathname }: URL): { rule: string; advice: string } | null {
  const extension = /\.(svgz?|pdf)$/i.exec(pathname)?.[1];
  return extension === undefined
    ? null
    : {
        rule: `is a .${extension} file, but a watermark is a PNG or JPEG picture`,
        advice: "Convert it to PNG.",
      };
}
