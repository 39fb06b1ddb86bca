import { describe, expect, it } from "vitest";
import { h264Ceiling, h264Level } from "../../../../../encoder/ffmpeg/codec/h264-level.ts";

const level = (widthPx: number, heightPx: number, num: number, maxrateBps: number | null = null): string =>
  h264Level({
    widthPx,
    heightPx,
    frameRate: { num, den: 1 },
    profile: "high",
    cap: maxrateBps === null ? null : { maxrateBps, bufferBits: 2 * maxrateBps },
  });

describe("h264Level", () => {
  it.each([
    [320, 240, 20, "1.2"],
    [720, 576, 25, "3.0"],
    [1280, 720, 30, "3.1"],
    [1280, 720, 60, "3.2"],
    [1920, 1080, 30, "4.0"],
    [1920, 1080, 60, "4.2"],
    [3840, 2160, 30, "5.1"],
    [3840, 2160, 60, "5.2"],
    [7680, 4320, 60, "6.1"],
  ])("takes the lowest that allows %i x %i at %i a second", (widthPx, heightPx, rate, expected) => {
    expect(level(widthPx, heightPx, rate)).toBe(expected);
  });

  it("rises with the bit rate that High profile may carry, and with its buffer", () => {
    expect(level(1280, 720, 30, 8_750_000)).toBe("3.1");
    expect(level(1280, 720, 30, 8_750_001)).toBe("3.2");
    expect(level(1280, 720, 30, 30_000_000)).toBe("4.1");
    const cap = { maxrateBps: 8_750_000, bufferBits: 17_500_000 };
    const main = { widthPx: 1280, heightPx: 720, frameRate: { num: 30, den: 1 }, profile: "main", cap };
    expect(h264Level(main)).toBe("3.2");
  });

  it("rises with a side that is too long for its area", () => {
    expect(level(4096, 16, 25)).toBe("4.0");
  });

  it("keeps room for four frames to be referred to", () => {
    expect(level(640, 480, 1)).toBe("2.2");
  });

  it("assumes a high rate for a source that does not say, and gives the highest level to what is beyond all", () => {
    expect(h264Level({ widthPx: 1920, heightPx: 1080, frameRate: null, profile: "high", cap: null })).toBe(
      "4.2",
    );
    expect(level(16_000, 16_000, 1000)).toBe("6.2");
  });
});

describe("h264Ceiling", () => {
  it("is what the level's decoders can take of the profile", () => {
    expect(h264Ceiling(31, "main")).toEqual({ maxrateBps: 14_000_000, bufferBits: 14_000_000 });
    expect(h264Ceiling(40, "high")).toEqual({ maxrateBps: 25_000_000, bufferBits: 31_250_000 });
  });
});
