/** Parameters of `hls`: an HLS package over MPEG-TS, and the keys of its segments. */
import { z } from "zod";
import { HLS_VERSIONS } from "../../encoder/contract/stream.ts";
import type { HlsRequest, SegmentKeysRequest } from "../domain/job-spec.ts";
import { nameList } from "../domain/name-list.ts";
import { parseKey, parsePlayerUri } from "./key-values.ts";
import type { OutputContext } from "./output-context.ts";
import { fieldPath, parseFields, readFields } from "./request-fields.ts";
import type { PackageFields } from "./stream-package.ts";

/** Bento4's, whose packages Coconut's are. */
const DEFAULT_VERSION = 4;
/** A whole day of segments under one key can be had without rotation. */
const MAX_SEGMENTS_PER_KEY = 10_000;

const CODE = "output_param_not_valid";

const hlsSchema = z.object({
  version: z
    .literal(HLS_VERSIONS, { error: `must be ${nameList(HLS_VERSIONS.map(String), "or")}` })
    .default(DEFAULT_VERSION),
  live_edge: z.boolean({ error: "must be true or false" }).default(false),
});
const rotationSchema = z.object({
  rotate_every: z
    .int({ error: "must be a whole number of segments" })
    .min(1, "must be at least 1")
    .max(MAX_SEGMENTS_PER_KEY, `must be at most ${MAX_SEGMENTS_PER_KEY}`),
});

/** A key that the service makes; null: none is asked for. */
type NewKey = { segmentsPerKey: number | null } | null;

/** Everything but the path. Null after a problem: `output_param_not_valid`. */
export function parseHls(hls: PackageFields, context: OutputContext): Omit<HlsRequest, "path"> | null {
  const { field, fields } = hls;
  const options = parseFields(hlsSchema, fields, { field, code: CODE }, context.problems);
  const encryption = parseEncryption(hls, context);
  return options === null || encryption === undefined
    ? null
    : { version: options.version, isLiveEdge: options.live_edge, encryption };
}

/** Undefined after a problem. */
function parseEncryption(hls: PackageFields, context: OutputContext): SegmentKeysRequest | null | undefined {
  const { problems, randomHex, streamKeys } = context;
  const given = hls.keys.get("encryption_key");
  const address = hls.keys.get("encryption_key_uri");
  const before = problems.count();
  const newKey = parseNewKey(hls, context);
  const key = given && parseKey(given, problems);
  const keyUri = address && parsePlayerUri(address, ["https", "http"], problems);
  if (newKey === undefined || problems.count() > before) {
    return undefined;
  }
  if (given === undefined && address !== undefined) {
    problems.add(CODE, {
      field: address.field,
      rule: newKey === null ? "needs a key" : "would lead players to a key that only this service knows",
      advice: "Give encryption_key too, or remove it: a key that the service makes lies beside the media.",
    });
    return undefined;
  }
  if (typeof key === "string") {
    return { keys: streamKeys.push([key]) - 1, keyUri: keyUri ?? null, segmentsPerKey: null };
  }
  if (newKey === null) {
    return null;
  }
  const { segmentsPerKey } = newKey;
  const secret = randomHex(segmentsPerKey === null ? 16 : 32);
  return { keys: streamKeys.push([secret]) - 1, keyUri: null, segmentsPerKey };
}

/** `encryption`: true, false or `{"rotate_every": segments}`. Undefined after a problem. */
function parseNewKey(
  { field: hlsField, fields, keys }: PackageFields,
  context: OutputContext,
): NewKey | undefined {
  const { problems } = context;
  const value = fields["encryption"];
  const field = `${hlsField}.encryption`;
  if (value === undefined) {
    return null;
  }
  if (keys.has("encryption_key")) {
    const rule = value === false ? "says no, but a key is given" : "makes a key, but one is given";
    problems.add(CODE, { field, rule, advice: "Keep one of encryption and encryption_key." });
    return undefined;
  }
  if (typeof value === "boolean") {
    return value ? { segmentsPerKey: null } : null;
  }
  const rotation = readFields(value);
  if (rotation === null) {
    // Not quoted: a key may stand in the wrong place.
    problems.add(CODE, {
      field,
      rule: "must be true, false or an object",
      advice: 'Write true, {"rotate_every": 10}, or give your own key as encryption_key.',
    });
    return undefined;
  }
  const unknown = Object.keys(rotation).filter((name) => name !== "rotate_every");
  for (const name of unknown) {
    const advice = "Remove it. Parameters: rotate_every.";
    problems.add(CODE, { field: fieldPath(field, [name]), rule: "is not a parameter of encryption", advice });
  }
  const parsed = parseFields(rotationSchema, rotation, { field, code: CODE }, problems);
  return parsed === null || unknown.length > 0 ? undefined : { segmentsPerKey: parsed.rotate_every };
}
