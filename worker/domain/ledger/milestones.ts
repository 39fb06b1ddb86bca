/** When a job came how far, and what its time went into. Copra's own: Coconut's answers have nothing of it. */
import type { JobRecord, JobState, PhaseMs, TaskRecord } from "../job-record.ts";

/** Notes what has been reached by now. */
export function settleMilestones(state: JobState, now: number): JobState {
  const { milestones, input } = state.record;
  const next = {
    ...milestones,
    firstGrantAt:
      milestones.firstGrantAt ?? (state.tasks.some((task) => task.status === "leased") ? now : null),
    transferredAt: milestones.transferredAt ?? (input.status === "transferred" ? now : null),
    firstFrameAt: milestones.firstFrameAt ?? (state.tasks.some(hasFrame) ? now : null),
  };
  const isSame =
    next.firstGrantAt === milestones.firstGrantAt &&
    next.transferredAt === milestones.transferredAt &&
    next.firstFrameAt === milestones.firstFrameAt;
  return isSame ? state : { ...state, record: { ...state.record, milestones: next } };
}

/** An encode is over; its upload came after its last frame. */
export function withEncoded(state: JobState, phaseMs: PhaseMs, now: number): JobState {
  const { milestones } = state.record;
  const at = now - (phaseMs.uploading ?? 0);
  const encodedAt = Math.max(milestones.encodedAt ?? at, at);
  return { ...state, record: { ...state.record, milestones: { ...milestones, encodedAt } } };
}

/** Sums by phase. */
export function addPhases(a: PhaseMs, b: PhaseMs): PhaseMs {
  const sum = { ...a };
  for (const phase of ["fetching", "encoding", "packaging", "uploading"] as const) {
    const both = (a[phase] ?? 0) + (b[phase] ?? 0);
    if (both > 0) {
      sum[phase] = both;
    }
  }
  return sum;
}

/**
 * What the job's time went into, wall time in milliseconds; null until it is known. The first five add up to
 * `total`.
 *
 * - `queue` from the request to the first encoder;
 * - `fetch` until the input is understood and its cuts are known (encodes read on from the source later);
 * - `encode` until the last picture or sound is encoded;
 * - `assemble` and `upload` the rest until the end, divided as the tasks that deliver outputs spent their own time:
 *   joining, and reading parts for it, against storing;
 * - `first_frame` from the request to the first progress of an encode;
 * - `total` from the request to the end of the job.
 */
export function timingsView(record: JobRecord, tasks: readonly TaskRecord[]): Record<string, number | null> {
  const { createdAt, completedAt, milestones } = record;
  const { firstGrantAt, transferredAt, firstFrameAt } = milestones;
  const span = (from: number | null, to: number | null) => (from === null || to === null ? null : to - from);
  // Pictures alone are delivered as they are taken: nothing is left to join.
  const encodedAt = milestones.encodedAt ?? completedAt;
  const rest = span(encodedAt, completedAt);
  const uploadMs = rest === null ? null : Math.round(rest * uploadShare(tasks));
  return {
    queue: span(createdAt, firstGrantAt),
    fetch: span(firstGrantAt, transferredAt),
    // While the job runs, a later chunk moves the end of encoding on.
    encode: completedAt === null ? null : span(transferredAt, encodedAt),
    assemble: rest === null || uploadMs === null ? null : rest - uploadMs,
    upload: uploadMs,
    first_frame: span(createdAt, firstFrameAt),
    total: span(createdAt, completedAt),
  };
}

/** How much of the time after the last encode went into storing: 0..1. */
function uploadShare(tasks: readonly TaskRecord[]): number {
  const delivering = tasks.filter(isDelivering).map(({ work, phaseMs }) => ({
    uploading: phaseMs.uploading ?? 0,
    // An encode that delivers its file has nothing to join: after its last frame it only stores.
    joining: work.kind === "encode" ? 0 : (phaseMs.fetching ?? 0) + (phaseMs.packaging ?? 0),
  }));
  const uploading = delivering.reduce((sum, task) => sum + task.uploading, 0);
  const joining = delivering.reduce((sum, task) => sum + task.joining, 0);
  return uploading === 0 ? 0 : uploading / (uploading + joining);
}

/** It puts an output's files where the customer wants them. */
export function isDelivering({ work }: TaskRecord): boolean {
  return (
    work.kind === "assemble" ||
    work.kind === "package" ||
    work.kind === "image" ||
    work.kind === "animation" ||
    (work.kind === "encode" && work.to === "destination")
  );
}

/** A picture or sound is being encoded, or is done. */
function hasFrame({ work, progressPercent }: TaskRecord): boolean {
  return (work.kind === "encode" || work.kind === "chunk") && progressPercent > 0;
}
