/** The picture that a format asks for: codec, size, rate and how it is encoded. */
import {
  MAX_PICTURE_PIXELS,
  MAX_VIDEO_KBPS,
  MPEG_FRAME_RATES,
  VIDEO_CODEC_FACTS,
  type Container,
  type VideoCodec,
} from "../../../encoder/contract/formats.ts";
import type { Rational } from "../../../encoder/contract/media-info.ts";
import type { PictureFormat, RenditionFormat, Resolution } from "../job-spec.ts";
import { nameList } from "../name-list.ts";
import type { Quirks } from "../quirks.ts";
import { containersOfVideo, hasPicture, videoCodecsOf, videoCodecsWith } from "./format-facts.ts";
import { CODECS_WITHOUT_ENCODER } from "./format-names.ts";
import {
  givenLabels,
  isVideoOff,
  VIDEO_OPTIONS,
  VIDEO_SPECS,
  type Report,
  type Specs,
} from "./format-specs.ts";
import { DEFAULT_VIDEO_BITRATE_BPS, RESOLUTION_PRESETS } from "./output-presets.ts";
import { checkLevel, parseLevel, parseProfile } from "./profile-format.ts";
import {
  type BitrateLimits,
  frameRateNames,
  parseBitrate,
  parseFrameRate,
  parseQuality,
  parseResolution,
} from "./spec-values.ts";

/** Keeps `4k` from being read as 4 kbit/s. */
const MIN_VIDEO_KBPS = 10;

/** Everything that only a picture which is encoded can have. */
const PICTURE_SPECS = [...VIDEO_SPECS.filter((name) => name !== "video_codec"), ...VIDEO_OPTIONS];

/** Coconut's H.264 with a bitrate, whatever its size. */
const QUIRKY_H264 = {
  profile: "baseline",
  pixelFormat: "yuv420p",
  level: 30,
  isLevelNominal: true,
} as const;

/** Null without a picture; undefined after a report. */
export function toVideo(
  container: Container,
  specs: Specs,
  quirks: Quirks,
  report: Report,
): RenditionFormat["video"] | undefined {
  const given = givenLabels(specs, PICTURE_SPECS);
  if (!hasPicture(container)) {
    return withoutSpecs(null, [...givenLabels(specs, ["video_codec"]), ...given], (labels) =>
      report(`sets ${labels}, but ${container} carries sound only`),
    );
  }
  if (isVideoOff(specs)) {
    return withoutSpecs(null, given, (labels) => report(`has no video, but sets ${labels} for it`));
  }
  if (specs.video_codec === "copy") {
    return withoutSpecs({ codec: "copy" as const }, given, (labels) =>
      report(`copies the video as it is, so that ${labels} cannot be set`),
    );
  }
  const codec = parseCodec(container, specs.video_codec, report);
  return codec === undefined ? undefined : toPicture(codec, specs, quirks, report);
}

function withoutSpecs<Track>(
  track: Track,
  given: readonly string[],
  refuse: (labels: string) => void,
): Track | undefined {
  if (given.length === 0) {
    return track;
  }
  refuse(nameList(given));
  return undefined;
}

function parseCodec(container: Container, text: string | undefined, report: Report): VideoCodec | undefined {
  const codecs = videoCodecsOf(container);
  const codec = text === undefined ? codecs[0] : codecs.find((known) => known === text);
  if (codec !== undefined || text === undefined) {
    return codec;
  }
  const carried = `${container} carries ${nameList(codecs)}`;
  if (CODECS_WITHOUT_ENCODER.includes(text)) {
    const rule = `asks for video codec '${text}', which this service has no encoder for; ${carried}`;
    report(rule, { spec: "video_codec" });
    return undefined;
  }
  // SAFETY: other names do not come through format-names.ts.
  const others = containersOfVideo(text as VideoCodec);
  report(`asks for video codec '${text}', which ${container} does not carry; ${carried}`, {
    spec: "video_codec",
    advice: others.length === 0 ? undefined : `For ${text} use ${nameList(others.slice(0, 4), "or")}.`,
  });
  return undefined;
}

function toPicture(
  codec: VideoCodec,
  specs: Specs,
  quirks: Quirks,
  report: Report,
): PictureFormat | undefined {
  const resolution = parseResolution(specs.resolution, report);
  const frameRate = parseFrameRate(specs.fps, report);
  const rate = parseRate(codec, specs, report);
  const profiling = parseProfile(codec, specs, report);
  const level = parseLevel(codec, specs, report);
  if (resolution) {
    checkSize(codec, resolution, report);
  }
  if (frameRate) {
    checkFrameRate(codec, specs.fps ?? "", frameRate, report);
  }
  if (
    resolution === undefined ||
    frameRate === undefined ||
    rate === undefined ||
    profiling === undefined ||
    level === undefined
  ) {
    return undefined;
  }
  const picture = { codec, resolution, frameRate, rate, ...profiling, level };
  const isQuirky = quirks.has("baseline") && codec === "h264" && rate.mode === "bitrate";
  if (isQuirky && givenLabels(specs, ["vprofile", "pix_fmt", "level"]).length === 0) {
    return { ...picture, ...QUIRKY_H264 };
  }
  checkLevel(picture, report);
  return picture;
}

/** What is sure before the source is known. */
function checkSize(codec: VideoCodec, { widthPx, heightPx }: Resolution, report: Report): void {
  const { maxSidePx } = VIDEO_CODEC_FACTS[codec];
  if (Math.max(widthPx ?? 0, heightPx ?? 0) > maxSidePx) {
    report(`has a longer side than ${codec} can have, which is ${maxSidePx} pixels`, { spec: "resolution" });
  } else if ((widthPx ?? 0) * (heightPx ?? 0) > MAX_PICTURE_PIXELS) {
    report("has more pixels than a picture of 8192x4320, which is the largest", { spec: "resolution" });
  }
}

/** What the encoder of this codec can be held to. */
function kbpsLimits(codec: VideoCodec): BitrateLimits {
  const { maxKbps } = VIDEO_CODEC_FACTS[codec];
  return { min: MIN_VIDEO_KBPS, max: maxKbps, ...(maxKbps < MAX_VIDEO_KBPS && { of: ` for ${codec}` }) };
}

function checkFrameRate(codec: VideoCodec, text: string, rate: Rational, report: Report): void {
  const isMpeg = codec === "mpeg1video" || codec === "mpeg2video";
  if (isMpeg && !isMpegRate(rate)) {
    const names = nameList(frameRateNames(isMpegRate), "or");
    report(`has frame rate '${text}', which for ${codec} must be ${names}`, { spec: "fps" });
  }
}

function isMpegRate(rate: Rational | null): boolean {
  return MPEG_FRAME_RATES.some(({ num, den }) => num === rate?.num && den === rate.den);
}

function parseRate(codec: VideoCodec, specs: Specs, report: Report): PictureFormat["rate"] | undefined {
  const { hasBitrate, hasTwoPasses } = VIDEO_CODEC_FACTS[codec];
  if (specs["2pass"] !== undefined && !hasTwoPasses) {
    const codecs = nameList(videoCodecsWith("hasTwoPasses"));
    report(`sets 2pass, which ${codec} does not have (${codecs} do)`, { spec: "2pass" });
    return undefined;
  }
  if (specs.quality !== undefined) {
    return parseQualityRate(codec, specs, report);
  }
  if (specs.maxrate !== undefined) {
    report("sets a maxrate, which works only together with a quality", { spec: "maxrate" });
    return undefined;
  }
  if (!hasBitrate) {
    if (specs.video_bitrate === undefined) {
      return { mode: "fixed" };
    }
    const advice = codec === "prores" ? "Set its vprofile, from 0 to 3." : "Leave the bitrate out.";
    report(`sets a video bitrate, which ${codec} does not have`, { spec: "video_bitrate", advice });
    return undefined;
  }
  const preset = RESOLUTION_PRESETS[specs.resolution ?? ""];
  const bitrateBps =
    specs.video_bitrate === undefined
      ? (preset?.bitrateBps ?? DEFAULT_VIDEO_BITRATE_BPS)
      : parseBitrate(specs.video_bitrate, "video_bitrate", kbpsLimits(codec), report);
  const passes = specs["2pass"] === undefined ? 1 : 2;
  return bitrateBps === undefined ? undefined : { mode: "bitrate", bitrateBps, passes };
}

/** Coconut's rule: with a quality a bitrate counts for nothing, not even as a ceiling; maxrate is the ceiling. */
function parseQualityRate(
  codec: VideoCodec,
  specs: Specs,
  report: Report,
): PictureFormat["rate"] | undefined {
  if (!VIDEO_CODEC_FACTS[codec].hasQuality) {
    const codecs = nameList(videoCodecsWith("hasQuality"));
    report(`sets a quality, which ${codec} does not have (${codecs} do)`, { spec: "quality" });
    return undefined;
  }
  if (specs["2pass"] !== undefined) {
    const rule = "sets 2pass, which steers towards a bitrate and has no meaning together with a quality";
    report(rule, { spec: "2pass" });
    return undefined;
  }
  const quality = parseQuality(specs.quality ?? "", report);
  const maxrateBps =
    specs.maxrate === undefined ? null : parseBitrate(specs.maxrate, "maxrate", kbpsLimits(codec), report);
  return quality === undefined || maxrateBps === undefined
    ? undefined
    : { mode: "quality", quality, maxrateBps };
}
