/**
 * A cue of WebVTT -> a valid one. FFmpeg's own conversion would lose where the cue stands and who speaks, so these are
 * copied; what the standard does not know, and what points outside the cue (regions, times within the text), goes.
 * @see https://www.w3.org/TR/webvtt1/#syntax
 */
import { escapeText, settleLines, type CueText } from "./cue-text.ts";

/** As Matroska holds it: a line with the cue's name, one with its settings, the text. Null when nothing would be seen. */
export function webvttCueText(payload: string): CueText | null {
  const [, settings = "", ...lines] = payload.split("\n");
  const text = settleLines(validText(lines.join("\n")));
  return text === null ? null : { text, settings: validSettings(settings) };
}

const SETTINGS: ReadonlyMap<string, RegExp> = new Map([
  ["vertical", /^(?:rl|lr)$/],
  ["line", /^(?:-?\d{1,4}|\d{1,3}(?:\.\d{1,6})?%)(?:,(?:start|center|end))?$/],
  ["position", /^\d{1,3}(?:\.\d{1,6})?%(?:,(?:line-left|center|line-right))?$/],
  ["size", /^\d{1,3}(?:\.\d{1,6})?%$/],
  ["align", /^(?:start|center|end|left|right)$/],
]);

function validSettings(text: string): string {
  const settings = text.split(/\s+/).flatMap((setting): [string, string][] => {
    const [name = "", value = ""] = setting.split(":", 2);
    const isValid =
      SETTINGS.get(name)?.test(value) === true && !percentsOf(value).some((percent) => percent > 100);
    return isValid ? [[name, value]] : [];
  });
  return [...new Map(settings)].map(([name, value]) => `${name}:${value}`).join(" ");
}

function percentsOf(value: string): number[] {
  return [...value.matchAll(/([\d.]+)%/g)].map(([, percent]) => Number(percent));
}

type Tag = { isEnd: boolean; name: string; classes: string[]; annotation: string };

/** Tags that a cue may hold; those with an annotation mean nothing without it. */
const TAGS = new Set(["c", "i", "b", "u", "ruby", "rt", "v", "lang"]);
const ANNOTATED = new Set(["v", "lang"]);

/** A tag, closed or cut off by the end; an entity; or text up to the next of either. */
const TOKENS = /<([^>]*)(?:>|$)|&([a-z]+|#\d{1,7}|#x[\da-f]{1,6});|[^<&]+|&/gi;

/** Longer tags and deeper nests are made to keep the encoder busy. */
const MAX_TAG_CHARS = 200;
const MAX_OPEN_TAGS = 16;

function validText(text: string): string {
  const open: string[] = [];
  const out: string[] = [];
  for (const [token, tag, entity] of text.matchAll(TOKENS)) {
    if (tag !== undefined) {
      out.push(...validTag(parseTag(tag.slice(0, MAX_TAG_CHARS)), open));
    } else {
      out.push(entity === undefined ? escapeText(token) : validEntity(entity));
    }
  }
  return out.join("") + endsOf(open);
}

function parseTag(text: string): Tag {
  const isEnd = text.startsWith("/");
  const [, head = "", annotation = ""] = /^([^\s]*)\s*([\s\S]*)$/.exec(isEnd ? text.slice(1) : text) ?? [];
  const [name = "", ...classes] = head.split(".");
  return { isEnd, name, classes, annotation };
}

/** What stands in the result in the tag's place; `open` are the tags that are open there, outermost first. */
function validTag({ isEnd, name, classes, annotation }: Tag, open: string[]): string[] {
  if (isEnd) {
    const at = open.lastIndexOf(name);
    return at === -1 ? [] : [endsOf(open.splice(at))];
  }
  const said = ANNOTATED.has(name) ? validAnnotation(annotation) : null;
  const isMisplaced = name === "rt" && open.at(-1) !== "ruby";
  if (!TAGS.has(name) || isMisplaced || said === "" || open.length === MAX_OPEN_TAGS) {
    return [];
  }
  open.push(name);
  const kept = classes.filter((candidate) => CLASS.test(candidate)).map((candidate) => `.${candidate}`);
  return [`<${name}${kept.join("")}${said === null ? "" : ` ${said}`}>`];
}

// Two dashes before the end of a tag would make the arrow that no cue may hold.
const CLASS = /^\w(?:[\w-]*\w)?$/;
const TRAILING_DASHES = /[\s-]+$/;

function validAnnotation(text: string): string {
  return text
    .replace(TOKENS, (token, _tag, entity: string | undefined) =>
      entity === undefined ? escapeText(token) : validEntity(entity),
    )
    .replace(TRAILING_DASHES, "")
    .replace(/\s+/g, " ")
    .trimStart();
}

function endsOf(open: readonly string[]): string {
  return open
    .toReversed()
    .map((name) => `</${name}>`)
    .join("");
}

const NAMED = new Set(["amp", "lt", "gt", "nbsp", "lrm", "rlm"]);

function validEntity(entity: string): string {
  if (NAMED.has(entity)) {
    return `&${entity};`;
  }
  const number = /^#x/i.test(entity) ? Number.parseInt(entity.slice(2), 16) : Number(entity.replace("#", ""));
  const isCharacter = number > 0 && number <= 0x10ffff && !(number >= 0xd800 && number <= 0xdfff);
  return escapeText(isCharacter ? String.fromCodePoint(number) : `&${entity};`);
}
