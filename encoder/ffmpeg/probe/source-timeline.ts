/**
 * Where a source's time starts. FFmpeg counts from the earliest stream of a file; Copra counts from the first
 * picture, so that outputs, thumbnails and conditions agree on what "second 5" is.
 */
import type { Ffprobe } from "../../contract/media-info.ts";
import type { ProbedMedia } from "./parse-probe.ts";
import { readCount, readNumber, readObject, readText } from "./probe-tree.ts";

/**
 * A container that cannot store negative times moves the picture back: by the priming of the sound, 21 to 48 ms, or by
 * the delay of B frames, up to 100 ms. Such a start is taken for zero. A picture that starts later than this is meant
 * to: the sound before it is kept, and the first frame is shown from the beginning.
 */
export const MUXER_DELAY_SECONDS = 0.1;

/** Containers that store how long each stream really is; the others estimate it from sizes and bit rates. */
const EXACT_CONTAINERS = ["mov", "matroska"];

/** Seconds between FFmpeg's zero, the earliest stream of the file, and the zero that outputs count from. */
export function timelineZero(probed: ProbedMedia): number {
  const late = pictureDelay(probed);
  // Rounded down to ffmpeg's resolution, so that the first frame never lands before zero and is lost.
  return late > 0 && late <= MUXER_DELAY_SECONDS ? Math.floor(late * 1e6) / 1e6 : 0;
}

/** Seconds from the start of the file to its picture; 0 where the file does not say. */
function pictureDelay({ mediaInfo, ffprobe }: ProbedMedia): number {
  const pictureIndex = mediaInfo.video?.streamIndex ?? -1;
  const picture = ffprobe.streams.find((stream) => readNumber(stream, "index") === pictureIndex);
  const pictureStart = picture ? readNumber(picture, "start_time") : null;
  const fileStart = readNumber(ffprobe.format, "start_time");
  return pictureStart === null || fileStart === null ? 0 : pictureStart - fileStart;
}

/** Containers that FFmpeg counts from the earliest of the streams that it reads, and not from the start of the file. */
const COUNTED_BY_STREAMS = ["mpegts", "mpeg", "ogg"];

/**
 * The stream with which the file starts, by ffprobe's number. FFmpeg has to read it along with whatever is wanted, so
 * that its zero is the start of the file. Null for a container in which it always is.
 */
export function zeroStream({ mediaInfo, ffprobe }: ProbedMedia): number | null {
  const names = mediaInfo.formatName.split(",");
  if (!COUNTED_BY_STREAMS.some((name) => names.includes(name))) {
    return null;
  }
  const starts = ffprobe.streams.flatMap((stream) => {
    const [index, start] = [readNumber(stream, "index"), readNumber(stream, "start_time")];
    return index === null || start === null || !isCopyable(stream) ? [] : [{ index, start }];
  });
  return starts.toSorted((one, other) => one.start - other.start)[0]?.index ?? null;
}

/**
 * Seconds by which FFmpeg's zero is later when it decodes nothing but the picture and does not seek: it counts from the
 * picture then, in those containers.
 */
export function pictureOnlyDelay(probed: ProbedMedia): number {
  return zeroStream(probed) === null ? 0 : Math.max(0, pictureDelay(probed));
}

/** FFmpeg copies no picture without a size and no sound without a rate, not even to nowhere. */
function isCopyable(stream: Ffprobe["streams"][number]): boolean {
  switch (readText(stream, "codec_type")) {
    case "video":
      return (readCount(stream, "width") ?? 0) > 0 && (readCount(stream, "height") ?? 0) > 0;
    case "audio":
      return (readCount(stream, "sample_rate") ?? 0) > 0;
    case "subtitle":
    case "data":
      return true;
    default:
      return false;
  }
}

/**
 * How long the longest of these streams shows or sounds, in seconds from FFmpeg's zero. Null when the container does
 * not say so exactly: then a shorter result proves nothing.
 */
export function exactEndSeconds(ffprobe: Ffprobe, streamIndexes: readonly number[]): number | null {
  const names = (readText(ffprobe.format, "format_name") ?? "").split(",");
  if (!EXACT_CONTAINERS.some((name) => names.includes(name))) {
    return null;
  }
  const fileStart = readNumber(ffprobe.format, "start_time") ?? 0;
  const ends = ffprobe.streams
    .filter((stream) => streamIndexes.includes(readNumber(stream, "index") ?? -1))
    .map((stream) => {
      const duration = readNumber(stream, "duration");
      return duration === null
        ? parseClock(readText(readObject(stream, "tags"), "DURATION"))
        : (readNumber(stream, "start_time") ?? 0) - fileStart + duration;
    });
  const longest = Math.max(0, ...ends.map((end) => end ?? 0));
  return longest > 0 ? longest : null;
}

/** Matroska's `DURATION` tag, the end of a stream as `00:00:10.023000000`. */
function parseClock(text: string | null): number | null {
  const parts = /^(\d+):(\d+):(\d+(?:\.\d+)?)$/.exec(text ?? "");
  return parts ? Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]) : null;
}
