/** A finished MP4 -> MPEG-TS segments and a media playlist, by copy. */
import { FFMPEG_ARGS, fileUrl, secondsArg, sourceInput } from "../input-guards.ts";

/** Names inside the directory of one rendition. */
export const MEDIA_PLAYLIST_NAME = "stream.m3u8";
const SEGMENT_PATTERN = "segment-%d.ts";

type HlsPlan = {
  renditionPath: string;
  hasVideo: boolean;
  hasAudio: boolean;
  /** Wanted length; each segment ends at the first keyframe at or after a multiple of it. */
  segmentSeconds: number;
  /** Added to every time; equal for all renditions of a package, from `packageOffset`. */
  offsetSeconds: number;
};

/** Transport streams have no negative times, and B frames and AAC's priming begin a little before zero. */
const MIN_OFFSET_SECONDS = 10;

/**
 * The offset that keeps the earliest dts of all renditions above zero. ffmpeg would otherwise shift each rendition by
 * its own amount and they would no longer line up.
 */
export function packageOffset(earliestDtsSeconds: number): number {
  return Math.max(MIN_OFFSET_SECONDS, Math.ceil(-earliestDtsSeconds));
}

/**
 * The arguments of ffmpeg, without the program's name. It writes `stream.m3u8` and `segment-0.ts` … into its working
 * directory; relative names keep a `%` in the directory's path from being read as a counter.
 *
 * The playlist has version 3 (RFC 8216 §7: fractional durations need no more). That segments are independent is said
 * once, in the master playlist.
 */
export function hlsArgs(plan: HlsPlan): string[] {
  return [
    ...FFMPEG_ARGS,
    ...sourceInput(fileUrl(plan.renditionPath)),
    ...(plan.hasVideo ? ["-map", "0:v:0"] : []),
    ...(plan.hasAudio ? ["-map", "0:a:0"] : []),
    "-c",
    "copy",
    // Titles would become service names of the transport stream.
    "-map_metadata",
    "-1",
    "-map_chapters",
    "-1",
    "-output_ts_offset",
    secondsArg(plan.offsetSeconds),
    "-f",
    "hls",
    "-hls_time",
    secondsArg(plan.segmentSeconds),
    "-hls_playlist_type",
    "vod",
    // The default keeps only the last five segments in the list.
    "-hls_list_size",
    "0",
    "-hls_segment_type",
    "mpegts",
    "-start_number",
    "0",
    "-hls_segment_filename",
    SEGMENT_PATTERN,
    MEDIA_PLAYLIST_NAME,
  ];
}
