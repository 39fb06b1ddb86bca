/** Rolls the phases of a task up into one number. Pure but for the counter that keeps it from falling. */
import type { TaskPhase } from "../contract/report.ts";
import type { TaskKind } from "../contract/task.ts";

/** From and to, in percent of the whole task. Shares follow the time that a phase usually takes. */
type Shares = Partial<Record<TaskPhase, readonly [from: number, to: number]>>;

const SHARES: Record<TaskKind, Shares> = {
  ingest: { fetching: [0, 100] },
  encode: { fetching: [0, 10], encoding: [10, 90], uploading: [90, 100] },
  image: { fetching: [0, 20], encoding: [20, 80], uploading: [80, 100] },
  package: { fetching: [0, 30], packaging: [30, 50], uploading: [50, 100] },
};

export type Progress = { phase: TaskPhase; progressPercent: number };

/**
 * Percent of the whole task, integer, 0..99: only the `done` report means that a task is finished. A phase that
 * the kind of task does not have keeps what was reached. `fraction` is of the phase; out of 0..1 is clamped.
 */
export function rollUpProgress(
  kind: TaskKind,
  phase: TaskPhase,
  fraction: number,
  reachedPercent: number,
): number {
  const [from, to] = SHARES[kind][phase] ?? [reachedPercent, reachedPercent];
  const inPhase = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
  return Math.max(reachedPercent, Math.min(99, Math.floor(from + (to - from) * inPhase)));
}

/** Calls `onChange` when the phase or the whole percentage changes; the percentage never falls. */
export function createProgress(
  kind: TaskKind,
  onChange: (progress: Progress) => void,
): (phase: TaskPhase, fraction: number) => void {
  let last: Progress = { phase: "fetching", progressPercent: 0 };
  return (phase, fraction) => {
    const progressPercent = rollUpProgress(kind, phase, fraction, last.progressPercent);
    if (phase !== last.phase || progressPercent !== last.progressPercent) {
      last = { phase, progressPercent };
      onChange(last);
    }
  };
}
