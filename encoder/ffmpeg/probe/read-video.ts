/** One video stream of ffprobe's tree -> its facts. What cannot be true becomes null. */
import type { Ffprobe, Rational, VideoInfo } from "../../contract/media-info.ts";
import { readCount, readNumber, readObject, readObjects, readText } from "./probe-tree.ts";
import { readBitrate, readCodec } from "./read-audio.ts";
import { readColour } from "./read-colour.ts";

type Stream = Ffprobe["streams"][number];

/** A pixel is never more than this much wider than high, or the other way round; beyond it the ratio is a lie. */
const MAX_SAMPLE_ASPECT = 16;

/** The two rates of a constant-rate stream differ by rounding only; the base rate is then the exact one. */
const SAME_RATE_TOLERANCE = 0.002;

/** Null for a stream that is no moving picture, or one of an unknown codec. */
export function readVideo(stream: Stream): VideoInfo | null {
  const streamIndex = readCount(stream, "index");
  const codec = readCodec(stream, "video");
  const widthPx = readCount(stream, "width") ?? 0;
  const heightPx = readCount(stream, "height") ?? 0;
  const isSized = widthPx > 0 && heightPx > 0;
  if (streamIndex === null || codec === null || !isSized || isAttachedPicture(stream)) {
    return null;
  }
  const rotationDegrees = readRotation(stream);
  const squareWidthPx = Math.max(1, Math.round(widthPx * readSampleAspect(stream)));
  const sideways = rotationDegrees === 90 || rotationDegrees === 270;
  const pixelFormat = readText(stream, "pix_fmt");
  return {
    streamIndex,
    codec,
    widthPx,
    heightPx,
    displayWidthPx: sideways ? heightPx : squareWidthPx,
    displayHeightPx: sideways ? squareWidthPx : heightPx,
    rotationDegrees,
    frameRate: readFrameRate(stream),
    bitrateBps: readBitrate(stream),
    pixelFormat,
    colour: readColour(stream),
    isInterlaced: INTERLACED_ORDERS.has(readText(stream, "field_order") ?? ""),
    hasAlpha: ALPHA_FORMATS.test(pixelFormat ?? ""),
  };
}

/** Which field is stored and which is shown first: top or bottom. */
const INTERLACED_ORDERS = new Set(["tt", "bb", "tb", "bt"]);

const ALPHA_FORMATS = /^(?:yuva|ya\d|rgba|bgra|argb|abgr|gbrap|ayuv|vuya(?!x)|pal8)/;

/** True for a picture that belongs to the file as a whole: cover art, a thumbnail track. */
export function isAttachedPicture(stream: Stream): boolean {
  const disposition = readObject(stream, "disposition");
  return ["attached_pic", "timed_thumbnails"].some((key) => readCount(disposition, key) === 1);
}

/** Of a stream, and of a frame where a still picture's Exif data turns it. */
const TURNING_SIDE_DATA = new Set(["Display Matrix", "3x3 displaymatrix"]);

/**
 * Clockwise turn that makes the picture upright, in whole quarters. The display matrix counts counter-clockwise;
 * the `rotate` tag of older files counts clockwise.
 */
function readRotation(stream: Stream): number {
  const matrix = readObjects(stream, "side_data_list").find((sideData) =>
    TURNING_SIDE_DATA.has(readText(sideData, "side_data_type") ?? ""),
  );
  const counterClockwise = matrix ? readNumber(matrix, "rotation") : null;
  const clockwise =
    counterClockwise === null ? readNumber(readObject(stream, "tags"), "rotate") : -counterClockwise;
  const quarters = Math.round((clockwise ?? 0) / 90) % 4;
  return ((quarters + 4) % 4) * 90;
}

/** Width of a pixel divided by its height; 1 when the file does not say or says nonsense. */
function readSampleAspect(stream: Stream): number {
  const ratio = parseRatio(readText(stream, "sample_aspect_ratio"), ":");
  const aspect = ratio ? ratio.num / ratio.den : 1;
  return aspect <= MAX_SAMPLE_ASPECT && aspect >= 1 / MAX_SAMPLE_ASPECT ? aspect : 1;
}

function readFrameRate(stream: Stream): Rational | null {
  const average = parseRatio(readText(stream, "avg_frame_rate"), "/");
  const base = parseRatio(readText(stream, "r_frame_rate"), "/");
  if (average === null || base === null) {
    return average ?? base;
  }
  const difference = average.num / average.den / (base.num / base.den) - 1;
  return Math.abs(difference) < SAME_RATE_TOLERANCE ? base : average;
}

/** `30000/1001` or `16:9`; null for `0/0`, signs and anything else that is no positive ratio. */
function parseRatio(text: string | null, separator: "/" | ":"): Rational | null {
  const [num, den, ...rest] = (text ?? "").split(separator).map(Number);
  const valid = rest.length === 0 && isPositiveInteger(num) && isPositiveInteger(den);
  return valid ? { num, den } : null;
}

function isPositiveInteger(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}
