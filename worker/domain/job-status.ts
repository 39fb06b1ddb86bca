/**
 * Statuses of a job, its input and its outputs: which may follow which, and Coconut's names for them.
 *
 *   waiting ─► queued ─► encoding ─► packaging ─► completed
 *      │          │          │           │
 *      ├► skipped └──────────┴───────────┴─► failed
 *      └► aborted  (the input failed, or the job ran out of time)
 */
import type { OutputType } from "./job-spec.ts";

export type JobStatus = "starting" | "processing" | "completed" | "failed";
export type InputStatus = "starting" | "transferring" | "transferred" | "failed";

/** What may follow; final statuses have empty rows. Only a package of streams passes through `packaging`. */
const OUTPUT_TRANSITIONS = {
  waiting: ["queued", "skipped", "failed", "aborted"],
  queued: ["encoding", "packaging", "completed", "failed", "aborted"],
  encoding: ["packaging", "completed", "failed", "aborted"],
  packaging: ["completed", "failed", "aborted"],
  completed: [],
  failed: [],
  skipped: [],
  aborted: [],
} as const satisfies Record<string, readonly string[]>;

export type OutputStatus = keyof typeof OUTPUT_TRANSITIONS;

/** Coconut's words per kind of output; `aborted` is not documented but was seen from the real service. */
const PUBLIC_OUTPUT_STATUS: Record<OutputType, Record<OutputStatus, string>> = {
  video: {
    waiting: "video.waiting",
    queued: "video.queued",
    encoding: "video.encoding",
    packaging: "video.encoding",
    completed: "video.encoded",
    failed: "video.failed",
    skipped: "video.skipped",
    aborted: "video.aborted",
  },
  image: {
    waiting: "image.waiting",
    queued: "image.queued",
    encoding: "image.processing",
    packaging: "image.processing",
    completed: "image.created",
    failed: "image.failed",
    skipped: "image.skipped",
    aborted: "image.aborted",
  },
  httpstream: {
    waiting: "httpstream.waiting",
    queued: "httpstream.queued",
    encoding: "httpstream.variants.encoding",
    packaging: "httpstream.packaging",
    completed: "httpstream.packaged",
    failed: "httpstream.failed",
    skipped: "httpstream.skipped",
    aborted: "httpstream.aborted",
  },
};

/** True when nothing can follow. */
export function isFinalOutput(status: OutputStatus): boolean {
  return OUTPUT_TRANSITIONS[status].length === 0;
}

/** True when nothing can follow. */
export function isFinalJob(status: JobStatus): boolean {
  return status === "completed" || status === "failed";
}

/** The wanted status if the table allows it, else the current one: a status never falls back. */
export function advanceOutput(current: OutputStatus, wanted: OutputStatus): OutputStatus {
  const allowed: readonly OutputStatus[] = OUTPUT_TRANSITIONS[current];
  return allowed.includes(wanted) ? wanted : current;
}

/** Coconut's name of an output's status. */
export function publicOutputStatus(type: OutputType, status: OutputStatus): string {
  return PUBLIC_OUTPUT_STATUS[type][status];
}
