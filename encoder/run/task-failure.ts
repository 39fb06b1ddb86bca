/** How the work of a task ends badly: thrown where it happens, turned into a `failed` report in one place. */
import type { Failure } from "../contract/failure-catalogue.ts";

/** Carries a row of the failure catalogue; `cause` and `log` stay in the encoder's own log. */
export class TaskFailure extends Error {
  override readonly name = "TaskFailure";
  readonly failure: Failure;
  /** Internal detail such as the tail of FFmpeg's stderr. Never leaves the encoder. */
  readonly log: string | null;

  constructor(failure: Failure, options: { cause?: unknown; log?: string } = {}) {
    super(failure.code, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.log = options.log ?? null;
  }
}

/** What was made is not what was planned; `log` says how. */
export function checkFailed(log: string): TaskFailure {
  return new TaskFailure({ code: "output_check_failed" }, { log });
}
