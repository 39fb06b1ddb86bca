/**
 * One attempt of a task from start to outcome: workspace, progress, and the one place where errors become
 * `failed` reports. Which attempts run at all is task-runner.ts's.
 */
import type { Failure } from "../contract/failure-catalogue.ts";
import type { TaskResult } from "../contract/report.ts";
import type { Task } from "../contract/task.ts";
import { describeError, type Log } from "../log.ts";
import { performTask, type TaskServices } from "./perform-task.ts";
import { TaskFailure } from "./task-failure.ts";
import { createProgress, type Progress } from "./task-progress.ts";
import { withWorkspace } from "./workspace.ts";

/** `cancelled` is an attempt that nobody wants to hear of any more. */
export type TaskOutcome =
  | { state: "done"; result: TaskResult }
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
  const { services, signal, log } = options;
  const startedAt = performance.now();
  const onProgress = createProgress(task.kind, options.onProgress);
  let outcome: TaskOutcome;
  let detail: string | undefined;
  try {
    const result = await withWorkspace(options.directory, (directory) =>
      performTask(task, { services, directory, signal, onProgress }),
    );
    outcome = { state: "done", result };
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
