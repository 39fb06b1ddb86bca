import { describe, expect, it } from "vitest";
import {
  VIDEO_CODEC_FACTS,
  type Container,
  type VideoCodec,
} from "../../../../../encoder/contract/formats.ts";
import type { Colour, VideoInfo } from "../../../../../encoder/contract/media-info.ts";
import { videoSpecSchema, type VideoSpec } from "../../../../../encoder/contract/output-spec.ts";
import type { PictureFormat, PictureRequest } from "../../../../../worker/domain/job-spec.ts";
import { resolveVideoSpec } from "../../../../../worker/domain/plan/resolve-video-spec.ts";
import { aMediaInfo, aPictureFormat, aPictureRequest } from "../../../../support/job-builders.ts";
import { BT709 } from "../../../../support/output-specs.ts";

function aSource(overrides: Partial<VideoInfo> = {}): VideoInfo {
  const { video } = aMediaInfo();
  if (video === null) {
    throw new TypeError("The source has a picture.");
  }
  return { ...video, ...overrides };
}

const sized = (displayWidthPx: number, displayHeightPx: number) =>
  aSource({ displayWidthPx, displayHeightPx });

type Wish = { format?: Partial<PictureFormat>; picture?: Partial<PictureRequest>; container?: Container };

const resolve = ({ format, picture, container }: Wish, source = aSource()) =>
  resolveVideoSpec(
    { format: aPictureFormat(format), picture: aPictureRequest(picture), container: container ?? "mp4" },
    source,
    null,
  );

function resolved(wish: Wish, source = aSource()): VideoSpec {
  const result = resolve(wish, source);
  if (!result.ok) {
    throw new Error(result.failure.code);
  }
  return videoSpecSchema.parse(result.video);
}

/** A format that every codec takes. */
const formatOf = (codec: VideoCodec): Partial<PictureFormat> => ({
  codec,
  pixelFormat: VIDEO_CODEC_FACTS[codec].pixelFormats[0],
  rate: { mode: "fixed" },
});

const HDR: Colour = { matrix: "bt2020nc", primaries: "bt2020", transfer: "smpte2084", range: "tv" };
const PAL: Colour = { matrix: "bt601", primaries: "bt470bg", transfer: "gamma28", range: "tv" };
const PHOTO: Colour = { matrix: "bt601", primaries: "smpte432", transfer: "iec61966-2-1", range: "pc" };

describe("resolveVideoSpec", () => {
  it.each([
    ["h264", 1, 32],
    ["h264", 4, 23],
    ["hevc", 4, 26],
    ["vp9", 4, 32],
  ] as const)("encodes %s of quality %i with a rate factor, here near %i", (codec, quality, crf) => {
    const rate = { mode: "quality", quality, maxrateBps: 900_000 } as const;
    const spec = resolved({ format: { codec, rate } });
    expect(spec.rate).toMatchObject({ mode: "quality", maxrateBps: 900_000 });
    expect(spec.rate.mode === "quality" && Math.abs(spec.rate.crf - crf)).toBeLessThanOrEqual(6);
  });

  it("lets a bitrate peak at twice its average, but not above what the wanted level carries", () => {
    const rate = { mode: "bitrate", bitrateBps: 9_000_000, passes: 2 } as const;
    expect(resolved({ format: { rate } }).rate).toEqual({ ...rate, maxrateBps: 18_000_000 });
    const level31 = resolved({ format: { rate, level: 31, profile: "main" } });
    expect(level31.rate).toEqual({ ...rate, maxrateBps: 14_000_000 });
  });

  it.each<[VideoCodec, Colour, Colour]>([
    ["h264", BT709, BT709],
    ["h264", PAL, { ...PAL, matrix: "bt709" }],
    ["h264", HDR, BT709],
    ["h264", PHOTO, BT709],
    ["mpeg4", BT709, { ...BT709, matrix: "bt601" }],
    ["mpeg4", HDR, { ...BT709, matrix: "bt601" }],
    ["mjpeg", PAL, { ...PAL, range: "pc" }],
    ["qtrle", BT709, { ...BT709, matrix: "rgb", range: "pc" }],
  ])("writes %s of a source in %j as %j", (codec, colour, expected) => {
    const { picture } = resolved({ format: formatOf(codec) }, aSource({ colour }));
    expect(picture).toMatchObject({ sourceColour: colour, colour: expected });
  });

  it("deinterlaces what calls itself interlaced, unless it is told what to do", () => {
    const interlaced = aSource({ isInterlaced: true });
    expect(resolved({}).picture.deinterlace).toBe("off");
    expect(resolved({}, interlaced).picture.deinterlace).toBe("flagged");
    expect(resolved({ picture: { deinterlace: false } }, interlaced).picture.deinterlace).toBe("off");
    expect(resolved({ picture: { deinterlace: true } }).picture.deinterlace).toBe("all");
  });

  it("puts the watermark into a fifth of each frame, a twentieth from the edges", () => {
    const watermark = { source: 2, position: "topleft" } as const;
    const wish = { format: { resolution: { widthPx: 640, heightPx: 360 } }, picture: { watermark } };
    expect(resolved(wish).picture.watermark).toEqual({
      ...watermark,
      ...{ maxWidthPx: 128, maxHeightPx: 72, marginXPx: 32, marginYPx: 18 },
    });
  });

  it.each<[[number, number], Partial<PictureFormat>, [number, number, number, number]]>([
    [[320, 180], {}, [352, 288, 320, 180]],
    [[128, 96], {}, [128, 96, 128, 96]],
    [[1280, 720], { resolution: { widthPx: null, heightPx: 144 } }, [352, 288, 256, 144]],
    [[3840, 2160], {}, [1408, 1152, 1408, 792]],
  ])("shows %j in a picture size that H.263 has: %j as %j", ([width, height], format, expected) => {
    const { frame } = resolved({ format: { ...formatOf("h263"), ...format } }, sized(width, height)).picture;
    expect([frame.widthPx, frame.heightPx, frame.scaledWidthPx, frame.scaledHeightPx]).toEqual(expected);
  });

  it("fills a wanted box of H.263 when it is to crop", () => {
    const resolution = { widthPx: 176, heightPx: 144 };
    const wish = { format: { ...formatOf("h263"), resolution }, picture: { fit: "crop" as const } };
    expect(resolved(wish).picture.frame).toEqual({
      ...resolution,
      scaledWidthPx: 256,
      scaledHeightPx: 144,
    });
  });

  it("puts bars around a picture that is too small for its codec", () => {
    const { frame } = resolved({ format: formatOf("dnxhd"), container: "mov" }, sized(100, 160)).picture;
    expect(frame).toEqual({ widthPx: 256, heightPx: 160, scaledWidthPx: 100, scaledHeightPx: 160 });
  });

  it("fails when the level is too low for the resolved size and rate, and names the lowest that works", () => {
    expect(resolve({ format: { level: 30 } })).toEqual({
      ok: false,
      failure: { code: "level_too_low", limit: "1280x720 at 30 fps needs level 31 or higher" },
    });
    expect(resolved({ format: { level: 31 } }).level).toBe(31);
    expect(resolve({ format: { level: 31 } }, aSource({ frameRate: { num: 60, den: 1 } }))).toMatchObject({
      failure: { limit: "1280x720 at 60 fps needs level 32 or higher" },
    });
  });

  it("writes Coconut's own level whatever the size is", () => {
    const format = { level: 30, profile: "baseline", isLevelNominal: true } as const;
    expect(resolved({ format }).level).toBe(30);
  });

  it("passes profile and pixel format on", () => {
    const format = { profile: "high422", pixelFormat: "yuv422p10le" } as const;
    const spec = resolved({ format });
    expect([spec.profile, spec.picture.pixelFormat]).toEqual(["high422", "yuv422p10le"]);
  });

  it("resolves every codec", () => {
    // SAFETY: the keys of a literal object are exactly its type's keys.
    const codecs = Object.keys(VIDEO_CODEC_FACTS) as VideoCodec[];
    for (const codec of codecs) {
      expect(resolved({ format: formatOf(codec), container: "mkv" }).codec).toBe(codec);
    }
  });
});
