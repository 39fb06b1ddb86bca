/**
 * A line of ASS -> the text of a WebVTT cue. Bold, italic, underline and the place on the screen are kept; fonts, colours,
 * moves and drawings are not. Whatever the text holds, the result is valid: `&`, `<` and `>` are escaped, and no line of
 * it is empty.
 * @see https://www.w3.org/TR/webvtt1/#webvtt-cue-text
 */

import { escapeText, settleLines, type CueText } from "./cue-text.ts";

/** Fields of a line before its text: order, layer, style, name, three margins, effect. */
const FIELDS_BEFORE_TEXT = 8;

const STYLES = ["b", "i", "u"] as const;
type Style = (typeof STYLES)[number];

type Reading = {
  /** What is open in the result, outermost first. */
  open: Style[];
  wanted: Set<Style>;
  isDrawing: boolean;
  alignment: number | null;
  out: string[];
};

/**
 * Null when nothing of the line can be shown as text. `isAss` tells that the source itself is ASS: there, braces without a
 * code are a comment, elsewhere they are text.
 */
export function assCueText(line: string, { isAss }: { isAss: boolean }): CueText | null {
  const reading: Reading = { open: [], wanted: new Set(), isDrawing: false, alignment: null, out: [] };
  for (const [token, block] of textOf(line).matchAll(TOKENS)) {
    if (block === undefined) {
      write(token, reading);
    } else if (block.includes("\\")) {
      applyCodes(block, reading);
    } else if (!isAss) {
      write(token, reading);
    }
  }
  closeAll(reading);
  const text = settleLines(reading.out.join(""));
  return text === null ? null : { text, settings: settingsOf(reading.alignment) };
}

/** An escaped character, a block of codes, or text up to the next of either. */
const TOKENS = /\\[\s\S]|\{([^{}]*)\}|[^\\{]+|[\s\S]/g;

function textOf(line: string): string {
  let at = 0;
  for (let field = 0; field < FIELDS_BEFORE_TEXT; field += 1) {
    const comma = line.indexOf(",", at);
    if (comma === -1) {
      return "";
    }
    at = comma + 1;
  }
  return line.slice(at);
}

const ESCAPED: Readonly<Record<string, string>> = {
  "\\N": "\n",
  "\\n": "\n",
  "\\h": "\u00a0",
  "\\\\": "\\",
  "\\{": "{",
  "\\}": "}",
};

function write(token: string, reading: Reading): void {
  if (reading.isDrawing) {
    return;
  }
  const text = escapeText(ESCAPED[token] ?? token);
  if (text !== "") {
    openWanted(reading);
    reading.out.push(text);
  }
}

/** Tags nest: what has to end takes with it what was opened inside it. */
function openWanted(reading: Reading): void {
  const { open, wanted, out } = reading;
  const firstToClose = open.findIndex((style) => !wanted.has(style));
  if (firstToClose !== -1) {
    for (const style of open.splice(firstToClose).toReversed()) {
      out.push(`</${style}>`);
    }
  }
  for (const style of STYLES.filter((candidate) => wanted.has(candidate) && !open.includes(candidate))) {
    open.push(style);
    out.push(`<${style}>`);
  }
}

function closeAll(reading: Reading): void {
  reading.wanted.clear();
  openWanted(reading);
}

function applyCodes(block: string, reading: Reading): void {
  for (const code of block.split("\\").slice(1)) {
    const [, name = "", value = ""] = /^(an|[biupr])(\d*)/.exec(code.trim()) ?? [];
    const isWhole = /^(?:an|[biup])\d*$|^r/.test(code.trim());
    if (!isWhole) {
      continue;
    }
    if (name === "r") {
      reading.wanted.clear();
    } else if (name === "p") {
      reading.isDrawing = Number(value) > 0;
    } else if (name === "an") {
      reading.alignment ??= Number(value);
    } else {
      setStyle(name, Number(value), reading);
    }
  }
}

/** Weights of a font from here on are bold. */
const BOLD_WEIGHT = 600;

function setStyle(name: string, value: number, { wanted }: Reading): void {
  const style = STYLES.find((candidate) => candidate === name);
  if (style === undefined) {
    return;
  }
  if (value === 1 || (style === "b" && value >= BOLD_WEIGHT)) {
    wanted.add(style);
  } else {
    wanted.delete(style);
  }
}

/** The nine places as on a number pad; 2 is the middle of the bottom, where WebVTT shows text anyway. */
function settingsOf(alignment: number | null): string {
  if (alignment === null || alignment < 1 || alignment > 9) {
    return "";
  }
  const row = Math.ceil(alignment / 3);
  const column = alignment % 3;
  return [
    ...(row === 3 ? ["line:0"] : row === 2 ? ["line:50%"] : []),
    ...(column === 1 ? ["align:left"] : column === 0 ? ["align:right"] : []),
  ].join(" ");
}
