import { describe, expect, it } from "vitest";
import { PART_RULE, partRange, planParts } from "../../../../encoder/storage/part-plan.ts";

const MIB = 1024 ** 2;

describe("planParts", () => {
  it.each([
    [0, 1],
    [1, 1],
    [16 * MIB - 1, 1],
    [16 * MIB, 1],
    [16 * MIB + 1, 2],
    [32 * MIB, 2],
    [32 * MIB + 1, 3],
  ])("cuts %i bytes into %i parts of 16 MiB", (sizeBytes, partCount) => {
    expect(planParts(sizeBytes)).toEqual({ sizeBytes, partBytes: 16 * MIB, partCount });
  });

  it("raises the part size in whole MiB where 9,000 parts would not do", () => {
    const edge = 16 * MIB * 9_000;
    expect(planParts(edge)).toEqual({ sizeBytes: edge, partBytes: 16 * MIB, partCount: 9_000 });
    expect(planParts(edge + 1)).toMatchObject({
      partBytes: 17 * MIB,
      partCount: Math.ceil((edge + 1) / (17 * MIB)),
    });
  });

  it("refuses what would need parts beyond 64 MiB", () => {
    const most = 64 * MIB * 9_000;
    expect(planParts(most)).toMatchObject({ partBytes: 64 * MIB, partCount: 9_000 });
    expect(planParts(most + 1)).toBeNull();
  });

  it("follows a smaller rule", () => {
    expect(planParts(11, { minPartBytes: 5, maxPartBytes: 64 * MIB, maxParts: 9 })).toEqual({
      sizeBytes: 11,
      partBytes: 5,
      partCount: 3,
    });
  });

  it("keeps the parts within every limit for any size", () => {
    for (let sizeBytes = 1; sizeBytes < 64 * MIB * 9_000; sizeBytes = sizeBytes * 3 + 7) {
      const plan = planParts(sizeBytes);
      expect(plan).not.toBeNull();
      expect(plan?.partCount).toBeLessThanOrEqual(PART_RULE.maxParts);
      expect(plan?.partBytes).toBeLessThanOrEqual(PART_RULE.maxPartBytes);
    }
  });
});

describe("partRange", () => {
  it("covers the object without a gap, all parts equal but the last", () => {
    const plan = { sizeBytes: 23, partBytes: 10, partCount: 3 };
    expect([0, 1, 2].map((index) => partRange(plan, index))).toEqual([
      { startByte: 0, endByte: 10 },
      { startByte: 10, endByte: 20 },
      { startByte: 20, endByte: 23 },
    ]);
  });
});
