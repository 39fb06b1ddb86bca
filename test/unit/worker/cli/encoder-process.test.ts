import { describe, expect, it } from "vitest";
import { slotsPerEncoder } from "../../../../worker/cli/encoder-process.ts";

describe("slotsPerEncoder", () => {
  it.each([
    [2, 2, 1],
    [8, 2, 4],
    [8, 3, 2],
    [1, 2, 1],
    [2, 16, 1],
  ])("shares %i cores among %i encoders as %i each", (coreCount, encoderCount, slotCount) => {
    expect(slotsPerEncoder(coreCount, encoderCount)).toBe(slotCount);
  });
});
