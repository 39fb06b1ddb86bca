/**
 * The registry of attempts that this process knows: starts them within its slots, cancels them, remembers their
 * latest report until the Worker forgets them. How an attempt runs is run-task.ts's.
 */
import { EventEmitter } from "node:events";
import type { TaskReport } from "../contract/report.ts";
import type { Task } from "../contract/task.ts";
import { TaskFailure } from "./task-failure.ts";
import type { TaskOutcome } from "./run-task.ts";
import type { Progress } from "./task-progress.ts";

/** What names an attempt: task ids are unique within a job only. */
export type AttemptId = { jobId: string; taskId: string; attempt: number };

/** `superseded`: a higher attempt of the same task is known, so this one came too late. */
export type StartOutcome = "accepted" | "known" | "busy" | "stopping" | "superseded";

export type TaskRunnerOptions = {
  slots: number;
  run: (task: Task, signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<TaskOutcome>;
  /** The source cache lets go of a job together with its tasks. */
  releaseJob: (jobId: string) => void;
};

export interface TaskRunner {
  /** Starts an attempt. Starting it twice is the same as once; it ends an older attempt of the same task. */
  start(task: Task): StartOutcome;
  /** Ends the attempt if it runs, and forgets it. Unknown attempts are as good as forgotten. */
  forget(id: AttemptId): void;
  /** Ends and forgets everything of a job. */
  forgetJob(jobId: string): void;
  /** The present report of every attempt of the job. */
  snapshot(jobId: string): TaskReport[];
  slotsFree(): number;
  /** Emits `report:<jobId>` with each TaskReport, and `stopped` when `state` becomes that. */
  readonly changes: EventEmitter;
  /** `stopped`: told to stop, and no attempt runs any more. */
  state(): "taking" | "stopping" | "stopped";
  /**
   * Takes no more tasks, fails the running ones with `encoder_stopping`, resolves with their number when all
   * have ended.
   */
  stop(): Promise<number>;
}

type Entry = {
  id: AttemptId;
  report: TaskReport;
  controller: AbortController;
  ended: Promise<void>;
  /** Null while it runs. */
  endedAt: number | null;
};

/** A Worker forgets what it has read; what is left after this long belongs to a job that is gone. */
const KEEP_ENDED_MS = 6 * 3_600_000;

export function createTaskRunner(options: TaskRunnerOptions): TaskRunner {
  const entries = new Map<string, Entry>();
  // Forgotten attempts are in here as well until their processes have ended.
  const running = new Set<Entry>();
  // One listener per open poll, and every poll of a job listens to the same name.
  const changes = new EventEmitter().setMaxListeners(0);
  let state: ReturnType<TaskRunner["state"]> = "taking";

  const of = (wanted: Partial<AttemptId>): Entry[] =>
    [...entries.values()].filter(
      ({ id }) => id.jobId === wanted.jobId && (wanted.taskId === undefined || id.taskId === wanted.taskId),
    );
  // An aborted attempt is about to end and holds no slot: the attempt that replaces it may start at once.
  const slotsFree = (): number => {
    const taken = [...running].filter(({ controller }) => !controller.signal.aborted).length;
    return state === "taking" ? Math.max(0, options.slots - taken) : 0;
  };

  const drop = (entry: Entry): void => {
    entries.delete(keyOf(entry.id));
    entry.controller.abort(new Error("the attempt is not wanted any more"));
  };

  const publish = (entry: Entry, report: TaskReport): void => {
    entry.report = report;
    if (entries.get(keyOf(entry.id)) === entry) {
      changes.emit(`report:${entry.id.jobId}`, report);
    }
  };

  const begin = (task: Task): Entry => {
    const id = { jobId: task.jobId, taskId: task.taskId, attempt: task.attempt };
    const base = { taskId: task.taskId, attempt: task.attempt };
    const controller = new AbortController();
    const report: TaskReport = { ...base, state: "running", phase: "fetching", progressPercent: 0 };
    const entry: Entry = { id, report, controller, ended: Promise.resolve(), endedAt: null };
    const onProgress = (progress: Progress): void =>
      publish(entry, { ...base, state: "running", ...progress });
    running.add(entry);
    entry.ended = options.run(task, controller.signal, onProgress).then((outcome) => {
      // Before the report goes out: whoever reads it may send the next task at once.
      running.delete(entry);
      entry.endedAt = Date.now();
      if (outcome.state !== "cancelled") {
        publish(entry, { ...base, ...outcome });
      }
    });
    return entry;
  };

  return {
    start(task) {
      const known = of({ jobId: task.jobId, taskId: task.taskId });
      if (known.some(({ id }) => id.attempt === task.attempt)) {
        return "known";
      }
      if (known.some(({ id }) => id.attempt > task.attempt)) {
        return "superseded";
      }
      if (state !== "taking") {
        return "stopping";
      }
      known.forEach(drop);
      if (slotsFree() === 0) {
        return "busy";
      }
      sweep(entries, Date.now());
      const entry = begin(task);
      entries.set(keyOf(entry.id), entry);
      return "accepted";
    },
    forget(id) {
      const entry = entries.get(keyOf(id));
      if (entry !== undefined) {
        drop(entry);
      }
    },
    forgetJob(jobId) {
      of({ jobId }).forEach(drop);
      options.releaseJob(jobId);
    },
    snapshot: (jobId) => of({ jobId }).map(({ report }) => report),
    slotsFree,
    changes,
    state: () => state,
    async stop() {
      state = "stopping";
      const all = [...running];
      all.forEach(({ controller }) => controller.abort(new TaskFailure({ code: "encoder_stopping" })));
      await Promise.all(all.map(({ ended }) => ended));
      state = "stopped";
      changes.emit("stopped");
      return all.length;
    },
  };
}

function keyOf({ jobId, taskId, attempt }: AttemptId): string {
  return `${jobId}/${taskId}/${attempt}`;
}

function sweep(entries: Map<string, Entry>, now: number): void {
  for (const [key, entry] of entries) {
    if (entry.endedAt !== null && now - entry.endedAt > KEEP_ENDED_MS) {
      entries.delete(key);
    }
  }
}
