/**
 * Where a source's time starts. FFmpeg counts from the earliest stream of a file; Copra counts from the first
 * picture, so that outputs, thumbnails and conditions agree on what "second 5" is.
 */
import type { Ffprobe } from "../contract/media-info.ts";
import type { ProbedMedia } from "./parse-probe.ts";
import { readNumber, readObject, readText } from "./probe-tree.ts";

/**
 * A container that cannot store negative times moves the picture back: by the priming of the sound, 21 to 48 ms, or by
 * the delay of B frames, up to 100 ms. Such a start is taken for zero. A picture that starts later than this is meant
 * to: the sound before it is kept, and the first frame is shown from the beginning.
 */
export const MUXER_DELAY_SECONDS = 0.1;

/** Containers that store how long each stream really is; the others estimate it from sizes and bit rates. */
const EXACT_CONTAINERS = ["mov", "matroska"];

/** Seconds between FFmpeg's zero, the earliest stream of the file, and the zero that outputs count from. */
export function timelineZero({ mediaInfo, ffprobe }: ProbedMedia): number {
  const pictureIndex = mediaInfo.video?.streamIndex ?? -1;
  const picture = ffprobe.streams.find((stream) => readNumber(stream, "index") === pictureIndex);
  const pictureStart = picture ? readNumber(picture, "start_time") : null;
  const fileStart = readNumber(ffprobe.format, "start_time");
  if (pictureStart === null || fileStart === null) {
    return 0;
  }
  const late = pictureStart - fileStart;
  // Rounded down to ffmpeg's resolution, so that the first frame never lands before zero and is lost.
  return late > 0 && late <= MUXER_DELAY_SECONDS ? Math.floor(late * 1e6) / 1e6 : 0;
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
