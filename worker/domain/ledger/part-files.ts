/** From the ledger to the parts that tasks on the wire speak of: what a chunk encodes, and what joining reads. */
import type { WorkFile } from "../../../encoder/contract/object-store.ts";
import type { RenditionSpec, VideoSpec } from "../../../encoder/contract/output-spec.ts";
import type { ChunkPart, RenditionFiles } from "../../../encoder/contract/task.ts";
import { chunkBudgets } from "../plan/chunk-budget.ts";
import type { ChunkWork, PartsOf, PlannedPart, TaskRecord } from "../job-record.ts";
import { partKey } from "../object-keys.ts";

type Rate = VideoSpec["rate"];

/** Each rendition's share of a chunk, with its own share of the bits where it has a bitrate. */
export function chunkParts(jobId: string, tasks: readonly TaskRecord[], task: TaskRecord): ChunkPart[] {
  if (task.work.kind !== "chunk") {
    throw new TypeError(`Task ${task.taskId} is no chunk.`);
  }
  const { work } = task;
  const spans = weighedSpans(tasks);
  return work.parts.map((part, number) => {
    const video = videoOf(tasks, part);
    return {
      video: { ...video, rate: rateOf(video.rate, spans, work) },
      startFrame: part.startFrame,
      endFrame: part.endFrame,
      key: partKey(jobId, task.taskId, task.attempt, number),
    };
  });
}

/** The encoded parts of rendition `variant` of a task that joins. */
export function renditionFiles(
  tasks: readonly TaskRecord[],
  taskId: string,
  variant: number,
  files: PartsOf,
): RenditionFiles {
  if (files.type === "whole") {
    return { type: "whole", file: encodedFile(tasks, files.taskId) };
  }
  const parts = tasks.flatMap(({ work, result }) => {
    if (work.kind !== "chunk" || work.group !== files.group || result?.kind !== "chunk") {
      return [];
    }
    const place = work.parts.findIndex((part) => part.taskId === taskId && part.variant === variant);
    return result.parts[place] ?? [];
  });
  return {
    type: "chunked",
    chunks: parts.map(({ file }) => file),
    frameCount: parts.reduce((sum, { frameCount }) => sum + frameCount, 0),
    audio: files.audioTaskId === null ? null : encodedFile(tasks, files.audioTaskId),
  };
}

function videoOf(tasks: readonly TaskRecord[], { taskId, variant }: PlannedPart): VideoSpec {
  const { work } = taskById(tasks, taskId);
  const rendition: RenditionSpec | undefined =
    work.kind === "package"
      ? work.renditions[variant]?.rendition
      : work.kind === "assemble"
        ? work.rendition
        : undefined;
  if (rendition === undefined || rendition.video === null || rendition.video.codec === "copy") {
    throw new TypeError(`Task ${taskId} joins no picture ${variant}.`);
  }
  return rendition.video;
}

type WeighedSpan = { weight: number; seconds: number };

/** What the analyses said, in source order. */
function weighedSpans(tasks: readonly TaskRecord[]): WeighedSpan[] {
  return tasks.flatMap(({ work, result }) =>
    work.kind === "analyze" && result?.kind === "analyze"
      ? [{ weight: result.weight, seconds: work.span.spanSeconds }]
      : [],
  );
}

/** From the analyses alone: another attempt of the chunk gets the same bits. */
function rateOf(rate: Rate, spans: readonly WeighedSpan[], { index, span }: ChunkWork): Rate {
  if (rate.mode !== "bitrate") {
    return rate;
  }
  const bitrateBps = chunkBudgets(spans, rate.bitrateBps, rate.maxrateBps)[index];
  if (bitrateBps === undefined) {
    throw new TypeError(`The span of ${span.spanSeconds} s at place ${index} is not analyzed.`);
  }
  return { ...rate, bitrateBps };
}

function encodedFile(tasks: readonly TaskRecord[], taskId: string): WorkFile {
  const { result } = taskById(tasks, taskId);
  if (result?.kind !== "encode") {
    throw new TypeError(`Task ${taskId} has no file yet.`);
  }
  return result.file;
}

function taskById(tasks: readonly TaskRecord[], taskId: string): TaskRecord {
  const task = tasks.find((candidate) => candidate.taskId === taskId);
  if (task === undefined) {
    throw new TypeError(`There is no task ${taskId}.`);
  }
  return task;
}
