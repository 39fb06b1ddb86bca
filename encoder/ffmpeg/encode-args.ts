/**
 * One rendition -> the command line of one MP4 encode. The order of the flags is the order of this file: guards,
 * input, mapping, picture, sound, file.
 */
import type { Rational } from "../contract/media-info.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import { audioArgs } from "./audio-args.ts";
import { FFMPEG_ARGS, fileUrl, secondsArg, SOURCE_GUARDS } from "./input-guards.ts";
import { videoArgs } from "./video-args.ts";

export type EncodePlan = {
  sourcePath: string;
  /** Where the outputs' time starts in the source, from `timelineZero`. */
  zeroSeconds: number;
  /** The source's average rate; null when it is unknown. */
  sourceFrameRate: Rational | null;
  rendition: RenditionSpec;
  threads: number;
  /** Path of the MP4 that is written. */
  outputPath: string;
};

/** The arguments of ffmpeg, without the program's name. */
export function encodeArgs(plan: EncodePlan): string[] {
  const { rendition, threads } = plan;
  return [
    ...FFMPEG_ARGS,
    ...SOURCE_GUARDS,
    // Decoding, filtering and encoding each take the planned number of threads: x264's bytes depend on it.
    "-threads",
    String(threads),
    "-filter_threads",
    String(threads),
    ...startArgs(plan.zeroSeconds, rendition.span.startSeconds),
    "-i",
    fileUrl(plan.sourcePath),
    ...(rendition.video ? ["-map", `0:${rendition.video.sourceStreamIndex}`] : []),
    ...(rendition.audio ? ["-map", `0:${rendition.audio.sourceStreamIndex}`] : []),
    // Nothing but the mapped streams: no subtitles, no data. Titles and dates travel; chapters would be wrong in a
    // cut, and a timecode tag would add a data track.
    "-sn",
    "-dn",
    "-map_metadata",
    "0",
    "-map_chapters",
    "-1",
    "-write_tmcd",
    "0",
    ...(rendition.video
      ? videoArgs(rendition.video, { threads, sourceFrameRate: plan.sourceFrameRate })
      : []),
    ...(rendition.audio ? audioArgs(rendition.audio) : []),
    // Counted on the output's own time, so that a cut has exactly this length.
    ...(rendition.span.durationSeconds === null ? [] : ["-t", secondsArg(rendition.span.durationSeconds)]),
    // A stream that starts minutes after the other keeps that one waiting: allow more packets than the default 128.
    "-max_muxing_queue_size",
    "4096",
    // The index at the front lets a browser play before the whole file is there.
    "-movflags",
    "+faststart",
    "-f",
    "mp4",
    fileUrl(plan.outputPath),
  ];
}

/**
 * Moves the wanted start to zero. A cut seeks before `-i`: ffmpeg jumps to the keyframe before it and drops what it
 * decodes up to the exact time, in picture and sound alike. An uncut source is only shifted, which can drop nothing.
 */
function startArgs(zeroSeconds: number, startSeconds: number): string[] {
  if (startSeconds > 0) {
    return ["-ss", secondsArg(zeroSeconds + startSeconds)];
  }
  return zeroSeconds > 0 ? ["-itsoffset", `-${secondsArg(zeroSeconds)}`] : [];
}
