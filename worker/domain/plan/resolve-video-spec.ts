/** From the picture that a format asks for to the video that an encoder makes of this source. */
import {
  H263_SIZES,
  MAX_PICTURE_PIXELS,
  VIDEO_CODEC_FACTS,
  type Container,
  type PixelFormat,
  type VideoCodec,
} from "../../../encoder/contract/formats.ts";
import { levelBitrateKbps, levelsFor } from "../../../encoder/contract/h264-levels.ts";
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { Colour, Rational, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type { FrameSize, VideoRate, VideoSpec } from "../../../encoder/contract/output-spec.ts";
import { QUALITY_CRF } from "../format/quality-table.ts";
import type { PictureFormat, PictureRequest } from "../job-spec.ts";
import { frameSize } from "./frame-size.ts";
import { outputColour } from "./output-colour.ts";
import { resolveFrameRate } from "./resolve-frame-rate.ts";
import { resolvePicture } from "./resolve-picture.ts";
import type { Resolved } from "./resolved.ts";

/**
 * Ceiling of a bitrate output against its average: Apple's authoring guide allows on-demand video peaks of twice the
 * average. With less, a file that is half a still picture cannot spend its bits in the other half.
 */
const MAXRATE_FACTOR = 2;

type Wanted = { format: PictureFormat; picture: PictureRequest; container: Container };

/** @param keyframeIntervalSeconds of renditions that players switch between; null lets the encoder choose. */
export function resolveVideoSpec(
  { format, picture: request, container }: Wanted,
  source: VideoInfo,
  keyframeIntervalSeconds: number | null,
): Resolved<{ video: VideoSpec }> {
  const { codec, pixelFormat, profile, level } = format;
  const colour = outputColour(source.colour, matrixAndRange(codec, pixelFormat));
  const frame = codecFrame(format, request, source);
  const frameRate = resolveFrameRate({ codec, container }, format.frameRate, source.frameRate);
  const failure = sizeFailure(codec, frame) ?? levelFailure(format, frame, frameRate ?? source.frameRate);
  if (failure !== null) {
    return { ok: false, failure };
  }
  const video = {
    codec,
    sourceStreamIndex: source.streamIndex,
    picture: resolvePicture(request, source, { frame, blur: 0, colour, pixelFormat }),
    frameRate,
    rate: resolveRate(format),
    keyframeIntervalSeconds,
    profile,
    level,
  };
  return { ok: true, video };
}

function matrixAndRange(codec: VideoCodec, pixelFormat: PixelFormat): Pick<Colour, "matrix" | "range"> {
  const { matrix } = VIDEO_CODEC_FACTS[codec];
  const isFull = matrix === "rgb" || pixelFormat.startsWith("yuvj");
  return { matrix, range: isFull ? "pc" : "tv" };
}

/** The wanted frame as the codec can code it. */
function codecFrame(
  { codec, resolution: wanted }: PictureFormat,
  { fit, transpose }: PictureRequest,
  source: VideoInfo,
): FrameSize {
  const frame = frameSize(source, wanted, { fit, transpose, isEven: true });
  if (codec !== "h263") {
    const { minFrame } = VIDEO_CODEC_FACTS[codec];
    return {
      ...frame,
      widthPx: Math.max(minFrame.widthPx, frame.widthPx),
      heightPx: Math.max(minFrame.heightPx, frame.heightPx),
    };
  }
  const box = H263_SIZES.find((size) => size.widthPx >= frame.widthPx && size.heightPx >= frame.heightPx);
  const isFilled = fit === "crop" && wanted.widthPx !== null && wanted.heightPx !== null;
  if (box === undefined || isFilled) {
    const largest = box ?? H263_SIZES[H263_SIZES.length - 1] ?? frame;
    return frameSize(source, largest, { fit, transpose, isEven: true });
  }
  return {
    ...box,
    scaledWidthPx: Math.min(box.widthPx, frame.scaledWidthPx),
    scaledHeightPx: Math.min(box.heightPx, frame.scaledHeightPx),
  };
}

/** What follows from the source's size or shape; sizes that are written out have been refused before. */
function sizeFailure(codec: VideoCodec, { widthPx, heightPx }: FrameSize): Failure | null {
  const { maxSidePx } = VIDEO_CODEC_FACTS[codec];
  if (Math.max(widthPx, heightPx) > maxSidePx) {
    return {
      code: "image_too_large",
      limit: `${widthPx}x${heightPx}; ${codec} has sides of at most ${maxSidePx}`,
    };
  }
  return widthPx * heightPx > MAX_PICTURE_PIXELS
    ? { code: "image_too_large", limit: `${widthPx}x${heightPx}; at most as many pixels as 8192x4320` }
    : null;
}

function resolveRate(format: PictureFormat): VideoRate {
  const { codec, rate } = format;
  switch (rate.mode) {
    case "bitrate": {
      const maxrateBps = Math.min(MAXRATE_FACTOR * rate.bitrateBps, levelCeilingBps(format));
      return { ...rate, maxrateBps: Math.max(rate.bitrateBps, maxrateBps) };
    }
    case "quality": {
      const crf = hasQuality(codec) ? QUALITY_CRF[codec][rate.quality] : null;
      if (crf === null) {
        throw new TypeError(`${codec} has no quality levels.`);
      }
      return { mode: "quality", crf, maxrateBps: rate.maxrateBps };
    }
    case "fixed":
      return rate;
  }
}

/** A wanted level limits the peaks as well. */
function levelCeilingBps({ codec, level, profile }: PictureFormat): number {
  const kbps =
    level !== null && (codec === "h264" || codec === "hevc") ? levelBitrateKbps(codec, level, profile) : null;
  return kbps === null ? Number.POSITIVE_INFINITY : kbps * 1000;
}

function hasQuality(codec: VideoCodec): codec is keyof typeof QUALITY_CRF {
  return Object.hasOwn(QUALITY_CRF, codec);
}

/** A level promises decoders that they can keep up; with too low a one the promise is broken. */
function levelFailure(
  { codec, level, isLevelNominal }: PictureFormat,
  { widthPx, heightPx }: FrameSize,
  frameRate: Rational | null,
): Failure | null {
  if (level === null || isLevelNominal === true || (codec !== "h264" && codec !== "hevc")) {
    return null;
  }
  const levels = levelsFor(codec, { widthPx, heightPx, frameRate });
  if (levels.includes(level)) {
    return null;
  }
  const rate = frameRate === null ? "" : ` at ${Number((frameRate.num / frameRate.den).toFixed(2))} fps`;
  const lowest = levels[0];
  const needs = lowest === undefined ? "is beyond every level" : `needs level ${lowest} or higher`;
  return { code: "level_too_low", limit: `${widthPx}x${heightPx}${rate} ${needs}` };
}
