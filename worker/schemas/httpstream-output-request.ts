/** Parameters of an `httpstream` output: variants and how they are packaged. */
import { z } from "zod";
import type { HttpstreamRequest, RenditionFormat } from "../domain/job-spec.ts";
import { objectKey } from "../domain/object-location.ts";
import { parseVariant } from "../domain/format/rendition-format.ts";
import { DEFAULT_VARIANTS } from "../domain/format/output-presets.ts";
import { didYouMean } from "../domain/name-list.ts";
import { longestFilled } from "../domain/path-template.ts";
import type { OutputContext } from "./output-context.ts";
import { parsePath } from "./output-path.ts";
import type { Problems } from "./problems.ts";
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

/** Null after a problem: `output_{param,path,variants}_not_valid`. */
export function parseHttpstreamOutput(fields: Fields, context: OutputContext): HttpstreamRequest | null {
  const { field, problems, storagePath } = context;
  const hls = parseHls(fields["hls"], `${field}.hls`, problems);
  const stream = parseFields(httpstreamSchema, fields, { field, code: "output_param_not_valid" }, problems);
  const room = { problems, storagePath, reservedBytes: PACKAGE_BYTES };
  const path = parsePath(fields["path"] ?? "/", `${field}.path`, room);
  const prefix = objectKey(storagePath, longestFilled(path ?? "/"));
  const hlsPath = hls && parsePath(hls["path"], `${field}.hls.path`, { ...room, storagePath: prefix });
  const variants = chooseVariants(fields["variants"], hls?.["variants"], field, problems);
  return stream === null || path === null || hlsPath === null || variants === null
    ? null
    : { type: "httpstream", path, playlistName: stream.playlist_name, variants, hls: { path: hlsPath } };
}

function parseHls(value: unknown, field: string, problems: Problems): Fields | null {
  const hls = readFields(value);
  if (hls === null) {
    problems.add("output_param_not_valid", {
      field,
      ...(value === undefined ? {} : { value }),
      rule: value === undefined ? "is missing" : "must be an object",
      advice: 'An httpstream output needs "hls": {"path": "/hls"}.',
    });
    return null;
  }
  for (const name of Object.keys(hls).filter((candidate) => !HLS_KEYS.includes(candidate))) {
    const isPending = PENDING_HLS_KEYS.includes(name);
    problems.add("output_param_not_valid", {
      field: fieldPath(field, [name]),
      rule: isPending ? "is not supported yet" : "is not a parameter of hls",
      advice:
        (isPending ? undefined : didYouMean(name, HLS_KEYS)) ??
        `Remove it. Parameters: ${HLS_KEYS.join(", ")}.`,
    });
  }
  parseFields(hlsSchema, hls, { field, code: "output_param_not_valid" }, problems);
  return hls;
}

function chooseVariants(
  own: unknown,
  ofHls: unknown,
  field: string,
  problems: Problems,
): RenditionFormat[] | null {
  if (own !== undefined && ofHls !== undefined) {
    problems.add("output_variants_not_valid", {
      field: `${field}.variants`,
      rule: "are given twice",
      advice: "Keep them in one place, in the httpstream output or in its hls.",
    });
    return null;
  }
  const variantsField = ofHls === undefined ? `${field}.variants` : `${field}.hls.variants`;
  return parseVariants(own ?? ofHls ?? DEFAULT_VARIANTS, variantsField, problems);
}

function parseVariants(value: unknown, field: string, problems: Problems): RenditionFormat[] | null {
  const code = "output_variants_not_valid";
  if (!Array.isArray(value)) {
    problems.add(code, { field, value, rule: "must be a list of formats" });
    return null;
  }
  if (value.length < 1 || value.length > MAX_VARIANTS) {
    problems.add(code, { field, value, rule: `must have 1 to ${MAX_VARIANTS} entries` });
    return null;
  }
  const variants = value.flatMap((variant: unknown, index) => {
    const variantField = fieldPath(field, [index]);
    if (typeof variant !== "string") {
      problems.add(code, { field: variantField, value: variant, rule: "must be a string" });
      return [];
    }
    return (
      parseVariant(variant, (rule, { advice } = {}) =>
        problems.add(code, { field: variantField, value: variant, rule, ...(advice && { advice }) }),
      ) ?? []
    );
  });
  return variants.length === value.length ? variants : null;
}
