/** One span of the source -> the command line that encodes it for every rendition, each to a fragmented MP4. */
import type { VideoSpec } from "../../contract/output-spec.ts";
import type { ChunkPart } from "../../contract/task.ts";
import { TICKS_PER_SECOND } from "../../contract/timeline.ts";
import { chunkClock } from "./chunk-clock.ts";
import { chunkGraph, watermarksOf, type SourceSpan } from "./chunk-graph.ts";
import type { Pass } from "../codec/codec-plan.ts";
import { trackTagArgs } from "../codec/container-args.ts";
import { takesTwoPasses, videoCodecArgs } from "../codec/video-codec-args.ts";
import { fileUrl } from "../input-guards.ts";
import { spanInput, type SpanPlan } from "./span-input.ts";
import { encoderTimeBase, plausibleRate } from "../video-args.ts";

type PlannedPart = Omit<ChunkPart, "key"> & {
  /** As for `watermarkInput`; null when the picture has no watermark. */
  watermarkUrl: string | null;
  /** Path of the file that is written. */
  outputPath: string;
};

export type ChunkPlan = SpanPlan & {
  parts: readonly PlannedPart[];
  /** Where the checksums of the frames at the edges are written. */
  firstFramePath: string;
  nextFramePath: string;
};

/**
 * The arguments of ffmpeg for the chunk's files. Parts of two passes read the statistics that `firstPassArgs` has
 * left in FFmpeg's working directory.
 */
export function chunkArgs(plan: ChunkPlan): string[] {
  const parts = encodingOrder(plan.parts).map((part, index) => ({ ...part, label: `part${index}` }));
  return [
    ...spanInput(plan, watermarksOf(parts)),
    "-filter_complex",
    chunkGraph(plan, parts, true),
    ...parts.flatMap((part) => [
      "-map",
      `[${part.label}]`,
      ...encoderArgs(plan, part, isTwoPass(part) ? passOf(2, part.label) : null),
      ...metadataArgs(plan.videoStreamIndex),
      ...fragmentedFileArgs(part),
    ]),
    ...(plan.start ? checksumArgs("first", plan.firstFramePath) : []),
    ...(plan.end ? checksumArgs("next", plan.nextFramePath) : []),
  ];
}

/** The first pass over the parts that take two, in one decode; null when there are none. */
export function firstPassArgs(plan: ChunkPlan): string[] | null {
  const parts = encodingOrder(plan.parts)
    .filter(isTwoPass)
    .map((part, index) => ({ ...part, label: `part${index}` }));
  if (parts.length === 0) {
    return null;
  }
  return [
    ...spanInput(plan, watermarksOf(parts)),
    "-filter_complex",
    chunkGraph(plan, parts, false),
    ...parts.flatMap((part) => [
      "-map",
      `[${part.label}]`,
      ...encoderArgs(plan, part, passOf(1, part.label)),
      "-f",
      "null",
      "-",
    ]),
  ];
}

/**
 * The parts in the order of the command line: those of two passes first, because FFmpeg names the statistics of most
 * encoders after the place of their stream in it.
 */
export function encodingOrder<Part extends { video: VideoSpec }>(parts: readonly Part[]): Part[] {
  return [...parts.filter(isTwoPass), ...parts.filter((part) => !isTwoPass(part))];
}

function isTwoPass({ video }: { video: VideoSpec }): boolean {
  return takesTwoPasses(video, { isChunk: true });
}

function passOf(number: Pass["number"], label: string): Pass {
  return { number, statsName: `${label}.stats` };
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
    ...videoCodecArgs(video, {
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
    ...trackTagArgs("mp4", part.video.codec),
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
