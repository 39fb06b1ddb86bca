/**
 * One rendition -> the command line of one MP4 encode. The order of the flags is the order of this file: guards,
 * input, mapping, picture, sound, file.
 */
import type { Rational } from "../contract/media-info.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import { audioArgs } from "./audio-args.ts";
import { FFMPEG_ARGS, secondsArg, sourceInput } from "./input-guards.ts";
import { mp4FileArgs, TAG_ARGS } from "./mp4-file-args.ts";
import { seekMarginSeconds } from "./seek-margin.ts";
import { videoArgs } from "./video-args.ts";
import type { X264Plan } from "./x264-args.ts";

export type EncodePlan = {
  /** As for `sourceInput`. */
  sourceUrl: string;
  /** ffprobe's names of the source's container: they decide how a cut is found. */
  formatName: string;
  /** Where the outputs' time starts in the source, from `timelineZero`. */
  zeroSeconds: number;
  /** From `zeroStream`. */
  zeroStream: number | null;
  /** The source's average rate; null when it is unknown. */
  sourceFrameRate: Rational | null;
  rendition: RenditionSpec;
  threads: number;
  /** As for `x264Args`. The first pass only measures the picture: it writes no file. */
  pass: X264Plan["pass"];
  /** Path of the MP4 that is written. */
  outputPath: string;
};

/** The arguments of ffmpeg, without the program's name. */
export function encodeArgs(plan: EncodePlan): string[] {
  const { rendition, threads, pass } = plan;
  const audio = pass?.number === 1 ? null : rendition.audio;
  const mapped = [rendition.video, audio].flatMap((spec) => (spec ? [spec.sourceStreamIndex] : []));
  const start = startArgs(plan);
  // Counted on the output's own time, so that a cut has exactly this length.
  const { durationSeconds } = rendition.span;
  const cut = [...start.ofOutput, ...(durationSeconds === null ? [] : ["-t", secondsArg(durationSeconds)])];
  return [
    ...FFMPEG_ARGS,
    // Decoding, filtering and encoding each take the planned number of threads: x264's bytes depend on it.
    "-filter_threads",
    String(threads),
    ...sourceInput(plan.sourceUrl, "-threads", String(threads), ...start.ofInput),
    ...mapped.flatMap((streamIndex) => ["-map", `0:${streamIndex}`]),
    // Nothing but the mapped streams: no subtitles, no data.
    "-sn",
    "-dn",
    ...TAG_ARGS,
    ...(rendition.video
      ? videoArgs(rendition.video, { threads, sourceFrameRate: plan.sourceFrameRate, pass })
      : []),
    ...(audio ? audioArgs(audio) : []),
    ...cut,
    ...(pass?.number === 1 ? ["-f", "null", "-"] : mp4FileArgs(plan.outputPath)),
    // Read, so that FFmpeg counts from it, and thrown away.
    ...(plan.zeroStream === null || mapped.includes(plan.zeroStream)
      ? []
      : ["-map", `0:${plan.zeroStream}`, "-c", "copy", ...cut, "-f", "null", "-"]),
  ];
}

/**
 * Moves the wanted start to zero. Of the input: ffmpeg jumps to the keyframe before the time and drops what it decodes
 * up to it, in picture and sound alike. Of the output: it drops what lies between a seek with a margin and the start.
 * A start that needs no seek is only a shift, which can drop nothing.
 */
function startArgs({ zeroSeconds, formatName, rendition }: EncodePlan): {
  ofInput: string[];
  ofOutput: string[];
} {
  const { startSeconds } = rendition.span;
  const seekSeconds = startSeconds - seekMarginSeconds(formatName);
  if (seekSeconds > 0) {
    const margin = startSeconds - seekSeconds;
    return {
      ofInput: ["-ss", secondsArg(zeroSeconds + seekSeconds)],
      ofOutput: margin > 0 ? ["-ss", secondsArg(margin)] : [],
    };
  }
  return {
    ofInput: zeroSeconds > 0 ? ["-itsoffset", `-${secondsArg(zeroSeconds)}`] : [],
    ofOutput: startSeconds > 0 ? ["-ss", secondsArg(startSeconds)] : [],
  };
}
