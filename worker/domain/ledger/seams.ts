/**
 * Whether chunks fit together: the frame after one has to be the first of the next, seen by both decoders alike, and
 * the codec's headers have to be the same in all of them. What does not fit is made again by the exact slow way;
 * what can never fit is given up, and its outputs are encoded whole.
 */
import type { FailureCode } from "../../../encoder/contract/failure-catalogue.ts";
import { encodeWhole } from "../plan/encode-whole.ts";
import type { ChunkWork, JobState, SegmentWork, TaskRecord, TaskWork } from "../job-record.ts";
import { isFinalOutput } from "../job-status.ts";
import { partsOf } from "./part-files.ts";
import { redoTask, withoutUnready } from "./redo-task.ts";

type ChunkTask = TaskRecord & { work: ChunkWork };
type SegmentTask = TaskRecord & { work: SegmentWork };

/** Failures that a whole-file encode, with one decoder from front to back and one picture at a time, may not meet. */
const CURED_BY_WHOLE: readonly FailureCode[] = [
  "encode_failed",
  "encode_out_of_memory",
  "output_check_failed",
];

/** Brings the chunks' tasks, and those that are built on them, up to date with what is known of their seams. */
export function settleChunks(before: JobState): JobState {
  const state = withoutStale(before);
  const joins = state.tasks.filter((task) => isJoining(task) && isWanted(state, task));
  if (joins.length === 0 || state.record.input.status === "failed") {
    return state;
  }
  const groups = groupsOf(state.tasks);
  // Once per group, not per output: this runs after every report, over thousands of chunks.
  const lost = new Set(
    [...groups].flatMap(([name, chunks]) => (isGroupHopeless(state.tasks, chunks) ? [name] : [])),
  );
  const uncut = uncutPackages(state.tasks);
  const hopeless = joins.filter(
    (join) =>
      failedCurably(join) || uncut.has(join.taskId) || chunkGroups(join.work).some((name) => lost.has(name)),
  );
  if (hopeless.length > 0) {
    return encodeWhole(state, hopeless);
  }
  const redone = new Set([...groups.values()].flatMap(chunksToRedo).map(({ taskId }) => taskId));
  return redone.size === 0 ? state : redoAll(state, redone);
}

/** Makes these chunks again, and every segment that was cut of what they were. */
function redoAll(state: JobState, chunkIds: ReadonlySet<string>): JobState {
  const tasks = state.tasks.map((task) => {
    if (chunkIds.has(task.taskId)) {
      return redoExactly(task);
    }
    return isSegment(task) && task.dependsOn.some((name) => chunkIds.has(name)) ? recut(task) : task;
  });
  return { ...state, tasks: withoutUnready(tasks) };
}

/** What is under way is let go on: two at once would publish the same segments. Its result will not count. */
function recut(task: SegmentTask): SegmentTask {
  switch (task.status) {
    case "done":
      return redoTask(task);
    case "leased":
      return { ...task, work: { ...task.work, isStale: true } };
    default:
      return task;
  }
}

/** Cuts again what was finished on the ground of chunks that are not there any more. */
function withoutStale(state: JobState): JobState {
  const isOver = (task: TaskRecord): task is SegmentTask =>
    isSegment(task) && task.work.isStale && task.status !== "leased";
  if (!state.tasks.some(isOver)) {
    return state;
  }
  const fresh = (task: SegmentTask): SegmentTask => ({
    ...(task.status === "done" ? redoTask(task) : task),
    work: { ...task.work, isStale: false },
  });
  return { ...state, tasks: state.tasks.map((task) => (isOver(task) ? fresh(task) : task)) };
}

/** Packages of which something could not be cut that another encode may give differently. */
function uncutPackages(tasks: readonly TaskRecord[]): ReadonlySet<string> {
  return new Set(
    tasks.flatMap((task) => (isSegment(task) && failedCurably(task) ? [task.work.packageId] : [])),
  );
}

/** It joins chunks, and somebody still waits for it. */
function isWanted({ record }: JobState, task: TaskRecord): boolean {
  return task.outputIndexes.some((index) => {
    const output = record.outputs[index];
    return output !== undefined && !isFinalOutput(output.status);
  });
}

function isJoining({ work, status }: TaskRecord): boolean {
  const isJoin = work.kind === "assemble" || work.kind === "package";
  return isJoin && status !== "done" && status !== "cancelled" && chunkGroups(work).length > 0;
}

/** The groups of chunks that a task joins. */
function chunkGroups(work: TaskWork): string[] {
  return partsOf(work).flatMap((parts) => (parts.type === "chunked" ? [parts.group] : []));
}

/** Chunks by group, in source order as the ledger has them. */
function groupsOf(tasks: readonly TaskRecord[]): Map<string, ChunkTask[]> {
  const groups = new Map<string, ChunkTask[]>();
  for (const task of tasks) {
    if (isChunk(task)) {
      const group = groups.get(task.work.group) ?? [];
      group.push(task);
      groups.set(task.work.group, group);
    }
  }
  return groups;
}

function isSegment(task: TaskRecord): task is SegmentTask {
  return task.work.kind === "segment";
}

function isChunk(task: TaskRecord): task is ChunkTask {
  return task.work.kind === "chunk";
}

function isGroupHopeless(tasks: readonly TaskRecord[], chunks: readonly ChunkTask[]): boolean {
  const needsAnalyses = chunks.some(({ dependsOn }) => dependsOn.length > 0);
  return (
    chunks.some(failedCurably) ||
    (needsAnalyses && tasks.some((task) => task.work.kind === "analyze" && failedCurably(task))) ||
    haveUnlikeHeaders(chunks) ||
    badSeams(chunks).some((pair) => pair.every(({ work }) => work.isExact))
  );
}

function failedCurably({ status, failures }: TaskRecord): boolean {
  const last = failures.at(-1);
  return status === "failed" && last !== undefined && CURED_BY_WHOLE.includes(last.code);
}

function haveUnlikeHeaders(chunks: readonly ChunkTask[]): boolean {
  const all = chunks.flatMap(({ result }) => (result?.kind === "chunk" ? [result.parts] : []));
  const [first] = all;
  return (
    first !== undefined &&
    all.some((parts) => parts.some((part, place) => part.extradataHash !== first[place]?.extradataHash))
  );
}

/** Neighbours of which both are done and disagree. A side that saw no frame at an inner edge disagrees too. */
function badSeams(chunks: readonly ChunkTask[]): [ChunkTask, ChunkTask][] {
  return chunks.slice(1).flatMap((right, index): [ChunkTask, ChunkTask][] => {
    const left = chunks[index];
    if (left?.result?.kind !== "chunk" || right.result?.kind !== "chunk") {
      return [];
    }
    const { next } = left.result.seam;
    return next !== null && next === right.result.seam.first ? [] : [[left, right]];
  });
}

/** Both sides of a bad seam, but for one that was made exactly already. */
function chunksToRedo(chunks: readonly ChunkTask[]): ChunkTask[] {
  return badSeams(chunks).flatMap((pair) => pair.filter(({ work }) => !work.isExact));
}

function redoExactly(task: TaskRecord): TaskRecord {
  return isChunk(task) ? { ...redoTask(task), work: { ...task.work, isExact: true } } : task;
}
