/**
 * What every cue's text has to be, whatever it is made of: escaped, free of control characters, no line empty.
 * @see https://www.w3.org/TR/webvtt1/#webvtt-cue-text
 */

export type CueText = {
  text: string;
  /** WebVTT's settings of the cue, such as `line:0`; empty for the usual place. */
  settings: string;
};

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

// oxlint-disable-next-line no-control-regex -- control characters are what is removed
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufeff\ufffe\uffff]/g;

/** Plain text as it stands in a cue: `&`, `<` and `>` escaped, every kind of line break one of ours. */
export function escapeText(text: string): string {
  return text
    .replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
    .replaceAll("\t", " ")
    .replace(CONTROLS, "")
    .replace(/[&<>]/g, (character) => ENTITIES[character] ?? "");
}

/**
 * Escaped text with tags -> the text of a cue. An empty line would end the cue: between others it is kept as a space that
 * does not break, before and after them it goes. Null when nothing would be seen.
 */
export function settleLines(text: string): string | null {
  const lines = text.split("\n").map(trimSpaces);
  const first = lines.findIndex(isShown);
  if (first === -1) {
    return null;
  }
  const last = lines.findLastIndex(isShown);
  // Tags of lines that are left out belong to the lines beside them.
  const head = tagsOf(lines.slice(0, first));
  const tail = tagsOf(lines.slice(last + 1));
  const shown = lines.slice(first, last + 1).map((line) => (line === "" ? "\u00a0" : line));
  return head + shown.join("\n") + tail;
}

/** Spaces alone: others are there to be seen. A pattern for the end of a line takes the square of its length. */
function trimSpaces(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " ") {
    end -= 1;
  }
  return line.slice(0, end).replace(/^ +/, "");
}

const TAG = /<[^>]*>/g;

function isShown(line: string): boolean {
  return line.replace(TAG, "").replaceAll("&nbsp;", "").trim() !== "";
}

function tagsOf(lines: readonly string[]): string {
  return (lines.join("").match(TAG) ?? []).join("");
}
