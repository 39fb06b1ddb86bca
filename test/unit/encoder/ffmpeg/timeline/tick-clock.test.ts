import { describe, expect, it } from "vitest";
import { tickClock } from "../../../../../encoder/ffmpeg/timeline/tick-clock.ts";
import { seededRandom } from "../../../../support/random.ts";

/** FFmpeg's av_rescale_q with integers of any size: nearest, halves away from zero. */
function exactTicks(timestamp: number, den: number): number {
  const size = BigInt(Math.abs(timestamp)) * 360_000n;
  const ticks = Number((2n * size + BigInt(den)) / (2n * BigInt(den)));
  return timestamp < 0 ? -ticks : ticks;
}

describe("tickClock", () => {
  it("puts the frames of usual rates on whole ticks", () => {
    expect([0, 1, 2].map(tickClock({ num: 1, den: 25 }) ?? fail)).toEqual([0, 14_400, 28_800]);
    expect([1, 2].map(tickClock({ num: 1001, den: 30_000 }) ?? fail)).toEqual([12_012, 24_024]);
    expect([1, 2].map(tickClock({ num: 1, den: 90_000 }) ?? fail)).toEqual([4, 8]);
  });

  it("rounds halves away from zero", () => {
    const toTicks = tickClock({ num: 1, den: 720_000 }) ?? fail;
    expect([1, 2, 3, -1, -3].map(toTicks)).toEqual([1, 1, 2, -1, -2]);
  });

  it("is exact for any clock and a month of time", () => {
    const random = seededRandom(1);
    for (const den of [1000, 15_360, 48_000, 600, 1_000_003, 10_000_000, 2 ** 32 - 5]) {
      const toTicks = tickClock({ num: 1, den }) ?? fail;
      for (let round = 0; round < 200; round += 1) {
        const timestamp = Math.floor((random.next() * 2 - 1) * 30 * 86_400 * den);
        expect(toTicks(timestamp)).toBe(exactTicks(timestamp, den));
      }
    }
  });

  it("refuses a time base that cannot be computed exactly", () => {
    expect(tickClock({ num: 4_294_967_291, den: 4_294_967_279 })).toBeNull();
  });
});

function fail(): never {
  throw new Error("no clock");
}
