/** Parameters of what is done to a picture, of videos and images alike. */
import { z } from "zod";
import { WATERMARK_POSITIONS } from "../../encoder/contract/output-spec.ts";
import { checkUrl } from "../domain/allowed-url.ts";
import type { PictureRequest, WatermarkRequest } from "../domain/job-spec.ts";
import { didYouMean } from "../domain/name-list.ts";
import { redactedUrl } from "../domain/shown-value.ts";
import type { OutputContext } from "./output-context.ts";
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
  const href = watermarkUrl(watermark.url, `${field}.url`, context);
  return href === null
    ? undefined
    : { source: sourceOf(href, context.watermarkUrls), position: watermark.position };
}

function watermarkUrl(text: string, field: string, { options, problems }: OutputContext): string | null {
  const check = checkUrl(text, options);
  const extension = check.ok ? /\.(svgz?|pdf)$/i.exec(check.url.pathname)?.[1] : undefined;
  if (!check.ok || extension !== undefined) {
    problems.add("output_param_not_valid", {
      field,
      value: redactedUrl(text),
      rule: check.ok ? `is a .${extension} file, but a watermark is a PNG or JPEG picture` : check.rule,
      advice: check.ok ? "Convert it to PNG." : "Give the http or https URL of a PNG or JPEG picture.",
    });
    return null;
  }
  check.url.hash = "";
  return check.url.href;
}

function sourceOf(href: string, urls: string[]): number {
  const known = urls.indexOf(href);
  return known >= 0 ? known : urls.push(href) - 1;
}
