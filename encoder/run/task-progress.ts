/** Rolls the phases of a task up into one number. And how long each took. */
import type { TaskPhase } from "../contract/report.ts";
import type { TaskKind } from "../contract/task.ts";

/** From and to, in percent of the whole task. Shares follow the time that a phase usually takes. */
type Shares = Partial<Record<TaskPhase, readonly [from: number, to: number]>>;

const SHARES: Record<TaskKind, Shares> = {
  ingest: { fetching: [0, 100] },
  chunk: { fetching: [0, 0], encoding: [0, 90], uploading: [90, 100] },
  analyze: { fetching: [0, 0], encoding: [0, 100] },
  assemble: { fetching: [0, 45], packaging: [45, 55], uploading: [55, 100] },
  encode: { fetching: [0, 10], encoding: [10, 90], uploading: [90, 100] },
  image: { fetching: [0, 20], encoding: [20, 80], uploading: [80, 100] },
  animation: { fetching: [0, 10], encoding: [10, 95], uploading: [95, 100] },
  segment: { fetching: [0, 20], packaging: [20, 35], uploading: [35, 100] },
  "segment-sound": { fetching: [0, 20], packaging: [20, 35], uploading: [35, 100] },
  subtitle: { fetching: [0, 10], encoding: [10, 90], uploading: [90, 100] },
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

export type ProgressTracker = {
  onProgress: (phase: TaskPhase, fraction: number) => void;
  /** Time spent in each phase so far, in whole milliseconds. */
  phaseMs: () => Partial<Record<TaskPhase, number>>;
};

/**
 * Calls `onChange` when the phase or the whole percentage changes; the percentage never falls. `now` is a clock in
 * milliseconds.
 */
export function trackProgress(
  kind: TaskKind,
  now: () => number,
  onChange: (progress: Progress) => void,
): ProgressTracker {
  let last: Progress = { phase: "fetching", progressPercent: 0 };
  let phaseSince = now();
  const spent = new Map<TaskPhase, number>();
  const book = (): void => {
    const at = now();
    spent.set(last.phase, (spent.get(last.phase) ?? 0) + at - phaseSince);
    phaseSince = at;
  };
  return {
    onProgress(phase, fraction) {
      const progressPercent = rollUpProgress(kind, phase, fraction, last.progressPercent);
      if (phase !== last.phase) {
        book();
      }
      if (phase !== last.phase || progressPercent !== last.progressPercent) {
        last = { phase, progressPercent };
        onChange(last);
      }
    },
    phaseMs() {
      book();
      return Object.fromEntries([...spent].map(([phase, ms]) => [phase, Math.round(ms)]));
    },
  };
}
