/**
 * ffprobe's JSON as the wire carries it, made harmless: no file name, bounded in every direction. Reads of single
 * fields that tolerate whatever a damaged file puts there live here too.
 */
import { z } from "zod";
import type { Ffprobe } from "../../contract/media-info.ts";

type Json = z.infer<ReturnType<typeof z.json>>;
type JsonObject = Ffprobe["format"];

/** A tag longer than this (lyrics, embedded XML, a picture in base64) is cut. */
const MAX_TEXT_CHARS = 4096;
/** Names of tags come from the file as well. */
const MAX_KEY_CHARS = 200;
/** Entries of one object or list; ffprobe's own objects have fewer than 50. */
const MAX_ENTRIES = 200;
/** ffprobe nests four levels deep; a file cannot nest at all. */
const MAX_DEPTH = 8;
/** The whole tree is stored as one row and travels in webhooks; ordinary ones have a hundredth of this. */
const MAX_TREE_CHARS = 300_000;
/** Keys that print as part of every stream or format but must not travel. */
const DROPPED_KEYS = new Set(["extradata"]);

const printedSchema = z.object({
  streams: z.array(z.record(z.string(), z.json())),
  format: z.record(z.string(), z.json()),
});

/** Parses ffprobe's stdout. Null when it is not the JSON of a media file. `format.filename` comes back blank. */
export function parseProbeTree(stdout: string): Ffprobe | null {
  const parsed = printedSchema.safeParse(parseJson(stdout));
  if (!parsed.success) {
    return null;
  }
  const streams = parsed.data.streams.slice(0, MAX_ENTRIES).map((stream) => trimObject(stream, 1));
  const tree = { streams, format: { ...trimObject(parsed.data.format, 1), filename: "" } };
  return JSON.stringify(tree).length > MAX_TREE_CHARS ? withoutTags(tree) : tree;
}

/** Only tags can be that many: everything else is of ffprobe's own making. */
function withoutTags({ streams, format }: Ffprobe): Ffprobe {
  const bare = ({ tags: _tags, side_data_list: _sideData, ...rest }: JsonObject): JsonObject => rest;
  return { streams: streams.map(bare), format: { ...bare(format), filename: "" } };
}

/** Parses JSON; undefined for text that is not. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A finite number, from a number or from the decimal text that ffprobe prints. Null for anything else. */
export function readNumber(object: JsonObject, key: string): number | null {
  const value = object[key];
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

/** A whole number of 0 or more that JavaScript holds exactly; null for anything else. */
export function readCount(object: JsonObject, key: string): number | null {
  const number = readNumber(object, key);
  return number !== null && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

/** A text that is not empty; null for anything else. */
export function readText(object: JsonObject, key: string): string | null {
  const value = object[key];
  return typeof value === "string" && value !== "" ? value : null;
}

/** The object under a key; an empty one when there is none. */
export function readObject(object: JsonObject, key: string): JsonObject {
  return asObject(object[key]);
}

/** The objects in the list under a key. */
export function readObjects(object: JsonObject, key: string): JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.map(asObject) : [];
}

function asObject(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function trimObject(object: JsonObject, depth: number): JsonObject {
  const entries = Object.entries(object)
    .filter(([key]) => !DROPPED_KEYS.has(key))
    .slice(0, MAX_ENTRIES)
    .map(([key, value]): [string, Json] => [key.slice(0, MAX_KEY_CHARS), trim(value, depth + 1)]);
  return Object.fromEntries(entries);
}

function trim(value: Json, depth: number): Json {
  if (typeof value === "string") {
    return value.length > MAX_TEXT_CHARS ? `${value.slice(0, MAX_TEXT_CHARS - 1)}…` : value;
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (depth > MAX_DEPTH) {
    return null;
  }
  return Array.isArray(value)
    ? value.slice(0, MAX_ENTRIES).map((entry) => trim(entry, depth + 1))
    : trimObject(value, depth);
}
