/**
 * A strict reader of WebVTT (https://www.w3.org/TR/webvtt1/), which shares no code with the writer: what the standard
 * lets parsers forgive is an error here.
 */
import { strict as assert } from "node:assert";

type ParsedCue = { startSeconds: number; endSeconds: number; settings: string; text: string };

export type ParsedWebvtt = {
  /** Lines of the header after the first, such as `X-TIMESTAMP-MAP=…`. */
  headers: string[];
  cues: ParsedCue[];
};

const TIMING =
  /^((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3}) --> ((?:\d{2,}:)?[0-5]\d:[0-5]\d\.\d{3})((?: [^\s:]+:[^\s:]+)*)$/;
const SETTING =
  /^(?:vertical:(?:rl|lr)|line:-?\d+(?:\.\d+)?%?(?:,(?:start|center|end))?|position:\d+(?:\.\d+)?%(?:,(?:line-left|center|line-right))?|size:\d+(?:\.\d+)?%|align:(?:start|center|end|left|right))$/;
const TAGS = ["b", "i", "u", "c", "v", "lang", "ruby", "rt"];
const ENTITY = /^(?:amp|lt|gt|nbsp|lrm|rlm);/;

/** @throws AssertionError that names the rule which the text breaks */
export function parseWebvtt(text: string): ParsedWebvtt {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\ufffd]|-->.*-->/, "no control characters");
  assert.ok(text.endsWith("\n"), "the last line has an end");
  const [header = "", ...blocks] = text.replace(/\n+$/, "").split(/\n{2,}/);
  const [magic = "", ...headers] = header.split("\n");
  assert.match(magic, /^WEBVTT(?:[ \t].*)?$/);
  assert.ok(
    headers.every((line) => !line.includes("-->")),
    "cues have a blank line before them",
  );
  const cues = blocks.map(parseCue);
  for (const [index, cue] of cues.entries()) {
    assert.ok(
      cue.startSeconds >= (cues[index - 1]?.startSeconds ?? 0),
      "cues come in the order of their starts",
    );
  }
  return { headers, cues };
}

function parseCue(block: string): ParsedCue {
  const [first = "", ...lines] = block.split("\n");
  const match = TIMING.exec(first);
  assert.ok(match, `no timing: ${first}`);
  const [, start = "", end = "", settings = ""] = match;
  const names = settings
    .trim()
    .split(" ")
    .filter((setting) => setting !== "");
  names.forEach((setting) => assert.match(setting, SETTING));
  assert.equal(new Set(names.map((setting) => setting.split(":")[0])).size, names.length);
  const cue = { startSeconds: toSeconds(start), endSeconds: toSeconds(end), settings: settings.trim() };
  assert.ok(cue.endSeconds > cue.startSeconds, "a cue ends after it starts");
  assert.ok(lines.length > 0, "a cue has text");
  const text = lines.join("\n");
  assert.ok(!text.includes("-->"));
  checkText(text);
  return { ...cue, text };
}

/** Tags are known and nest, ampersands begin an entity. */
function checkText(text: string): void {
  const open: string[] = [];
  for (const [, closes, name = "", rest = ""] of text.matchAll(/<(\/?)([a-z]*)([^>]*)>/g)) {
    assert.ok(TAGS.includes(name), `unknown tag ${name}`);
    if (closes) {
      assert.equal(rest, "");
      assert.equal(open.pop(), name, "tags nest");
    } else {
      assert.match(rest, /^(?:\.[\w-]+)*(?: [^\n<>]+)?$/);
      open.push(name);
    }
  }
  assert.deepEqual(open, [], "tags are closed");
  const plain = text.replace(/<[^>]*>/g, "");
  assert.ok(!/[<>]/.test(plain), "no bare angle bracket");
  for (const [, after = ""] of plain.matchAll(/&(.{0,8})/gs)) {
    assert.match(after, ENTITY);
  }
}

function toSeconds(clock: string): number {
  const [seconds = 0, minutes = 0, hours = 0] = clock.split(":").toReversed().map(Number);
  return Math.round((hours * 3600 + minutes * 60 + seconds) * 1000) / 1000;
}
