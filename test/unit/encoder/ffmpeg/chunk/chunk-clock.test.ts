import { describe, expect, it } from "vitest";
import { chunkClock } from "../../../../../encoder/ffmpeg/chunk/chunk-clock.ts";

describe("chunkClock", () => {
  it("keeps source times on ticks with an offset of ten seconds", () => {
    expect(chunkClock(null)).toEqual({
      trackTicksPerSecond: 360_000,
      offsetUnits: 3_600_000,
      offsetTrackTicks: 3_600_000,
      offsetSeconds: 10,
      trackTicksPerUnit: 1,
    });
  });

  it.each([
    [{ num: 24000, den: 1001 }, 24_000, 240, 10.01],
    [{ num: 25, den: 1 }, 10_000, 250, 10],
    [{ num: 30000, den: 1001 }, 30_000, 300, 10.01],
    [{ num: 60000, den: 1001 }, 60_000, 600, 10.01],
    [{ num: 1, den: 7 }, 10_000, 2, 14],
  ])("puts every frame of %o on a tick", (rate, ticks, offsetFrames, offsetSeconds) => {
    const clock = chunkClock(rate);
    expect(clock.trackTicksPerSecond).toBe(ticks);
    expect(clock.offsetUnits).toBe(offsetFrames);
    expect(clock.offsetSeconds).toBe(offsetSeconds);
    expect(clock.trackTicksPerUnit).toBe((ticks * rate.den) / rate.num);
  });

  it.each([
    { num: 12_347, den: 1000 },
    { num: 999_983, den: 83_333 },
    { num: 119_880, den: 1001 },
  ])("has an offset of at least ten seconds in whole frames and whole microseconds at %o", (rate) => {
    const { offsetUnits, offsetSeconds, offsetTrackTicks } = chunkClock(rate);
    expect(offsetSeconds).toBeGreaterThanOrEqual(10);
    expect(Number.isInteger(offsetUnits)).toBe(true);
    expect(Number.isInteger(offsetTrackTicks)).toBe(true);
    expect((BigInt(offsetUnits) * BigInt(rate.den) * 1_000_000n) % BigInt(rate.num)).toBe(0n);
  });
});
