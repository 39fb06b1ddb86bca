/** The `format` hash of an output: the specs of a format string as keys, with or without their units. */
import { audioCodecName, videoCodecName } from "../domain/format/format-names.ts";
import {
  AUDIO_SPECS,
  FLAGS,
  OPTIONS,
  VIDEO_SPECS,
  type Report,
  type SpecName,
  type Specs,
} from "../domain/format/format-specs.ts";
import { isResolution } from "../domain/format/spec-values.ts";
import { didYouMean } from "../domain/name-list.ts";
import { shortened } from "../domain/shown-value.ts";
import type { OutputContext } from "./output-context.ts";
import type { Problems } from "./problems.ts";
import { fieldPath, readFields } from "./request-fields.ts";

/** `none`: there is no hash, or an empty one, and the output's name is all there is. */
export type FormatHash =
  | "none"
  | {
      specs: Specs;
      /** Flags of the name that are switched off. */
      removed: readonly SpecName[];
      /** Names the hash's key where a rule speaks of one of its values. */
      report: Report;
    };

/** Coconut's clients know `audio_channel`; the plural and the short form are accepted too. */
const KEY_ALIASES: Readonly<Record<string, SpecName>> = {
  audio_channels: "audio_channel",
  channels: "audio_channel",
};
const VIDEO_KEYS: readonly SpecName[] = [...VIDEO_SPECS, ...AUDIO_SPECS, ...OPTIONS];
const IMAGE_KEYS: readonly SpecName[] = ["resolution"];

const CHANNEL_COUNTS: Readonly<Record<string, string>> = { 1: "mono", 2: "stereo" };

/** Null after a problem. */
export function readFormatHash(
  value: unknown,
  type: "video" | "image",
  { field: output, problems }: OutputContext,
): FormatHash | null {
  const field = `${output}.format`;
  if (value === undefined) {
    return "none";
  }
  const fields = readFields(value);
  if (fields === null) {
    problems.add("output_format_not_valid", { field, value, rule: "must be an object" });
    return null;
  }
  const before = problems.count();
  const keys: Partial<Record<SpecName, string>> = {};
  const specs: Specs = {};
  const removed: SpecName[] = [];
  for (const [key, given] of Object.entries(fields)) {
    const name = specName(key, type);
    const text = name === null ? null : specText(name, given);
    const keyField = fieldPath(field, [key]);
    if (name === null) {
      addUnknownKey(key, keyField, type, problems);
    } else if (text === null) {
      problems.add("output_format_not_valid", { field: keyField, value: given, rule: expected(name) });
    } else if (keys[name] !== undefined) {
      const rule = `says the same as ${keys[name]}`;
      problems.add("output_format_not_valid", { field: keyField, rule, advice: "Keep one of them." });
    } else {
      keys[name] = key;
      if (text === "off") {
        removed.push(name);
      } else {
        specs[name] = text;
      }
    }
  }
  if (problems.count() > before) {
    return null;
  }
  const report: Report = (rule, { spec, advice } = {}) => {
    const key = spec === undefined ? undefined : keys[spec];
    problems.add("output_format_not_valid", {
      field: key === undefined ? field : fieldPath(field, [key]),
      rule,
      ...(advice && { advice }),
    });
  };
  return Object.keys(keys).length === 0 ? "none" : { specs, removed, report };
}

function specName(key: string, type: "video" | "image"): SpecName | null {
  const name = Object.hasOwn(KEY_ALIASES, key) ? KEY_ALIASES[key] : key;
  const names = type === "video" ? VIDEO_KEYS : IMAGE_KEYS;
  return names.find((known) => known === name) ?? null;
}

function addUnknownKey(key: string, field: string, type: "video" | "image", problems: Problems): void {
  if (key === "container") {
    const rule = "cannot be set: the container is the beginning of the output's name";
    problems.add("output_format_not_valid", { field, rule, advice: "Remove it and change the name." });
    return;
  }
  const names = type === "video" ? VIDEO_KEYS : IMAGE_KEYS;
  const rule = `is not a key of the format of ${type === "video" ? "a video" : "an image"} output`;
  const advice = didYouMean(key, names) ?? `Remove it. Keys: ${names.join(", ")}.`;
  problems.add("output_param_not_valid", { field, rule, advice });
}

/** What a format string would say; `off` for a flag that is not wanted; null for a value of the wrong kind. */
function specText(name: SpecName, value: unknown): string | null {
  if (FLAGS.some((flag) => flag === name)) {
    return value === true ? "" : value === false ? "off" : null;
  }
  if (name === "metadata") {
    return value === true ? "1" : value === false ? "0" : scalar(value);
  }
  const text = scalar(value);
  if (text === null) {
    return null;
  }
  switch (name) {
    case "video_bitrate":
    case "audio_bitrate":
    case "maxrate":
      return withUnit(text, "k");
    case "fps":
      return withUnit(text, "fps");
    case "sample_rate":
      return withUnit(text, "hz");
    case "video_codec":
      return /^(x|novideo)$/.test(text) ? text : videoCodecName(text.replaceAll("_", "-"));
    case "audio_codec":
      return /^(x|noaudio)$/.test(text) ? text : audioCodecName(text.replaceAll("_", "-"));
    case "audio_channel":
      return Object.hasOwn(CHANNEL_COUNTS, text) ? (CHANNEL_COUNTS[text] ?? text) : text;
    case "resolution":
      return isResolution(text) ? text : null;
    default:
      return text;
  }
}

function scalar(value: unknown): string | null {
  return typeof value === "string" || typeof value === "number"
    ? shortened(String(value)).trim().toLowerCase()
    : null;
}

function withUnit(text: string, unit: string): string {
  return /^[\d.]+$/.test(text) ? `${text}${unit}` : text;
}

function expected(name: SpecName): string {
  switch (name) {
    case "2pass":
    case "frag":
      return "must be true or false";
    case "resolution":
      return 'must be a resolution such as "1280x720", "600x", "x480" or "720p"';
    case "video_codec":
      return "is not a known video codec";
    case "audio_codec":
      return "is not a known audio codec";
    default:
      return "must be a text or a number";
  }
}
