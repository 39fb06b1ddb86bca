/**
 * A source encoded in chunks and joined, as the service does it, from a list of frames that the test makes itself: the
 * packets as ffprobe prints them.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Rational } from "../../encoder/contract/media-info.ts";
import type { WorkFile } from "../../encoder/contract/object-store.ts";
import type { AudioSpec, RenditionSpec, VideoSpec } from "../../encoder/contract/output-spec.ts";
import { CUT_GRID_SECONDS, TICKS_PER_SECOND, type Cut } from "../../encoder/contract/timeline.ts";
import { gatherRendition, joinRendition } from "../../encoder/run/assemble-rendition.ts";
import { encodeChunk, type ChunkWork, type EncodedChunk } from "../../encoder/run/encode-chunk.ts";
import { encodeRendition } from "../../encoder/run/encode-rendition.ts";
import { hashFile } from "../../encoder/run/hash-file.ts";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { CONTRACT_VERSION } from "../../encoder/contract/version.ts";
import { aRenditionSpec } from "./output-specs.ts";
import { sourceAt } from "./source-at.ts";
import type { OpenWatermarks } from "../../encoder/run/open-watermarks.ts";
import { aWorkContext, NO_WATERMARKS } from "./work-context.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

/** Longer late than this, a picture is meant to be late. */
const MUXER_DELAY_TICKS = TICKS_PER_SECOND / 10;

export type FrameIndex = {
  path: string;
  formatName: string;
  frameRate: Rational | null;
  zeroTicks: number;
  /** Of the shown frames, in order. */
  ticks: number[];
  isKey: boolean[];
};

type Printed = {
  packets: { pts: number; flags: string }[];
  streams: { time_base: string; avg_frame_rate: string }[];
  format: { format_name: string; start_time: string };
};

export async function indexFrames(path: string): Promise<FrameIndex> {
  const show = "packet=pts,flags:stream=time_base,avg_frame_rate:format=format_name,start_time";
  const args = [
    "-v",
    "error",
    "-select_streams",
    "v:0",
    "-show_entries",
    show,
    "-of",
    "json",
    `file:${path}`,
  ];
  const { stdout } = await execute(tools.ffprobePath, args, { maxBuffer: 64 * 1024 * 1024 });
  const printed: Printed = JSON.parse(stdout);
  const [stream] = printed.streams;
  const [num = 0, den = 1] = (stream?.time_base ?? "").split("/").map(Number);
  const shown = printed.packets
    .filter(({ flags }) => !flags.includes("D"))
    .toSorted((one, other) => one.pts - other.pts);
  const ticks = shown.map(({ pts }) => Math.round((pts * num * TICKS_PER_SECOND) / den));
  const [rateNum = 0, rateDen = 1] = (stream?.avg_frame_rate ?? "").split("/").map(Number);
  const first = ticks[0] ?? 0;
  const containerStart = Math.round(Number(printed.format.start_time) * TICKS_PER_SECOND);
  return {
    path,
    formatName: printed.format.format_name,
    frameRate: rateNum > 0 ? { num: rateNum, den: rateDen } : null,
    zeroTicks: first - containerStart > MUXER_DELAY_TICKS ? containerStart : first,
    ticks,
    isKey: shown.map(({ flags }) => flags.startsWith("K")),
  };
}

export function cutBefore(index: FrameIndex, frame: number): Cut {
  const at = (number: number): number => index.ticks[number] ?? Number.NaN;
  const keys = index.ticks.filter((_, number) => number <= frame && index.isKey[number]);
  const grid = CUT_GRID_SECONDS * TICKS_PER_SECOND;
  const multiple = (ticks: number): number => Math.floor((ticks - index.zeroTicks) / grid);
  return {
    frame,
    ticks: at(frame),
    previousTicks: at(frame - 1),
    keyTicks: keys.at(-1) ?? Number.NaN,
    previousKeyTicks: keys.at(-2) ?? null,
    isOnGrid: multiple(at(frame)) > multiple(at(frame - 1)),
  };
}

/** The output frame with which a rendition goes on at a cut. */
function startFrameAt(cut: Cut, { zeroTicks }: FrameIndex, video: VideoSpec): number {
  if (video.frameRate === null) {
    return cut.frame;
  }
  const interval = (video.keyframeIntervalSeconds ?? 0) * TICKS_PER_SECOND;
  const exact = cut.ticks - zeroTicks;
  const ticks = interval === 0 ? exact : Math.floor(exact / interval) * interval;
  const { num, den } = video.frameRate;
  return Math.ceil((ticks * num) / (den * TICKS_PER_SECOND));
}

/** The tasks of all chunks; `videos` are the parts of each. */
export function chunkTasks(
  index: FrameIndex,
  cutFrames: readonly number[],
  videos: readonly VideoSpec[],
): ChunkWork["task"][] {
  const cuts = cutFrames.map((frame) => cutBefore(index, frame));
  const edges = [null, ...cuts, null];
  return edges.slice(0, -1).map((start, number) => {
    const end = edges[number + 1] ?? null;
    const lastTicks = index.ticks.at(-1) ?? 0;
    const spanTicks = (end?.ticks ?? lastTicks) - (start?.ticks ?? index.zeroTicks);
    return {
      contract: CONTRACT_VERSION,
      jobId: "job",
      taskId: `chunk-${number}`,
      attempt: 1,
      slots: 1,
      kind: "chunk",
      threads: 1,
      formatName: index.formatName,
      sourceFrameRate: index.frameRate,
      videoStreamIndex: 0,
      zeroTicks: index.zeroTicks,
      start,
      end,
      spanSeconds: Math.max(0.001, spanTicks / TICKS_PER_SECOND),
      isExact: false,
      parts: videos.map((video, part) => ({
        video,
        startFrame: start ? startFrameAt(start, index, video) : 0,
        endFrame: end ? startFrameAt(end, index, video) : video.frameRate ? null : index.ticks.length,
        key: `work/part-${part}-chunk-${number}.mp4`,
      })),
      watermarkUrls: [],
    };
  });
}

export async function runChunks(
  directory: string,
  path: string,
  tasks: ChunkWork["task"][],
  watermarks: OpenWatermarks = NO_WATERMARKS,
): Promise<EncodedChunk[]> {
  const chunks: EncodedChunk[] = [];
  for (const task of tasks) {
    const work = { sourceUrl: `file:${path}`, task, watermarks };
    chunks.push(await encodeChunk(work, await aWorkContext(directory)));
  }
  return chunks;
}

/** One part of all chunks, joined with the sound. */
export async function joinPart(
  directory: string,
  chunks: readonly EncodedChunk[],
  part: number,
  rendition: Partial<RenditionSpec> & { audioPath?: string },
): Promise<string> {
  const { audioPath, ...spec } = rendition;
  const parts = chunks.flatMap(({ parts: list }) => list.slice(part, part + 1));
  const files = {
    type: "chunked",
    chunks: await Promise.all(parts.map(({ path }) => asWorkFile(path))),
    frameCount: parts.reduce((sum, { frameCount }) => sum + frameCount, 0),
    audio: audioPath === undefined ? null : await asWorkFile(audioPath),
  } as const;
  const ctx = await aWorkContext(directory);
  const gathered = await gatherRendition(files, (file, path) => copyFile(file.key, path), ctx);
  const { path } = await joinRendition(aRenditionSpec({ audio: null, ...spec }), gathered, ctx);
  return path;
}

type WholeOptions = Partial<Omit<RenditionSpec, "video" | "audio">> & { watermarks?: OpenWatermarks };

/** Encodes the picture in chunks and joins them. */
export async function encodeInChunks(
  parent: string,
  index: FrameIndex,
  cutFrames: readonly number[],
  video: VideoSpec,
  { watermarks, ...file }: WholeOptions = {},
): Promise<{ path: string; chunks: EncodedChunk[] }> {
  const directory = await mkdtemp(join(parent, "chunked-"));
  const chunks = await runChunks(directory, index.path, chunkTasks(index, cutFrames, [video]), watermarks);
  return { chunks, path: await joinPart(directory, chunks, 0, { ...file, video }) };
}

/** The same picture, or sound, encoded in one piece. */
export async function encodeWhole(
  directory: string,
  sourcePath: string,
  parts: { video?: VideoSpec; audio?: AudioSpec },
  { watermarks = NO_WATERMARKS, ...file }: WholeOptions = {},
): Promise<string> {
  const tracks = { video: parts.video ?? null, audio: parts.audio ?? null };
  const rendition = aRenditionSpec({ ...file, ...tracks });
  const work = { source: await sourceAt(sourcePath), rendition, threads: 1, watermarks };
  return (await encodeRendition(work, await aWorkContext(directory))).path;
}

/** A file on disk as a stored part whose key is its path. */
async function asWorkFile(path: string): Promise<WorkFile> {
  return { key: path, ...(await hashFile(path)) };
}
