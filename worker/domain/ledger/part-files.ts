/** From the ledger to the parts that tasks on the wire speak of: what a chunk encodes, and what joining reads. */
import type { WorkFile } from "../../../encoder/contract/object-store.ts";
import type { VideoSpec } from "../../../encoder/contract/output-spec.ts";
import type { ChunkPart, RenditionFiles } from "../../../encoder/contract/task.ts";
import { chunkBudgets } from "../plan/chunk-budget.ts";
import type { ChunkWork, PartsOf, PlannedPart, TaskOutcome, TaskRecord, TaskWork } from "../job-record.ts";
import { partKey } from "../object-keys.ts";

type Rate = VideoSpec["rate"];

/** Each rendition's share of a chunk, with its own share of the bits where it has a bitrate. */
export function chunkParts(jobId: string, tasks: readonly TaskRecord[], task: TaskRecord): ChunkPart[] {
  if (task.work.kind !== "chunk") {
    throw new TypeError(`Task ${task.taskId} is no chunk.`);
  }
  const { work } = task;
  const spans = weighedSpans(tasks);
  const isAnalyzed = task.dependsOn.length > 0;
  return work.parts.map((part, number) => {
    const video = videoOf(tasks, part);
    return {
      // The only chunk of a source has all of its bits, and nothing to share them out by.
      video: isAnalyzed ? { ...video, rate: rateOf(video.rate, spans, work) } : video,
      startFrame: part.startFrame,
      endFrame: part.endFrame,
      key: partKey(jobId, task.taskId, task.attempt, number),
    };
  });
}

/** Where the encoded parts come from that a task joins: of its one picture, or of every picture of its stream. */
export function partsOf(work: TaskWork): PartsOf[] {
  switch (work.kind) {
    case "assemble":
      return [work.files];
    case "package":
      return work.pictures;
    default:
      return [];
  }
}

/** The encoded parts of the picture of a task that joins. */
export function renditionFiles(tasks: readonly TaskRecord[], taskId: string, files: PartsOf): RenditionFiles {
  if (files.type === "whole") {
    return { type: "whole", file: encodedFile(tasks, files.taskId) };
  }
  const parts = tasks.flatMap((task) =>
    task.work.kind === "chunk" && task.work.group === files.group ? [chunkPart(task, taskId, 0)] : [],
  );
  return {
    type: "chunked",
    chunks: parts.map(({ file }) => file),
    frameCount: parts.reduce((sum, { frameCount }) => sum + frameCount, 0),
    audio: files.audioTaskId === null ? null : encodedFile(tasks, files.audioTaskId),
  };
}

/** The encoded file of one stretch of picture `variant` of a package. */
export function stretchFile(
  tasks: readonly TaskRecord[],
  { packageId, variant, index, files }: { packageId: string; variant: number; index: number; files: PartsOf },
): WorkFile {
  if (files.type === "whole") {
    return encodedFile(tasks, files.taskId);
  }
  const chunk = tasks.find(
    ({ work }) => work.kind === "chunk" && work.group === files.group && work.index === index,
  );
  if (chunk === undefined) {
    throw new TypeError(`Group ${files.group} has no chunk at place ${index}.`);
  }
  return chunkPart(chunk, packageId, variant).file;
}

/** Never left out when it is missing: what is joined would be shorter. */
function chunkPart(
  { taskId, work, result }: TaskRecord,
  joinId: string,
  variant: number,
): Extract<TaskOutcome, { kind: "chunk" }>["parts"][number] {
  const parts = work.kind === "chunk" ? work.parts : [];
  const place = parts.findIndex((part) => part.taskId === joinId && part.variant === variant);
  const part = result?.kind === "chunk" ? result.parts[place] : undefined;
  if (part === undefined) {
    throw new TypeError(`Task ${taskId} has no part of picture ${variant} of ${joinId} yet.`);
  }
  return part;
}

function videoOf(tasks: readonly TaskRecord[], { taskId, variant }: PlannedPart): VideoSpec {
  const { work } = taskById(tasks, taskId);
  const video =
    work.kind === "package"
      ? work.stream.pictures[variant]?.video
      : work.kind === "assemble"
        ? work.rendition.video
        : undefined;
  if (video === undefined || video === null || video.codec === "copy") {
    throw new TypeError(`Task ${taskId} joins no picture ${variant}.`);
  }
  return video;
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

export function encodedFile(tasks: readonly TaskRecord[], taskId: string): WorkFile {
  const { result } = taskById(tasks, taskId);
  if (result?.kind !== "encode") {
    throw new TypeError(`Task ${taskId} has no file yet.`);
  }
  return result.file;
}

export function taskById(tasks: readonly TaskRecord[], taskId: string): TaskRecord {
  const task = tasks.find((candidate) => candidate.taskId === taskId);
  if (task === undefined) {
    throw new TypeError(`There is no task ${taskId}.`);
  }
  return task;
}
