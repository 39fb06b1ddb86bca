/** Parameters of an `httpstream` output: variants and how they are packaged. */
import { z } from "zod";
import { AppError } from "../domain/app-error.ts";
import type { HttpstreamRequest, RenditionFormat } from "../domain/job-spec.ts";
import { objectKey } from "../domain/object-location.ts";
import { parseVariantFormat } from "../domain/format/output-format.ts";
import { DEFAULT_VARIANTS } from "../domain/format/output-presets.ts";
import { parsePath } from "./output-path.ts";
import { fieldPath, parseFields, readFields, type Fields } from "./request-fields.ts";

/** Each variant is a whole encode; published ladders have six to nine. */
const MAX_VARIANTS = 12;
/** What a package adds to its folder: the playlist's name or `/media-12/segment-99999.ts`. */
const PACKAGE_BYTES = 120;

const HLS_KEYS = ["path", "version", "variants"];
const PENDING_HLS_KEYS = [
  "encryption_key",
  "encryption_key_uri",
  "hls_encryption_key",
  "hls_encryption_key_uri",
];

const httpstreamSchema = z.object({
  playlist_name: z
    .string({ error: "must be a string" })
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, "must be a file name of letters, digits, _, - and .")
    .regex(/^(?!.*\.(m3u8|mpd)$)/i, "must be given without its extension")
    .default("master"),
});
const hlsSchema = z.object({
  version: z
    .int({ error: "must be a whole number" })
    .refine((version) => version === 3, { error: "must be 3; other HLS versions are not supported yet" })
    .default(3),
});

/** @throws AppError `output_{param,path,variants}_not_valid` */
export function parseHttpstreamOutput(fields: Fields, field: string, storagePath: string): HttpstreamRequest {
  const hls = parseHls(fields["hls"], `${field}.hls`);
  const { playlist_name: playlistName } = parseFields(httpstreamSchema, fields, {
    field,
    code: "output_param_not_valid",
  });
  const path = parsePath(fields["path"] ?? "/", `${field}.path`, storagePath, PACKAGE_BYTES);
  const hlsPath = parsePath(hls["path"], `${field}.hls.path`, objectKey(storagePath, path), PACKAGE_BYTES);
  if (fields["variants"] !== undefined && hls["variants"] !== undefined) {
    throw new AppError("output_variants_not_valid", {
      field: `${field}.variants`,
      rule: "are given twice",
      advice: "Keep them in one place, in the httpstream output or in its hls.",
    });
  }
  const variantsField = hls["variants"] === undefined ? `${field}.variants` : `${field}.hls.variants`;
  const variants = parseVariants(fields["variants"] ?? hls["variants"] ?? DEFAULT_VARIANTS, variantsField);
  return { type: "httpstream", path, playlistName, variants, hls: { path: hlsPath } };
}

function parseHls(value: unknown, field: string): Fields {
  const hls = readFields(value);
  if (hls === null) {
    throw new AppError("output_param_not_valid", {
      field,
      ...(value === undefined ? {} : { value }),
      rule: value === undefined ? "is missing" : "must be an object",
      advice: 'An httpstream output needs "hls": {"path": "/hls"}.',
    });
  }
  for (const name of Object.keys(hls).filter((candidate) => !HLS_KEYS.includes(candidate))) {
    throw new AppError("output_param_not_valid", {
      field: fieldPath(field, [name]),
      rule: PENDING_HLS_KEYS.includes(name) ? "is not supported yet" : "is not a parameter of hls",
      advice: `Remove it. Parameters: ${HLS_KEYS.join(", ")}.`,
    });
  }
  parseFields(hlsSchema, hls, { field, code: "output_param_not_valid" });
  return hls;
}

function parseVariants(value: unknown, field: string): RenditionFormat[] {
  const refuse = (rule: string): never => {
    throw new AppError("output_variants_not_valid", { field, value, rule });
  };
  if (!Array.isArray(value)) {
    return refuse("must be a list of formats");
  }
  if (value.length < 1 || value.length > MAX_VARIANTS) {
    return refuse(`must have 1 to ${MAX_VARIANTS} entries`);
  }
  return value.map((variant: unknown, index) => {
    const refuseVariant = (rule: string): never => {
      throw new AppError("output_variants_not_valid", {
        field: fieldPath(field, [index]),
        value: variant,
        rule,
      });
    };
    return typeof variant === "string"
      ? parseVariantFormat(variant, refuseVariant)
      : refuseVariant("must be a string");
  });
}
