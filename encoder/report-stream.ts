/**
 * One poll of a job: the snapshot, then changes as they happen, with `alive` lines in between. Progress is
 * coalesced per attempt; a report carries its whole state, so leaving one out loses nothing.
 */
import { ALIVE_INTERVAL_MS, type EncoderStatus, type PollLine, type TaskReport } from "./contract/report.ts";
import type { TaskRunner } from "./run/task-runner.ts";

/** At most five progress lines per second and attempt. */
const PROGRESS_INTERVAL_MS = 200;

export type ReportStreamOptions = {
  runner: TaskRunner;
  jobId: string;
  waitMs: number;
  status: () => EncoderStatus;
  /** Resolves when the reader can take more. */
  write: (line: PollLine) => Promise<unknown>;
  /** Aborted when the reader is gone. */
  closed: AbortSignal;
};

/**
 * Resolves when `waitMs` is over, the reader is gone, or the process stops and everything has been told. By
 * then it listens to nothing any more.
 */
export async function streamReports(options: ReportStreamOptions): Promise<void> {
  const { runner, jobId, closed } = options;
  const pending = new Map<string, TaskReport>();
  const bell = createBell();
  const onReport = (report: TaskReport): void => {
    pending.set(attemptKey(report), report);
    bell.ring();
  };
  runner.changes.on(`report:${jobId}`, onReport).on("stopped", bell.ring);
  closed.addEventListener("abort", bell.ring);
  try {
    await options.write({ type: "snapshot", encoder: options.status(), reports: runner.snapshot(jobId) });
    await streamChanges(options, pending, bell);
  } finally {
    runner.changes.off(`report:${jobId}`, onReport).off("stopped", bell.ring);
    closed.removeEventListener("abort", bell.ring);
  }
}

async function streamChanges(
  options: ReportStreamOptions,
  pending: Map<string, TaskReport>,
  bell: Bell,
): Promise<void> {
  const { runner, write, closed } = options;
  const endAt = performance.now() + options.waitMs;
  const sentAt = new Map<string, number>();
  let aliveAt = performance.now() + ALIVE_INTERVAL_MS;
  for (;;) {
    const now = performance.now();
    for (const report of takeDueReports(pending, sentAt, now)) {
      await write({ type: "report", report });
    }
    const everythingTold = runner.state() === "stopped" && pending.size === 0;
    if (closed.aborted || now >= endAt || everythingTold) {
      return;
    }
    if (now >= aliveAt) {
      aliveAt = now + ALIVE_INTERVAL_MS;
      await write({ type: "alive", slotsFree: runner.slotsFree() });
    }
    const progressAt = [...pending.keys()].map((key) => (sentAt.get(key) ?? 0) + PROGRESS_INTERVAL_MS);
    await bell.wait(Math.min(endAt, aliveAt, ...progressAt) - now);
  }
}

/**
 * Removes from `pending` what is to be written at `now`, and notes it in `sentAt`: final reports at once,
 * progress when the attempt's last line is old enough.
 */
export function takeDueReports(
  pending: Map<string, TaskReport>,
  sentAt: Map<string, number>,
  now: number,
): TaskReport[] {
  const due: TaskReport[] = [];
  for (const [key, report] of pending) {
    const lastAt = sentAt.get(key) ?? Number.NEGATIVE_INFINITY;
    if (report.state !== "running" || now - lastAt >= PROGRESS_INTERVAL_MS) {
      pending.delete(key);
      sentAt.set(key, now);
      due.push(report);
    }
  }
  return due;
}

function attemptKey({ taskId, attempt }: TaskReport): string {
  return `${taskId}/${attempt}`;
}

type Bell = { ring: () => void; wait: (ms: number) => Promise<void> };

/** Lets one waiter sleep until somebody rings; a ring while nobody waits is kept. */
function createBell(): Bell {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (ms) => {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(0, ms));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      wake = null;
    },
  };
}
