/**
 * One attempt of a task from start to outcome: workspace, progress, and the one place where errors become
 * `failed` reports. Which attempts run at all is task-runner.ts's.
 */
import type { Failure } from "../contract/failure-catalogue.ts";
import type { TaskReport, TaskResult } from "../contract/report.ts";
import type { Task } from "../contract/task.ts";
import { describeError, type Log } from "../log.ts";
import { claimDirectory, type DirectoryClaim } from "./directory-claim.ts";
import { performTask } from "./perform-task.ts";
import { TaskFailure } from "./task-failure.ts";
import { type Progress, type ProgressTracker, trackProgress } from "./task-progress.ts";
import type { TaskServices } from "./task-run.ts";
import { withWorkspace } from "./workspace.ts";

/** `cancelled` is an attempt that nobody wants to hear of any more. */
export type TaskOutcome =
  | { state: "done"; result: TaskResult; phaseMs: Extract<TaskReport, { state: "done" }>["phaseMs"] }
  | { state: "failed"; failure: Failure }
  | { state: "cancelled" };

export type RunTaskOptions = {
  services: TaskServices;
  /** Parent of the attempt's directory. */
  directory: string;
  /** Aborted with a TaskFailure the attempt fails with it; aborted with anything else it is cancelled. */
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  log: Log;
};

/** Never rejects. The attempt's directory and processes are gone when the promise resolves. */
export async function runTask(task: Task, options: RunTaskOptions): Promise<TaskOutcome> {
  const { signal, log } = options;
  const startedAt = performance.now();
  const { onProgress, phaseMs } = trackProgress(task.kind, () => performance.now(), options.onProgress);
  let outcome: TaskOutcome;
  let detail: string | undefined;
  try {
    const result = await perform(task, options, onProgress);
    outcome = { state: "done", result, phaseMs: phaseMs() };
  } catch (thrown) {
    const error: unknown = signal.aborted ? signal.reason : thrown;
    outcome =
      signal.aborted && !(error instanceof TaskFailure)
        ? { state: "cancelled" }
        : { state: "failed", failure: toFailure(error) };
    detail = outcome.state === "failed" ? failureDetail(error) : undefined;
  }
  log({
    event: `task.${task.kind}`,
    jobId: task.jobId,
    taskId: task.taskId,
    attempt: task.attempt,
    durationMs: Math.round(performance.now() - startedAt),
    outcome: outcome.state === "failed" ? outcome.failure.code : outcome.state,
    detail,
  });
  return outcome;
}

/** The work within a directory of its own, whose bytes are on the account of the scratch space. */
async function perform(
  task: Task,
  { services, directory: parent, signal }: RunTaskOptions,
  onProgress: ProgressTracker["onProgress"],
): Promise<TaskResult> {
  let claim: DirectoryClaim | undefined;
  try {
    return await withWorkspace(parent, (directory) => {
      const claimed = claimDirectory(services.scratch, directory);
      claim = claimed;
      return performTask(task, {
        services,
        directory,
        signal: AbortSignal.any([signal, claimed.full]),
        expectBytes: (totalBytes) => claimed.expect(totalBytes),
        onProgress,
      });
    });
  } finally {
    claim?.release();
  }
}

/** A full disk is this encoder's trouble, so the attempt goes elsewhere; whatever is not foreseen is ours. */
function toFailure(error: unknown): Failure {
  if (error instanceof TaskFailure) {
    return error.failure;
  }
  return { code: isDiskFull(error) ? "scratch_full" : "internal_error" };
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

/** What the operator needs and the customer must not see. */
function failureDetail(error: unknown): string {
  const own = error instanceof TaskFailure ? error.log : null;
  return own === null ? describeError(error) : `${own}\n${describeError(error)}`.slice(0, 8_000);
}
