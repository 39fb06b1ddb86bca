import { describe, expect, it } from "vitest";
import { displayWidth, renderTable, truncate } from "../../../../worker/cli/text-table.ts";

const COLUMNS = [{ title: "output" }, { title: "size", align: "right" }, { title: "URL" }] as const;
const ROWS = [
  ["mp4:480p", "1.2 MB", "http://127.0.0.1/files/480p.mp4"],
  ["jpg", "84 kB", ""],
];

describe("renderTable", () => {
  it("aligns columns and leaves no spaces at line ends", () => {
    expect(renderTable(COLUMNS, ROWS, { widthColumns: 80 })).toEqual([
      "output       size   URL",
      "mp4:480p   1.2 MB   http://127.0.0.1/files/480p.mp4",
      "jpg         84 kB",
    ]);
  });

  it("puts the last column on lines of its own, whole, when the terminal is too narrow", () => {
    expect(renderTable(COLUMNS, ROWS, { widthColumns: 40 })).toEqual([
      "output       size",
      "mp4:480p   1.2 MB",
      "   http://127.0.0.1/files/480p.mp4",
      "jpg         84 kB",
    ]);
  });

  it("is not thrown out of line by colours and wide characters", () => {
    const lines = renderTable(
      [{ title: "a" }, { title: "b" }],
      [
        ["\u001B[32mgreen\u001B[39m", "1"],
        ["\u6F22\u5B57", "2"],
      ],
      { widthColumns: 80 },
    );
    expect(lines.map((line) => displayWidth(line))).toEqual([9, 9, 9]);
  });
});

describe("displayWidth", () => {
  it.each([
    ["abc", 3],
    ["\u6F22\u5B57", 4],
    ["e\u0301", 1],
    ["\u{1F3AC}", 2],
    ["\u001B[1mbold\u001B[22m", 4],
    ["━━╸─", 4],
  ])("counts the columns of %j", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe("truncate", () => {
  it("leaves a text that fits as it is, colours included", () => {
    expect(truncate("\u001B[1mbold\u001B[22m", 4)).toBe("\u001B[1mbold\u001B[22m");
  });

  it("cuts to the width, never through a wide character", () => {
    expect(truncate("abcdef", 4)).toBe("abc…");
    expect(truncate("\u6F22\u5B57\u6F22", 4)).toBe("\u6F22…");
    expect(truncate("abc", 0)).toBe("");
  });
});
