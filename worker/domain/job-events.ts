/** Everything that can happen to a job after it was made. */
import type { TaskReport } from "../../encoder/contract/report.ts";

export type JobEvent =
  /** An encoder said how many tasks it would take; `slotsFree` 0 means none. */
  | { type: "capacity-found"; encoder: string; slots: number; slotsFree: number }
  /** An encoder that was asked has no room. */
  | { type: "capacity-missing" }
  /** It did not answer when it was asked for room. */
  | { type: "encoder-silent"; encoder: string }
  /** The fleet's answer to a request for `want` encoders that named `broken` ones. */
  | {
      type: "fleet-replied";
      want: number;
      broken: readonly string[];
      granted: readonly string[];
      retryAfterMs: number;
    }
  /** An encoder that was given back has forgotten the job. */
  | { type: "encoder-released"; encoder: string }
  /** The encoder runs this attempt now. */
  | { type: "task-started"; taskId: string; attempt: number }
  /** The encoder did not take it: no fault of the task. */
  | { type: "task-refused"; taskId: string; attempt: number }
  /**
   * What an encoder says of its tasks. `expected` lists what it had accepted when a complete snapshot was asked
   * for: of these, a task that it no longer knows is lost. Empty for single reports.
   */
  | { type: "reported"; encoder: string; reports: TaskReport[]; expected: TaskRef[] }
  /** The encoder still holds its tasks, nothing else to say. */
  | { type: "encoder-alive"; encoder: string }
  /** The connection broke and the encoder's health check failed. */
  | { type: "encoder-gone"; encoder: string }
  /** One webhook attempt ended. `random` 0..1 feeds the jitter. */
  | { type: "delivery-ended"; id: string; outcome: DeliveryOutcome; random: number }
  /** The job list has this version. */
  | { type: "indexed"; version: number }
  /** The encoder no longer runs this cancelled attempt. */
  | { type: "task-cancelled"; taskId: string; attempt: number }
  /** A piece of tidying up after the end is done. */
  | { type: "closed"; part: "encoders" | "workFiles" | "secrets" | "hosted" }
  /** The object begins to listen again, after a pause or a crash of its runtime. */
  | { type: "resumed" }
  /** Time passed. */
  | { type: "tick" };

export type TaskRef = { taskId: string; attempt: number };

export type DeliveryOutcome =
  | { result: "delivered" }
  /** `gone`: the receiver answered 410 and wants no more of it. */
  | { result: "failed"; gone: boolean; retryAfterMs: number | null };
