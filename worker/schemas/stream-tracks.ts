/** Which sounds and subtitles a stream offers beside the source's default track. */
import { z } from "zod";
import type { HttpstreamRequest, LanguageTag, SubtitlesRequest } from "../domain/job-spec.ts";
import { languageName, parseLanguage } from "../domain/language.ts";
import { didYouMean } from "../domain/name-list.ts";
import { collectUrl } from "./collected-url.ts";
import type { OutputContext } from "./output-context.ts";
import { fieldPath, parseFields, readFields } from "./request-fields.ts";

const CODE = "output_param_not_valid";
/** More languages than any film has, and as many tracks as the encoder tells apart. */
const MAX_TRACKS = 64;

type SubtitleFile = SubtitlesRequest["files"][number];

const FILE_KEYS = ["url", "language", "name", "default", "forced"];
const flag = z.boolean({ error: "must be true or false" });
const fileSchema = z.object({
  url: z.string({ error: "must be a string" }),
  language: z.string({ error: "must be a string" }),
  name: z
    .string({ error: "must be a string" })
    // Manifests quote it.
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}"]{1,100}$/u,
      "must have 1 to 100 characters, without quotes and control characters",
    )
    .optional(),
  default: flag.default(false),
  forced: flag.default(false),
});

/** Null after a problem: `output_param_not_valid`. */
export function parseAudioTracks(
  value: unknown,
  context: OutputContext,
): HttpstreamRequest["audioTracks"] | null {
  const field = `${context.field}.audio_tracks`;
  if (value === undefined || value === "all") {
    return value ?? "default";
  }
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_TRACKS) {
    const advice = 'Write "all" or a list of languages such as ["en", "de"].';
    const rule = Array.isArray(value) ? `must have 1 to ${MAX_TRACKS} entries` : 'must be "all" or a list';
    context.problems.add(CODE, { field, value, rule, advice });
    return null;
  }
  return parseLanguages(value, field, context);
}

/** Null after a problem: `output_param_not_valid`. */
export function parseSubtitles(value: unknown, context: OutputContext): SubtitlesRequest | null {
  const field = `${context.field}.subtitles`;
  if (value === undefined || value === "all") {
    return { tracks: value ?? "none", files: [] };
  }
  if (!Array.isArray(value) || value.length > MAX_TRACKS) {
    const advice =
      'Write "all", or a list of languages and files such as ["en", {"url": "https://...", "language": "de"}].';
    const rule = Array.isArray(value) ? `must have at most ${MAX_TRACKS} entries` : 'must be "all" or a list';
    context.problems.add(CODE, { field, value, rule, advice });
    return null;
  }
  const entries = value.map((entry: unknown, index) => ({ entry, field: fieldPath(field, [index]) }));
  const isName = ({ entry }: (typeof entries)[number]) => typeof entry === "string";
  const tracks = parseTracks(entries.filter(isName), context);
  const files = entries.filter((entry) => !isName(entry)).map((entry) => parseFile(entry, context));
  const whole = files.filter((file) => file !== null);
  return tracks === null || whole.length < files.length || !areDistinct(whole, field, context)
    ? null
    : { tracks, files: whole };
}

function parseTracks(
  names: readonly { entry: unknown; field: string }[],
  context: OutputContext,
): SubtitlesRequest["tracks"] | null {
  const all = names.find(({ entry }) => entry === "all");
  if (all !== undefined && names.length > 1) {
    const advice = "Keep it, or the languages.";
    context.problems.add(CODE, {
      field: all.field,
      rule: "already stands for every track of the source",
      advice,
    });
    return null;
  }
  if (all !== undefined || names.length === 0) {
    return all === undefined ? "none" : "all";
  }
  const languages = names.map(({ entry, field }) => parseEntry(entry, field, context));
  return distinctLanguages(languages);
}

function parseLanguages(
  values: readonly unknown[],
  field: string,
  context: OutputContext,
): LanguageTag[] | null {
  return distinctLanguages(
    values.map((value, index) => parseEntry(value, fieldPath(field, [index]), context)),
  );
}

function distinctLanguages(languages: readonly (LanguageTag | null)[]): LanguageTag[] | null {
  const whole = languages.filter((language) => language !== null);
  return whole.length < languages.length ? null : [...new Set(whole)];
}

function parseEntry(value: unknown, field: string, { problems }: OutputContext): LanguageTag | null {
  const language = typeof value === "string" ? parseLanguage(value) : null;
  if (language === null) {
    problems.add(CODE, {
      field,
      value,
      rule: "must be a language",
      advice: "Give its BCP 47 tag such as en or pt-BR, or its ISO 639-2 code such as eng.",
    });
  }
  return language;
}

function parseFile(
  { entry, field }: { entry: unknown; field: string },
  context: OutputContext,
): SubtitleFile | null {
  const { problems, subtitleUrls } = context;
  const fields = readFields(entry);
  if (fields === null) {
    const advice = 'Write {"url": "https://...", "language": "en"}.';
    problems.add(CODE, { field, value: entry, rule: "must be a language or an object", advice });
    return null;
  }
  const unknown = Object.keys(fields).filter((key) => !FILE_KEYS.includes(key));
  for (const key of unknown) {
    const advice = didYouMean(key, FILE_KEYS) ?? `Remove it. Parameters: ${FILE_KEYS.join(", ")}.`;
    problems.add(CODE, {
      field: fieldPath(field, [key]),
      rule: "is not a parameter of a subtitle file",
      advice,
    });
  }
  const file = parseFields(fileSchema, fields, { field, code: CODE }, problems);
  if (file === null || unknown.length > 0) {
    return null;
  }
  const language = parseEntry(file.language, `${field}.language`, context);
  const wanted = "a WebVTT, SubRip or ASS file";
  const source = collectUrl(file.url, `${field}.url`, subtitleUrls, context, { wanted });
  return language === null || source === null
    ? null
    : {
        source,
        language,
        name: file.name ?? languageName(language),
        isDefault: file.default,
        isForced: file.forced,
      };
}

/** Players show names, and start with one default. */
function areDistinct(files: readonly SubtitleFile[], field: string, { problems }: OutputContext): boolean {
  const names = new Set(files.map(({ name }) => name));
  if (names.size < files.length) {
    const advice = 'Give each a "name" of its own.';
    problems.add(CODE, { field, rule: "has two files of one name, which players cannot tell apart", advice });
    return false;
  }
  if (files.filter(({ isDefault }) => isDefault).length > 1) {
    problems.add(CODE, { field, rule: "has more than one default", advice: 'Keep one "default": true.' });
    return false;
  }
  return true;
}
