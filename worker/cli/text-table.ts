/** Columns of text for a terminal. Widths count characters as they appear; colours do not count. */
import { stripVTControlCharacters } from "node:util";

export type Column = {
  title: string;
  align?: "left" | "right";
};

export type TableOptions = {
  /** Columns of the terminal. A last column that does not fit goes to lines of its own, whole: it may be a URL. */
  widthColumns: number;
  /** Between two columns. */
  gap?: string;
  /** Applied to the titles. */
  paintTitle?: (text: string) => string;
};

/** The lines of a table with its titles. Every row holds one text per column. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions,
): string[] {
  const gap = options.gap ?? "   ";
  const cells = [columns.map((column) => column.title), ...rows];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => displayWidth(row[index] ?? ""))));
  const total = widths.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1);
  const isFolded = total > options.widthColumns && columns.length > 1;
  return cells.flatMap((row, rowIndex) => {
    const padded = row.map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align ?? "left"));
    const paint = rowIndex === 0 ? (options.paintTitle ?? identity) : identity;
    if (!isFolded) {
      return [paint(padded.join(gap).trimEnd())];
    }
    const last = row.at(-1) ?? "";
    const line = paint(padded.slice(0, -1).join(gap).trimEnd());
    // The folded column explains itself; its title would be a line without use.
    return rowIndex === 0 || last === "" ? [line] : [line, `${gap}${last}`];
  });
}

/** How many columns a text takes: control sequences none, East Asian wide characters and emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    width += WIDE.test(character) ? 2 : COMBINING.test(character) ? 0 : 1;
  }
  return width;
}

/** The text cut to a width, the cut marked by "…". Colours are dropped when it is cut. */
export function truncate(text: string, widthColumns: number): string {
  if (displayWidth(text) <= widthColumns) {
    return text;
  }
  let result = "";
  for (const character of stripVTControlCharacters(text)) {
    if (displayWidth(result + character) > widthColumns - 1) {
      break;
    }
    result += character;
  }
  return widthColumns < 1 ? "" : `${result}…`;
}

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;
const COMBINING = /\p{Mark}|\u200D|\uFE0F/u;

function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "right" ? space + text : text + space;
}

function identity(text: string): string {
  return text;
}
