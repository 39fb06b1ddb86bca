import { describe, expect, it } from "vitest";
import type { Container, VideoCodec } from "../../../../../encoder/contract/formats.ts";
import type { Rational } from "../../../../../encoder/contract/media-info.ts";
import { resolveFrameRate } from "../../../../../worker/domain/plan/resolve-frame-rate.ts";

const rate = (num: number, den = 1): Rational => ({ num, den });
const NTSC = rate(30_000, 1001);

describe("resolveFrameRate", () => {
  it.each<[VideoCodec, Container]>([
    ["h264", "mp4"],
    ["h264", "flv"],
    ["av1", "webm"],
    ["hevc", "mkv"],
  ])("keeps the source's frame times in %s in %s", (codec, container) => {
    expect(resolveFrameRate({ codec, container }, null, rate(1000))).toBeNull();
    expect(resolveFrameRate({ codec, container }, rate(15), rate(30))).toEqual(rate(15));
  });

  it.each<[VideoCodec, Container]>([
    ["mpeg4", "mp4"],
    ["theora", "ogv"],
    ["prores", "mov"],
    ["vp9", "webm"],
    ["h264", "avi"],
    ["h264", "3gp"],
  ])("counts frames of %s in %s at the source's average", (codec, container) => {
    expect(resolveFrameRate({ codec, container }, null, NTSC)).toEqual(NTSC);
    expect(resolveFrameRate({ codec, container }, null, null)).toEqual(rate(25));
    expect(resolveFrameRate({ codec, container }, rate(15), NTSC)).toEqual(rate(15));
  });

  it("takes an average for the usual rate that it is nearly", () => {
    const at = { codec: "mpeg4", container: "avi" } as const;
    expect(resolveFrameRate(at, null, rate(2_997_123, 100_000))).toEqual(NTSC);
    expect(resolveFrameRate(at, null, rate(24_999, 1000))).toEqual(rate(25));
    expect(resolveFrameRate(at, null, rate(1_712_345, 100_000))).toEqual(rate(17_123, 1000));
  });

  it("does not believe absurd averages", () => {
    expect(resolveFrameRate({ codec: "mpeg4", container: "mp4" }, null, rate(90_000))).toEqual(rate(60));
    for (const codec of ["prores", "vp9"] as const) {
      expect(resolveFrameRate({ codec, container: "mkv" }, null, rate(120))).toEqual(rate(120));
    }
    expect(resolveFrameRate({ codec: "wmv2", container: "asf" }, null, rate(1, 100))).toEqual(
      rate(1000, 1000),
    );
  });

  it("fits every average into the 16 bits of MPEG-4", () => {
    for (let index = 1; index < 500; index += 1) {
      const { num, den } = resolveFrameRate(
        { codec: "mpeg4", container: "mp4" },
        null,
        rate(index * 7919, 65_537),
      ) ?? { num: 0, den: 0 };
      expect(Math.max(num, den)).toBeLessThanOrEqual(65_535);
    }
  });

  it.each<[Rational | null, Rational | null, Rational]>([
    [null, rate(8), rate(24_000, 1001)],
    [null, rate(24_900, 1000), rate(25)],
    [rate(15), NTSC, rate(24_000, 1001)],
    [null, rate(240), rate(60)],
    [null, null, rate(25)],
  ])(
    "gives MPEG-2 for %j of a source at %j the nearest rate that it has, %j",
    (wanted, average, expected) => {
      expect(resolveFrameRate({ codec: "mpeg2video", container: "mpegts" }, wanted, average)).toEqual(
        expected,
      );
    },
  );
});
