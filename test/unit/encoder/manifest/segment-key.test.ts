import { describe, expect, it } from "vitest";
import { keyIndex, segmentIv } from "../../../../encoder/manifest/segment-key.ts";

describe("keyIndex", () => {
  it("changes the key every so many segments, and keeps the last one for all that follow", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 100].map((number) => keyIndex(number, 3, 2))).toEqual([
      ...[0, 0, 1, 1, 2, 2, 2, 2],
    ]);
  });

  it("is the first key for good where keys do not rotate", () => {
    expect([0, 7, 1000].map((number) => keyIndex(number, 2, null))).toEqual([0, 0, 0]);
  });
});

describe("segmentIv", () => {
  it("is the number as 128 bits, the most significant first", () => {
    expect([segmentIv(0), segmentIv(258)]).toEqual(["0".repeat(32), `${"0".repeat(29)}102`]);
  });
});
