import { describe, expect, it } from "vitest";
import { createThroughputGuard } from "../../../../encoder/source/throughput-guard.ts";

const limit = { minBytesPerSecond: 100, windowMs: 10_000 };

describe("createThroughputGuard", () => {
  it("judges nothing before the window is over", () => {
    const isTooSlow = createThroughputGuard(limit, 0);
    expect(isTooSlow(9_999, 1)).toBe(false);
  });

  it("notices a window with less than the minimum and accepts one with exactly the minimum", () => {
    expect(createThroughputGuard(limit, 0)(10_000, 999)).toBe(true);
    expect(createThroughputGuard(limit, 0)(10_000, 1_000)).toBe(false);
  });

  it("does not let a fast start pay for a crawl later", () => {
    const isTooSlow = createThroughputGuard(limit, 0);
    expect(isTooSlow(10_000, 1_000_000)).toBe(false);
    expect(isTooSlow(20_000, 10)).toBe(true);
  });

  it("counts the real length of a window that ended late", () => {
    expect(createThroughputGuard(limit, 0)(40_000, 1_500)).toBe(true);
  });

  it("is off with a minimum of 0", () => {
    expect(createThroughputGuard({ ...limit, minBytesPerSecond: 0 }, 0)(1e9, 0)).toBe(false);
  });
});
