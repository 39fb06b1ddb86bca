/** Roll-up of task progress to outputs and to the job. Integers 0..100. */
import type { OutputStatus } from "../job-status.ts";
import { isFinalOutput } from "../job-status.ts";
import type { TaskRecord } from "../job-record.ts";

/** Share of an output's time that joining and storing takes, against encoding. Media of packages is stored before. */
const JOIN_SHARE = { assemble: 0.05, package: 0.03 } as const;

/**
 * Progress of one output from its tasks; 100 once nothing more will happen to it. It falls when a part has to be made
 * again: what is shown is the highest value so far.
 */
export function outputProgressPercent(status: OutputStatus, tasks: readonly TaskRecord[]): number {
  if (isFinalOutput(status)) {
    return 100;
  }
  const share = (task: TaskRecord) => (task.status === "done" ? 100 : task.progressPercent);
  const join = tasks.find((task) => task.work.kind === "assemble" || task.work.kind === "package");
  const encoded = weightedMean(tasks, (task) => (task === join ? 0 : task.weight), share);
  if (join === undefined) {
    return Math.floor(encoded);
  }
  const joinShare = join.work.kind === "package" ? JOIN_SHARE.package : JOIN_SHARE.assemble;
  return Math.floor(encoded * (1 - joinShare) + share(join) * joinShare);
}

/**
 * Progress of the job: every output counts the same, and one more share is kept for the end, so that only a
 * finished job says 100. With k outputs done and none begun this is Coconut's floor(100·k/(N+1)).
 */
export function jobProgressPercent(outputs: readonly number[]): number {
  const sum = outputs.reduce((total, percent) => total + percent, 0);
  return Math.floor(sum / (outputs.length + 1));
}

/** What an output's event carries as the job's progress: finished outputs only. */
export function eventProgressPercent(finishedCount: number, outputCount: number): number {
  return Math.floor((100 * finishedCount) / (outputCount + 1));
}

function weightedMean(
  tasks: readonly TaskRecord[],
  weightOf: (task: TaskRecord) => number,
  valueOf: (task: TaskRecord) => number,
): number {
  let total = 0;
  let sum = 0;
  for (const task of tasks) {
    const weight = weightOf(task);
    total += weight;
    sum += valueOf(task) * weight;
  }
  return total === 0 ? 0 : sum / total;
}
