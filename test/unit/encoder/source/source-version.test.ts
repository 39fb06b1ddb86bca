import { describe, expect, it } from "vitest";
import { ifRangeOf, isSameVersion } from "../../../../encoder/source/source-version.ts";

const DATE = "Mon, 01 Jan 2024 00:00:00 GMT";
const known = { totalBytes: 100, etag: '"a"', lastModified: DATE };
const silent = { totalBytes: null, etag: null, lastModified: null };

describe("isSameVersion", () => {
  it("compares what both answers name", () => {
    expect(isSameVersion(known, known)).toBe(true);
    expect(isSameVersion(known, silent)).toBe(true);
    expect(isSameVersion(silent, known)).toBe(true);
  });

  it.each([{ totalBytes: 101 }, { etag: '"b"' }, { lastModified: "Tue, 02 Jan 2024 00:00:00 GMT" }])(
    "notices another version by %j alone",
    (change) => {
      expect(isSameVersion(known, { ...known, ...change })).toBe(false);
      expect(isSameVersion(known, { ...silent, ...change })).toBe(false);
    },
  );
});

describe("ifRangeOf", () => {
  it("names a strong tag, else the date, and never a weak tag", () => {
    expect(ifRangeOf(known)).toBe('"a"');
    expect(ifRangeOf({ ...known, etag: 'W/"a"' })).toBe(DATE);
    expect(ifRangeOf({ ...silent, etag: 'W/"a"' })).toBeNull();
  });
});
