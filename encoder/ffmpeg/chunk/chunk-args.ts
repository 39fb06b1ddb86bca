/** One span of the source -> the command line that encodes it for every rendition, each to a fragmented MP4. */
import type { Rational } from "../../contract/media-info.ts";
import type { VideoSpec } from "../../contract/output-spec.ts";
import type { ChunkPart } from "../../contract/task.ts";
import { TICKS_PER_SECOND } from "../../contract/timeline.ts";
import { chunkClock } from "./chunk-clock.ts";
import { chunkGraph, smallGraph, type SourceSpan } from "./chunk-graph.ts";
import { FFMPEG_ARGS, fileUrl, sourceInput } from "../input-guards.ts";
import { seekArgs } from "./seek-point.ts";
import { encoderTimeBase, plausibleRate } from "../video-args.ts";
import { takesTwoPasses, x264Args } from "../x264-args.ts";

/** The source as FFmpeg reads it, and how far into it. */
export type SpanPlan = SourceSpan & {
  /** As for `sourceInput`. */
  sourceUrl: string;
  sourceFrameRate: Rational | null;
  threads: number;
  /** From `seekTicks`. */
  seekTicks: number | null;
};

type PlannedPart = Omit<ChunkPart, "key"> & {
  /** Path of the file that is written. */
  outputPath: string;
};

export type ChunkPlan = SpanPlan & {
  parts: readonly PlannedPart[];
  /** Where the checksums of the frames at the edges are written. */
  firstFramePath: string;
  nextFramePath: string;
};

/** The pictures of the quick look that weighs a span are at most this wide: what is costly is costly in small. */
const WEIGHED_WIDTH_PX = 320;

/**
 * The arguments of ffmpeg for the chunk's files. Parts of two passes read the statistics that `firstPassArgs` has
 * left in FFmpeg's working directory.
 */
export function chunkArgs(plan: ChunkPlan): string[] {
  const labelled = plan.parts.map((part, index) => ({ ...part, label: `part${index}`, index }));
  return [
    ...inputArgs(plan),
    "-filter_complex",
    chunkGraph(plan, labelled, true),
    ...labelled.flatMap(({ label, index, ...part }) => [
      "-map",
      `[${label}]`,
      ...encoderArgs(plan, part, takesTwoPasses(part.video) ? passOf(2, index) : null),
      ...metadataArgs(plan.videoStreamIndex),
      ...fragmentedFileArgs(part),
    ]),
    ...(plan.start ? checksumArgs("first", plan.firstFramePath) : []),
    ...(plan.end ? checksumArgs("next", plan.nextFramePath) : []),
  ];
}

/** The first pass over the parts that take two, in one decode; null when there are none. */
export function firstPassArgs(plan: ChunkPlan): string[] | null {
  const labelled = plan.parts
    .map((part, index) => ({ ...part, label: `part${index}`, index }))
    .filter(({ video }) => takesTwoPasses(video));
  if (labelled.length === 0) {
    return null;
  }
  return [
    ...inputArgs(plan),
    "-filter_complex",
    chunkGraph(plan, labelled, false),
    ...labelled.flatMap(({ label, index, ...part }) => [
      "-map",
      `[${label}]`,
      ...encoderArgs(plan, part, passOf(1, index)),
      "-f",
      "null",
      "-",
    ]),
  ];
}

/** A quick encode of the whole span in small; the size of what it writes says what the span is worth. */
export function weighArgs(plan: SpanPlan & { outputPath: string }): string[] {
  return [
    ...inputArgs(plan),
    "-filter_complex",
    smallGraph(plan, WEIGHED_WIDTH_PX),
    "-map",
    "[small]",
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    encoderTimeBase(null),
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-threads",
    String(plan.threads),
    "-crf",
    "23",
    // No container: every byte is picture.
    "-f",
    "h264",
    fileUrl(plan.outputPath),
  ];
}

function inputArgs(plan: SpanPlan): string[] {
  return [
    ...FFMPEG_ARGS,
    "-filter_complex_threads",
    String(plan.threads),
    // Times stay absolute: chunks that were cut out of one clock fit together again.
    "-copyts",
    ...sourceInput(plan.sourceUrl, "-threads", String(plan.threads), ...seekArgs(plan.seekTicks)),
  ];
}

type Pass = { number: 1 | 2; statsName: string };

function passOf(number: 1 | 2, partIndex: number): Pass {
  return { number, statsName: `part-${partIndex}.stats` };
}

function encoderArgs(
  plan: SpanPlan,
  part: { video: VideoSpec; startFrame: number },
  pass: Pass | null,
): string[] {
  const { video } = part;
  return [
    // Each frame is encoded once at the time that the graph gives it: the graph alone counts frames.
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    encoderTimeBase(video.frameRate),
    ...x264Args(video, {
      threads: plan.threads,
      rateHint: video.frameRate ?? plausibleRate(plan.sourceFrameRate),
      pass,
      chunkStartSeconds: startSeconds(plan, part),
    }),
  ];
}

/** Of the first frame, on the output's clock. */
function startSeconds(span: SourceSpan, part: { video: VideoSpec; startFrame: number }): number {
  const { frameRate } = part.video;
  if (frameRate) {
    return (part.startFrame * frameRate.den) / frameRate.num;
  }
  return span.start === null ? 0 : (span.start.ticks - span.zeroTicks) / TICKS_PER_SECOND;
}

/** What the source says of itself travels with its first chunk into the joined file. */
function metadataArgs(videoStreamIndex: number): string[] {
  return [
    "-map_metadata",
    "0",
    "-map_metadata:s:v",
    `0:s:${videoStreamIndex}`,
    // The picture has been turned upright already.
    "-metadata:s:v",
    "rotate=",
    "-map_chapters",
    "-1",
    "-write_tmcd",
    "0",
  ];
}

function fragmentedFileArgs(part: PlannedPart): string[] {
  return [
    "-video_track_timescale",
    String(chunkClock(part.video.frameRate).trackTicksPerSecond),
    "-movflags",
    "+frag_keyframe+empty_moov+default_base_moof+frag_discont",
    // Times are written as they are, not moved to zero.
    "-use_editlist",
    "0",
    "-avoid_negative_ts",
    "disabled",
    "-f",
    "mp4",
    fileUrl(part.outputPath),
  ];
}

function checksumArgs(label: string, path: string): string[] {
  return [
    "-map",
    `[${label}]`,
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    encoderTimeBase(null),
    "-f",
    "framemd5",
    fileUrl(path),
  ];
}
