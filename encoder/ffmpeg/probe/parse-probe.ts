/**
 * ffprobe's output -> the facts that plans and conditions are decided on. A file may hold any numbers it likes, so
 * every one is checked: what cannot be true becomes null, and nothing becomes NaN.
 */
import type { AudioInfo, Ffprobe, MediaInfo, Rational, VideoInfo } from "../../contract/media-info.ts";
import { deriveMimeType } from "./mime-type.ts";
import { parseProbeTree, readCount, readNumber, readObject, readObjects, readText } from "./probe-tree.ts";

type Stream = Ffprobe["streams"][number];

/** A pixel is never more than this much wider than high, or the other way round; beyond it the ratio is a lie. */
const MAX_SAMPLE_ASPECT = 16;

/** What one run of ffprobe tells of a file. */
export type ProbedMedia = { mediaInfo: MediaInfo; ffprobe: Ffprobe };

/** The two rates of a constant-rate stream differ by rounding only; the base rate is then the exact one. */
const SAME_RATE_TOLERANCE = 0.002;

/**
 * Reads ffprobe's stdout. Null when it shows no stream that can be encoded. `video` is the first stream with
 * pictures that move (cover art does not), `audio` the first one that this FFmpeg has a decoder for.
 */
export function parseProbe(stdout: string, sizeBytes: number): ProbedMedia | null {
  const ffprobe = parseProbeTree(stdout);
  if (ffprobe === null) {
    return null;
  }
  const video = first(ffprobe.streams, readVideo);
  const audio = first(ffprobe.streams, readAudio);
  if (video === null && audio === null) {
    return null;
  }
  const { format } = ffprobe;
  const formatName = readText(format, "format_name") ?? "";
  const mimeType = deriveMimeType({
    formatName,
    majorBrand: readText(readObject(format, "tags"), "major_brand"),
    videoCodec: video?.codec ?? null,
    audioCodec: audio?.codec ?? null,
  });
  const mediaInfo: MediaInfo = {
    formatName,
    mimeType,
    sizeBytes,
    durationSeconds: readDuration(ffprobe),
    bitrateBps: readCount(format, "bit_rate"),
    video,
    audio,
  };
  return { mediaInfo, ffprobe };
}

/** True for a picture that belongs to the file as a whole: cover art, a thumbnail track. */
function isAttachedPicture(stream: Stream): boolean {
  const disposition = readObject(stream, "disposition");
  return ["attached_pic", "timed_thumbnails"].some((key) => readCount(disposition, key) === 1);
}

function readVideo(stream: Stream): VideoInfo | null {
  const streamIndex = readCount(stream, "index");
  const codec = readCodec(stream, "video");
  const widthPx = readCount(stream, "width") ?? 0;
  const heightPx = readCount(stream, "height") ?? 0;
  if (
    streamIndex === null ||
    codec === null ||
    widthPx === 0 ||
    heightPx === 0 ||
    isAttachedPicture(stream)
  ) {
    return null;
  }
  const rotationDegrees = readRotation(stream);
  const squareWidthPx = Math.max(1, Math.round(widthPx * readSampleAspect(stream)));
  const sideways = rotationDegrees === 90 || rotationDegrees === 270;
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
    pixelFormat: readText(stream, "pix_fmt"),
  };
}

function readAudio(stream: Stream): AudioInfo | null {
  const streamIndex = readCount(stream, "index");
  const codec = readCodec(stream, "audio");
  const channels = readCount(stream, "channels") ?? 0;
  const sampleRateHz = readCount(stream, "sample_rate") ?? 0;
  if (streamIndex === null || codec === null || channels === 0 || sampleRateHz === 0) {
    return null;
  }
  return { streamIndex, codec, channels, sampleRateHz, bitrateBps: readBitrate(stream) };
}

/** The codec of a stream of that type; null when FFmpeg does not know it, as with `apac` sound of a phone. */
function readCodec(stream: Stream, type: "video" | "audio"): string | null {
  const codec = readText(stream, "codec_name");
  return readText(stream, "codec_type") === type && codec !== "unknown" && codec !== "none" ? codec : null;
}

/**
 * Clockwise turn that makes the picture upright, in whole quarters. The display matrix counts counter-clockwise;
 * the `rotate` tag of older files counts clockwise.
 */
function readRotation(stream: Stream): number {
  const matrix = readObjects(stream, "side_data_list").find(
    (sideData) => readText(sideData, "side_data_type") === "Display Matrix",
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

function readBitrate(stream: Stream): number | null {
  return readCount(stream, "bit_rate") ?? readCount(readObject(stream, "tags"), "BPS");
}

/** Duration of the container, else of its longest stream; null when the file has none. */
function readDuration(ffprobe: Ffprobe): number | null {
  const declared = readNumber(ffprobe.format, "duration");
  if (declared !== null && declared > 0) {
    return declared;
  }
  const longest = Math.max(0, ...ffprobe.streams.map((stream) => readNumber(stream, "duration") ?? 0));
  return longest > 0 ? longest : null;
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

function first<T>(streams: readonly Stream[], read: (stream: Stream) => T | null): T | null {
  for (const stream of streams) {
    const found = read(stream);
    if (found !== null) {
      return found;
    }
  }
  return null;
}
