/** Jobs that are encoded in chunks, and what encoders say of their tasks. */
import type { Failure } from "../../encoder/contract/failure-catalogue.ts";
import type { TaskResult } from "../../encoder/contract/report.ts";
import type { JobEvent } from "../../worker/domain/job-events.ts";
import type { JobState, TaskRecord, TaskWork } from "../../worker/domain/job-record.ts";
import type { OutputRequest } from "../../worker/domain/job-spec.ts";
import {
  SHORT_SOURCE,
  T0,
  aFormat,
  aLongSource,
  aResult,
  aSoundFormat,
  aVideo,
  after,
  anIngestedJob,
  doneReport,
  lease,
  taskOf,
  type TestSource,
} from "./job-builders.ts";

/** A video output with a quality: its chunks wait for no analysis. */
export function aQualityVideo(
  path: string,
  more: { durationSeconds?: number; audioBps?: number } = {},
): OutputRequest {
  const rendition = aFormat({ audio: aSoundFormat({ bitrateBps: more.audioBps ?? 128_000 }) });
  return aVideo({ path, rendition, durationSeconds: more.durationSeconds ?? null });
}

/** Outputs with a quality in three chunks and one sound, on an encoder with three slots. */
export function aChunkedJob(
  outputs: OutputRequest[] = [aQualityVideo("/a.mp4"), aQualityVideo("/b.mp4")],
): JobState {
  return anIngestedJob({ outputs }, aLongSource(), 3);
}

/** Ids of the tasks of these kinds, in the order of the ledger. */
export function idsOf(state: JobState, ...kinds: TaskWork["kind"][]): string[] {
  return state.tasks.flatMap(({ taskId, work }) => (kinds.includes(work.kind) ? [taskId] : []));
}

/** Leases what may start and reports the named tasks done, in this order. */
export function finishAll(state: JobState, taskIds: readonly string[], now = T0): JobState {
  return taskIds.reduce((current, taskId) => {
    const leased = taskOf(current, taskId).status === "leased" ? current : lease(current, "0", 8, now);
    const task = taskOf(leased, taskId);
    return after(leased, [doneReport(task, aResult(task))], now);
  }, state);
}

/** Runs what can start, until nothing of these kinds is left that could; without kinds to the end. */
export function runAll(
  state: JobState,
  {
    kinds = [],
    now = T0,
    source = SHORT_SOURCE,
  }: { kinds?: TaskWork["kind"][]; now?: number; source?: TestSource } = {},
): JobState {
  const isWanted = ({ work }: TaskRecord) => kinds.length === 0 || kinds.includes(work.kind);
  let current = state;
  for (;;) {
    const leased = lease(current, "0", 64, now);
    const task = leased.tasks.find((candidate) => candidate.status === "leased" && isWanted(candidate));
    if (task === undefined) {
      return current;
    }
    current = after(leased, [doneReport(task, aResult(task, source))], now);
  }
}

/** What is made before the manifests of a stream. */
export const BEFORE_PACKAGE: TaskWork["kind"][] = ["encode", "chunk", "segment-sound", "segment", "subtitle"];

/** Reports a chunk done with what the test says of it. */
export function finishChunk(
  state: JobState,
  taskId: string,
  change: Partial<Extract<TaskResult, { kind: "chunk" }>>,
): JobState {
  const leased = taskOf(state, taskId).status === "leased" ? state : lease(state);
  const task = taskOf(leased, taskId);
  const result = aResult(task);
  if (result.kind !== "chunk") {
    throw new TypeError(`${taskId} is no chunk.`);
  }
  return after(leased, [doneReport(task, { ...result, ...change })]);
}

/** The encoder that holds a task says that it failed. */
export function failedReport(state: JobState, taskId: string, failure: Failure): JobEvent {
  const { attempt, encoder } = taskOf(state, taskId);
  const report = { taskId, attempt, state: "failed" as const, failure };
  return { type: "reported", encoder: encoder ?? "", reports: [report], expected: [] };
}

/** Fails a task for good, attempt after attempt. */
export function failForGood(state: JobState, taskId: string, failure: Failure): JobState {
  let current = state;
  for (let round = 0, now = T0; taskOf(current, taskId).status !== "failed"; round += 1, now += 60_000) {
    if (round > 10 || taskOf(current, taskId).status === "cancelled") {
      return current;
    }
    const leased = taskOf(current, taskId).status === "leased" ? current : lease(current, "0", 8, now);
    current = after(leased, [failedReport(leased, taskId, failure)], now);
  }
  return current;
}
