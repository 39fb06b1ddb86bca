/** The sizes of sources that the service takes, apart from bytes. Pure: `probe-source.ts` acts on it. */
import type { Ffprobe, MediaInfo } from "../../contract/media-info.ts";
import { MAX_PICTURE_PIXELS } from "../../contract/formats.ts";
import { MAX_STREAMS } from "../input-guards.ts";

/** A day: longer than any film, short enough that a forged duration cannot plan a million images. */
const MAX_DURATION_SECONDS = 24 * 3600;

/** The limits in the words that end "The input exceeds a limit of this service: …". */
export const SOURCE_LIMITS = {
  pixels: "pictures of at most 8192x4320 pixels",
  streams: `at most ${MAX_STREAMS} streams`,
  duration: "a duration of at most 24 hours",
} as const;

/** The limit that a source exceeds; null when it keeps them all. */
export function findExceededLimit(mediaInfo: MediaInfo, ffprobe: Ffprobe): string | null {
  const { video, durationSeconds } = mediaInfo;
  if (video && video.widthPx * video.heightPx > MAX_PICTURE_PIXELS) {
    return SOURCE_LIMITS.pixels;
  }
  if (ffprobe.streams.length > MAX_STREAMS) {
    return SOURCE_LIMITS.streams;
  }
  if (durationSeconds !== null && durationSeconds > MAX_DURATION_SECONDS) {
    return SOURCE_LIMITS.duration;
  }
  return null;
}
