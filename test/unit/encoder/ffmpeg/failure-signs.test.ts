import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FAILURE_SIGNS } from "../../../../encoder/ffmpeg/failure-signs.ts";

function printed(trait: string): string {
  return readFileSync(new URL(`../../../fixtures/stderr/${trait}.txt`, import.meta.url), "utf8");
}

const EXAMPLES = FAILURE_SIGNS.flatMap((sign) => sign.examples.map((example) => ({ example, sign })));

describe("FAILURE_SIGNS", () => {
  it.each(EXAMPLES)("knows $example by the row that was made from it", ({ example, sign }) => {
    expect(FAILURE_SIGNS.find(({ pattern }) => pattern.test(printed(example)))).toBe(sign);
  });

  it("finds no sign in what FFmpeg prints of a file that it reads to the end", () => {
    for (const trait of ["cut-off", "damaged-packet"]) {
      expect(FAILURE_SIGNS.filter(({ pattern }) => pattern.test(printed(trait)))).toEqual([]);
    }
  });
});
