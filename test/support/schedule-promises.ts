/** What must never be seen between one state of a job and the next, whatever encoders do. */
import type { JobEvent } from "../../worker/domain/job-events.ts";
import type { JobState, TaskRecord } from "../../worker/domain/job-record.ts";
import { isFinalJob, isFinalOutput } from "../../worker/domain/job-status.ts";
import { needsWholeEncoder } from "../../worker/domain/ledger/startable-tasks.ts";

/** The promises that a step broke, in words. */
export function brokenPromises(before: JobState, state: JobState, event: JobEvent, now: number): string[] {
  if (state.tasks === before.tasks && state.record === before.record) {
    return [];
  }
  const broken: string[] = [];
  const promise = (isKept: boolean, text: string) => {
    if (!isKept) {
      broken.push(text);
    }
  };
  promise(state.record.progressPercent >= before.record.progressPercent, "progress fell");
  for (const [index, output] of before.record.outputs.entries()) {
    const next = state.record.outputs[index];
    promise((next?.progressPercent ?? 0) >= output.progressPercent, `progress of output ${index} fell`);
    promise(
      !isFinalOutput(output.status) || next?.status === output.status,
      `output ${index} left ${output.status}`,
    );
  }
  for (const [position, task] of before.tasks.entries()) {
    const next = state.tasks[position];
    if (next === undefined || next.taskId !== task.taskId) {
      broken.push(`${task.taskId} is gone`);
    } else if (next !== task) {
      broken.push(...brokenByTask(before, state, task, next, event, now));
    }
  }
  promise(
    state.tasks.every((task) => !needsWholeEncoder(task) || isAlone(task, state.tasks)),
    "what ran out of memory runs beside others",
  );
  return broken;
}

function brokenByTask(
  before: JobState,
  after: JobState,
  task: TaskRecord,
  next: TaskRecord,
  event: JobEvent,
  now: number,
): string[] {
  const { taskId } = task;
  const isStarted = next.attempt > task.attempt;
  const wasHeld = task.status === "leased" && task.leaseExpiresAt > now;
  const promises: [boolean, string][] = [
    [next.attempt === task.attempt || next.attempt === task.attempt + 1, `attempt of ${taskId} jumped`],
    [!isStarted || !wasHeld, `${taskId} was leased twice at once`],
    [!isStarted || !isFinalJob(before.record.status), `${taskId} started after the end`],
    [
      !isStarted || before.record.granted.includes(next.encoder ?? ""),
      `${taskId} was leased to an encoder that is not granted`,
    ],
    [!isStarted || isReady(next, before.tasks), `${taskId} started before its parts fit together`],
    [
      next.status !== "done" || task.status === "done" || isCurrent(task, event),
      `${taskId} took a stale report`,
    ],
    [
      task.status !== "done" || next.status === "done" || hasCause(task, next, event, after.tasks),
      `${taskId} ran again`,
    ],
    [!isStarted || isOnlyWriter(next, before.tasks), `${taskId} writes what another task is writing`],
    [task.status !== "failed" || next.status === "failed", `${taskId} came back from its failure`],
    [task.status !== "cancelled" || next.status === "cancelled", `${taskId} came back from its end`],
  ];
  return promises.flatMap(([isKept, text]) => (isKept ? [] : [text]));
}

/** The event is a report of the very attempt that holds the lease, from the encoder that holds it. */
function isCurrent(task: TaskRecord, event: JobEvent): boolean {
  return (
    event.type === "reported" &&
    event.encoder === task.encoder &&
    event.reports.some((report) => report.taskId === task.taskId && report.attempt === task.attempt)
  );
}

/**
 * Finished work is done again only when a reader named it as lost, or once, exactly, for a bad seam; segments when the
 * chunks that they were cut of are.
 */
function hasCause(
  task: TaskRecord,
  next: TaskRecord,
  event: JobEvent,
  after: readonly TaskRecord[],
): boolean {
  if (task.work.kind === "segment") {
    return after.some(({ taskId, status }) => task.dependsOn.includes(taskId) && status !== "done");
  }
  const isExactNow =
    task.work.kind === "chunk" && next.work.kind === "chunk" && !task.work.isExact && next.work.isExact;
  const lostKeys =
    event.type === "reported"
      ? event.reports.flatMap((report) => (report.state === "failed" ? (report.failure.lostKeys ?? []) : []))
      : [];
  const { result } = task;
  const keys =
    result?.kind === "chunk"
      ? result.parts.map(({ file }) => file.key)
      : result?.kind === "encode"
        ? [result.file.key]
        : result?.kind === "segment-sound"
          ? result.pieces.map(({ key }) => key)
          : [];
  return isExactNow || keys.some((key) => lostKeys.includes(key));
}

/** Everything that it reads is there, and every seam that it joins was seen alike from both sides. */
function isReady({ taskId, work, dependsOn }: TaskRecord, tasks: readonly TaskRecord[]): boolean {
  if (work.kind === "segment" || work.kind === "segment-sound") {
    return dependsOn.every((name) => tasks.find((task) => task.taskId === name)?.status === "done");
  }
  if (work.kind === "package") {
    return (
      arePublished(taskId, tasks) && work.pictures.every((p) => p.type === "whole" || fits(tasks, p.group))
    );
  }
  if (work.kind === "chunk" && work.parts.length > 0) {
    return tasks.every(
      (task) => task.work.kind !== "analyze" || task.status === "done" || !needsBudget(tasks),
    );
  }
  const files = work.kind === "assemble" ? [work.files] : [];
  return files.every((parts) => {
    const soundId = parts.type === "whole" ? parts.taskId : parts.audioTaskId;
    const sound = tasks.find((task) => task.taskId === soundId);
    const hasSound = soundId === null || sound?.result?.kind === "encode";
    return hasSound && (parts.type === "whole" || fits(tasks, parts.group));
  });
}

/** Every segment is there, and was cut of the chunks that count. */
function arePublished(packageId: string, tasks: readonly TaskRecord[]): boolean {
  return tasks.every((task) => {
    const { work, result } = task;
    if (!("packageId" in work) || work.packageId !== packageId) {
      return true;
    }
    switch (work.kind) {
      case "segment": {
        const [picture] = result?.kind === "segment" ? result.pictures : [];
        return picture?.transport?.codecs.join() === chunksOf(task, tasks).join();
      }
      case "segment-sound":
        return result?.kind === "segment-sound";
      case "subtitle":
        return task.status === "done";
      default:
        return true;
    }
  });
}

/** The chunks that a segment task reads, and which of them were made exactly: simulated segments carry it. */
export function chunksOf({ dependsOn }: TaskRecord, tasks: readonly TaskRecord[]): string[] {
  return [
    "avc1",
    ...tasks.flatMap(({ taskId, work }) =>
      work.kind === "chunk" && dependsOn.includes(taskId) ? [`${taskId} ${work.isExact}`] : [],
    ),
  ];
}

/** Playlists of one stream have the same names, open or not. */
function isOnlyWriter({ taskId, work }: TaskRecord, tasks: readonly TaskRecord[]): boolean {
  const packageId =
    work.kind === "package" ? taskId : work.kind === "open-package" ? work.packageId : undefined;
  return tasks.every(
    (other) =>
      packageId === undefined ||
      other.taskId === taskId ||
      other.status !== "leased" ||
      (other.taskId !== packageId &&
        (other.work.kind !== "open-package" || other.work.packageId !== packageId)),
  );
}

function needsBudget(tasks: readonly TaskRecord[]): boolean {
  return tasks.some(({ work }) => work.kind === "analyze");
}

function fits(tasks: readonly TaskRecord[], group: string): boolean {
  const results = tasks.flatMap(({ work, result }) =>
    work.kind === "chunk" && work.group === group ? [result?.kind === "chunk" ? result : null] : [],
  );
  return results.every((result, index) => {
    const right = results[index + 1];
    const isLast = index === results.length - 1;
    const headers = (parts: readonly { extradataHash: string }[]) =>
      parts.map((part) => part.extradataHash).join();
    return (
      result !== null &&
      (isLast ||
        (right !== undefined &&
          right !== null &&
          result.seam.next === right.seam.first &&
          headers(result.parts) === headers(right.parts)))
    );
  });
}

function isAlone(task: TaskRecord, tasks: readonly TaskRecord[]): boolean {
  return (
    task.status !== "leased" ||
    tasks.every((other) => other === task || other.status !== "leased" || other.encoder !== task.encoder)
  );
}
