import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createProgressParser } from "../../../../encoder/ffmpeg/parse-progress.ts";

function samplesOf(stream: string) {
  const read = createProgressParser();
  return readFileSync(new URL(`../../../fixtures/progress/${stream}.txt`, import.meta.url), "utf8")
    .split("\n")
    .map(read)
    .filter((sample) => sample !== null);
}

describe("createProgressParser", () => {
  it("gives one sample per block and marks the last", () => {
    expect(samplesOf("encode")).toMatchObject([
      { outTimeUs: 0, end: false },
      { outTimeUs: 1_984_000, end: false },
      { outTimeUs: 4_000_000, end: true },
    ]);
  });

  it("has no time before the first packet, in the words of any version", () => {
    expect(samplesOf("no-time-yet")).toMatchObject([
      { outTimeUs: null, end: false },
      { outTimeUs: null, end: false },
      { outTimeUs: 40_000, end: false },
    ]);
  });

  it("ignores lines that are no pairs", () => {
    const read = createProgressParser();
    expect([read(""), read("noise"), read("=")]).toEqual([null, null, null]);
  });
});
