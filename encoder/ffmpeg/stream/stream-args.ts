/** The command lines of ffmpeg that make segments of encoded tracks, all by copy. */
import { SEGMENT_SECONDS, TRANSPORT_OFFSET_SECONDS } from "../../contract/stream.ts";
import { trackTagArgs } from "../codec/container-args.ts";
import { FFMPEG_ARGS, fileUrl, secondsArg, sourceInput } from "../input-guards.ts";

/** Added to a sound's times while it is read: an MP4 has no place for the priming that begins before zero. */
export const SOUND_OFFSET_SECONDS = 10;

/** Titles and languages are the manifests' to tell, and equal files are to have equal bytes. */
const PLAIN = ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"];

/** Times are written as they are: no edit list, nothing moved to zero. */
const AS_THEY_ARE = ["-use_editlist", "0", "-write_tmcd", "0", "-avoid_negative_ts", "disabled"];

/** The description of a picture, as the beginning of a file that holds one fragment besides. */
export function pictureInitArgs(plan: {
  picturePath: string;
  codec: string;
  ticksPerSecond: number;
  outputPath: string;
}): string[] {
  return [
    ...FFMPEG_ARGS,
    "-copyts",
    // No time below zero, whatever the file's own offset.
    ...sourceInput(fileUrl(plan.picturePath), "-itsoffset", String(TRANSPORT_OFFSET_SECONDS)),
    ...["-map", "0:v:0", "-c", "copy", "-frames:v", "1", ...PLAIN],
    ...["-video_track_timescale", String(plan.ticksPerSecond)],
    ...["-movflags", "+empty_moov+default_base_moof+frag_discont", ...AS_THEY_ARE],
    ...trackTagArgs("mp4", plan.codec),
    ...["-f", "mp4", fileUrl(plan.outputPath)],
  ];
}

/** A sound in small fragments, its times `SOUND_OFFSET_SECONDS` later, priming included. */
export function soundFragmentArgs(soundPath: string, outputPath: string): string[] {
  return [
    ...FFMPEG_ARGS,
    "-copyts",
    ...sourceInput(fileUrl(soundPath), "-itsoffset", String(SOUND_OFFSET_SECONDS)),
    ...["-map", "0:a:0", "-c", "copy", ...PLAIN],
    ...["-movflags", "+empty_moov+default_base_moof+frag_discont", "-frag_duration", "2000000"],
    ...AS_THEY_ARE,
    ...["-f", "mp4", fileUrl(outputPath)],
  ];
}

/** A file on the stream's clock, plus an offset of its own. */
type TransportInput = { path: string; offsetSeconds: number };

export type TransportPlan = {
  /** Each segment begins with one of its keyframes, and ends with the next. */
  picture: TransportInput | null;
  /** Without a picture, segments are cut at the first packets at or after multiples of `SEGMENT_SECONDS`. */
  sound: TransportInput | null;
  firstNumber: number;
};

/** Names of the files that `transportArgs` writes, `%d` for their numbers. */
const SEGMENT_PATTERN = "segment-%d.ts";

/** So short that every keyframe ends a segment. */
const AT_EVERY_KEYFRAME = "0.001";

/**
 * Segments of a transport stream, in FFmpeg's working directory: relative names keep a `%` in its path from being read as
 * a counter. All times are `TRANSPORT_OFFSET_SECONDS` later than the stream's. One muxer writes all of them, so its
 * continuity counters go on; where it begins it says that they do not.
 */
export function transportArgs({ picture, sound, firstNumber }: TransportPlan): string[] {
  const inputs = [picture, sound].flatMap((input) => (input === null ? [] : [input]));
  const maps = [picture && "v:0", sound && "a:0"].filter((stream) => stream !== null);
  return [
    ...FFMPEG_ARGS,
    "-copyts",
    ...inputs.flatMap(({ path, offsetSeconds }) =>
      sourceInput(fileUrl(path), "-itsoffset", secondsArg(TRANSPORT_OFFSET_SECONDS - offsetSeconds)),
    ),
    ...maps.flatMap((stream, input) => ["-map", `${input}:${stream}`]),
    ...["-c", "copy", ...PLAIN],
    // Neither may add to the times.
    ...["-muxdelay", "0", "-muxpreload", "0"],
    ...["-f", "hls", "-hls_time", picture === null ? String(SEGMENT_SECONDS) : AT_EVERY_KEYFRAME],
    // The default keeps only the last five segments.
    ...["-hls_playlist_type", "vod", "-hls_list_size", "0"],
    ...["-hls_segment_type", "mpegts", "-hls_segment_options", "mpegts_flags=+initial_discontinuity"],
    ...["-start_number", String(firstNumber), "-hls_segment_filename", SEGMENT_PATTERN, "list.m3u8"],
  ];
}
