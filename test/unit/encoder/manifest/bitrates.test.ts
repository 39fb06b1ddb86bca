import { describe, expect, it } from "vitest";
import { averageBitrate, peakBitrate, sustainingBitrate } from "../../../../encoder/manifest/bitrates.ts";
import { seededRandom } from "../../../support/random.ts";
import { neverWaits } from "../../../support/stream-lint/rates.ts";

const extent = (durationSeconds: number, sizeBytes: number) => ({ durationSeconds, sizeBytes });

describe("averageBitrate", () => {
  it("is all bits over all seconds, rounded up", () => {
    expect(averageBitrate([extent(6, 100), extent(3, 26)])).toBe(112);
    expect(averageBitrate([extent(3, 1)])).toBe(3);
  });
});

describe("peakBitrate", () => {
  it("is that of the most demanding run of half to one and a half target durations", () => {
    expect(peakBitrate([extent(6, 1_000), extent(6, 3_000), extent(6, 1_000)], 6)).toBe(4_000);
  });

  it("does not count a short last segment by itself", () => {
    expect(peakBitrate([extent(6, 1_000), extent(0.1, 1_000)], 6)).toBe(Math.ceil((2_000 * 8) / 6.1));
  });

  it("takes the whole of a stream that is shorter than a run", () => {
    expect(peakBitrate([extent(0.5, 1_000)], 6)).toBe(16_000);
  });
});

describe("sustainingBitrate", () => {
  it("is the least rate at which a player never waits, wherever it begins", () => {
    const random = seededRandom(5);
    for (let round = 0; round < 50; round++) {
      const extents = Array.from({ length: 12 }, (_, index) =>
        extent(index === 11 ? 0.5 : 6, Math.ceil(random.next() * 1_000_000)),
      );
      const plain = extents.map(({ durationSeconds, sizeBytes }) => ({
        seconds: durationSeconds,
        bytes: sizeBytes,
      }));
      const rate = sustainingBitrate(extents, 6);
      expect(neverWaits(plain, rate, 6)).toBe(true);
      const isLeast = rate === averageBitrate(extents) || !neverWaits(plain, rate - 2, 6);
      expect(isLeast).toBe(true);
    }
  });

  it("is never below the average", () => {
    expect(sustainingBitrate([extent(1, 1_000)], 6)).toBe(8_000);
  });
});
