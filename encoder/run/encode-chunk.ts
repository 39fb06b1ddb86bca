/**
 * One span of a source as files of every rendition: one decode, every frame of every file checked against the plan,
 * checksums of the frames at both edges. What a seek got wrong is done once more from the beginning of the source.
 */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TaskResult } from "../contract/report.ts";
import type { ChunkPart, ChunkTask } from "../contract/task.ts";
import { TICKS_PER_SECOND } from "../contract/timeline.ts";
import type { Warning } from "../contract/warning-catalogue.ts";
import { chunkArgs, encodingOrder, firstPassArgs, type ChunkPlan } from "../ffmpeg/chunk/chunk-args.ts";
import { findChunkFlaw } from "../ffmpeg/chunk/chunk-check.ts";
import { parseFrameChecksum } from "../ffmpeg/chunk/frame-checksum.ts";
import { seekTicks } from "../ffmpeg/chunk/seek-point.ts";
import { FIRST_PASS_SHARE } from "../ffmpeg/codec/video-codec-args.ts";
import { findWarnings, tellsOfBreak } from "../ffmpeg/find-warnings.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { listPackets } from "./list-packets.ts";
import { watermarkUrl, type OpenWatermarks } from "./open-watermarks.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

export type ChunkWork = {
  sourceUrl: string;
  task: Omit<ChunkTask, "workStore" | "source" | "watermarkUrls">;
  watermarks: OpenWatermarks;
};

/** In the order of the task's parts; the files are in `ctx.directory`. */
export type EncodedChunk = {
  parts: { path: string; frameCount: number; extradataHash: string }[];
  seam: Extract<TaskResult, { kind: "chunk" }>["seam"];
  warnings: Warning[];
};

/** How much of a span a damaged source may lack and still be called whole, as for whole-file encodes. */
const TOLERANCE_SECONDS = 1;
const TOLERANCE_SHARE = 0.01;

/**
 * Encodes and checks a chunk.
 *
 * @throws TaskFailure with a code of the source, `encode_*` or `output_check_failed`
 * @throws `signal.reason` when aborted
 */
export async function encodeChunk(work: ChunkWork, ctx: WorkContext): Promise<EncodedChunk> {
  const { task } = work;
  const needsFrameBefore = task.parts.some(
    ({ video }) => video.frameRate !== null || video.picture.deinterlace !== "off",
  );
  const { formatName } = task;
  const seek = task.isExact ? null : seekTicks(task.start, { formatName, needsFrameBefore });
  const sought = seek === null ? null : await runOnce(work, seek, ctx).catch(toFlaw);
  if (sought !== null && !("flaw" in sought)) {
    return finish(work, sought, ctx);
  }
  const exact = await runOnce(work, null, ctx);
  if ("flaw" in exact) {
    // Frames that no attempt can decode at the source's end: it broke off. Within it, an encode in one piece may bear it.
    const isBrokenOff = task.end === null && tellsOfBreak(exact.warnings);
    const code = isBrokenOff ? "source_not_media" : "output_check_failed";
    throw new TaskFailure({ code }, { log: `${exact.flaw}\n${exact.warnings}` });
  }
  return finish(work, exact, ctx);
}

type Run = Omit<EncodedChunk, "warnings"> & { warnings: string };

function finish({ task }: ChunkWork, run: Run, ctx: WorkContext): EncodedChunk {
  const lacking = task.parts.map((part, index) => {
    const frameCount = run.parts[index]?.frameCount ?? 0;
    return task.spanSeconds - frameCount / framesPerSecond(task, part);
  });
  const tolerated = Math.max(TOLERANCE_SECONDS, task.spanSeconds * TOLERANCE_SHARE);
  if (task.end === null && Math.max(...lacking) > tolerated && tellsOfBreak(run.warnings)) {
    throw new TaskFailure({ code: "source_not_media" }, { log: run.warnings });
  }
  ctx.onProgress(1);
  return { parts: run.parts, seam: run.seam, warnings: findWarnings(run.warnings) };
}

/** What a wrong seek leads to: a decoder that finds nothing, a file without frames. */
function toFlaw(error: unknown): { flaw: string; warnings: string } {
  const mayBeSeek = ["encode_failed", "output_check_failed"];
  if (error instanceof TaskFailure && mayBeSeek.includes(error.failure.code)) {
    return { flaw: error.failure.code, warnings: error.log ?? "" };
  }
  throw error;
}

async function runOnce(
  { sourceUrl, task, watermarks }: ChunkWork,
  seek: number | null,
  ctx: WorkContext,
): Promise<Run | { flaw: string; warnings: string }> {
  const directory = join(ctx.directory, "chunk");
  // What a wrong seek has left goes first: there may be no room for both.
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  const parts = task.parts.map((part, index) => ({
    ...part,
    watermarkUrl: watermarkUrl(part.video.picture, watermarks),
    outputPath: join(directory, `part-${index}.mp4`),
  }));
  const plan: ChunkPlan = {
    ...task,
    sourceUrl,
    seekTicks: seek,
    parts,
    firstFramePath: join(directory, "first.txt"),
    nextFramePath: join(directory, "next.txt"),
  };
  const warnings = await encode(plan, task, { ...ctx, directory });
  const checked: EncodedChunk["parts"] = [];
  for (const part of parts) {
    const packets = await listPackets(part.outputPath, task.spanSeconds, ctx);
    const flaw = findChunkFlaw(task, part, packets, { isExact: seek === null });
    if (flaw !== null) {
      return { flaw: `part ${part.key}: ${flaw}`, warnings };
    }
    const { ptsTicks, extradataHash } = packets;
    checked.push({ path: part.outputPath, frameCount: ptsTicks.length, extradataHash });
  }
  const seam = await readSeam(plan);
  const isSeamWhole =
    (plan.start === null) === (seam.first === null) && (plan.end === null) === (seam.next === null);
  if (seek !== null && !isSeamWhole) {
    return { flaw: "a frame at an edge was not decoded", warnings };
  }
  return { parts: checked, seam, warnings };
}

async function encode(plan: ChunkPlan, task: ChunkWork["task"], ctx: WorkContext): Promise<string> {
  const firstPass = firstPassArgs(plan);
  const firstShare = firstPass ? FIRST_PASS_SHARE : 0;
  const run = (args: readonly string[], from: number, to: number, expectedFrames: number): Promise<string> =>
    runFfmpeg(args, ctx, {
      expectedSeconds: null,
      expectedFrames,
      wallLimitMs: wallLimitFor(decodedSeconds(plan, task)),
      onProgress: (fraction) => ctx.onProgress(from + (to - from) * fraction),
    });
  const [leading] = encodingOrder(plan.parts);
  if (leading === undefined) {
    throw new Error("a chunk without parts");
  }
  const frames = Math.max(1, task.spanSeconds * framesPerSecond(task, leading));
  if (firstPass) {
    await run(firstPass, 0, firstShare, frames);
  }
  return run(chunkArgs(plan), firstShare, 1, frames);
}

/** What FFmpeg reads: the span, and all before it where it does not seek. */
export function decodedSeconds(
  { seekTicks: seek }: { seekTicks: number | null },
  task: Pick<ChunkTask, "start" | "zeroTicks" | "spanSeconds">,
): number {
  const before = seek === null && task.start ? task.start.ticks - task.zeroTicks : 0;
  return task.spanSeconds + Math.max(0, before) / TICKS_PER_SECOND;
}

/** Of one part of the chunk, planned where it can be. */
function framesPerSecond(task: ChunkWork["task"], part: Omit<ChunkPart, "key">): number {
  if (part.video.frameRate) {
    return part.video.frameRate.num / part.video.frameRate.den;
  }
  if (part.endFrame !== null) {
    return (part.endFrame - part.startFrame) / task.spanSeconds;
  }
  const { num, den } = task.sourceFrameRate ?? { num: 25, den: 1 };
  return num / den;
}

async function readSeam({
  start,
  end,
  firstFramePath,
  nextFramePath,
}: ChunkPlan): Promise<EncodedChunk["seam"]> {
  const read = async (path: string) => parseFrameChecksum(await readFile(path, "utf8"));
  return { first: start && (await read(firstFramePath)), next: end && (await read(nextFramePath)) };
}
