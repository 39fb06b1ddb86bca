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
type AttemptId = { jobId: string; taskId: string; attempt: number };

/** `superseded`: a higher attempt of the same task is known, so this one came too late. */
type StartOutcome = "accepted" | "known" | "busy" | "stopping" | "superseded";

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
  /** How many of the runner's slots it takes. */
  slots: number;
  ended: Promise<void>;
  /** Null while it runs. */
  endedAt: number | null;
};

/** A Worker forgets what it has read; what is left after this long belongs to a job that is gone. */
const KEEP_ENDED_MS = 6 * 3_600_000;

type Registry = TaskRunnerOptions & {
  /** By job, task and attempt. */
  entries: Map<string, Entry>;
  /** Forgotten attempts are in here as well until their processes have ended. */
  running: Set<Entry>;
  changes: EventEmitter;
  state: ReturnType<TaskRunner["state"]>;
};

export function createTaskRunner(options: TaskRunnerOptions): TaskRunner {
  // One listener per open poll, and every poll of a job listens to the same name.
  const changes = new EventEmitter().setMaxListeners(0);
  const registry: Registry = { ...options, entries: new Map(), running: new Set(), changes, state: "taking" };
  return {
    start: (task) => start(registry, task),
    forget: (id) => attemptsOf(registry, id).forEach((entry) => drop(registry, entry)),
    forgetJob(jobId) {
      attemptsOf(registry, { jobId }).forEach((entry) => drop(registry, entry));
      options.releaseJob(jobId);
    },
    snapshot: (jobId) => attemptsOf(registry, { jobId }).map(({ report }) => report),
    slotsFree: () => slotsFree(registry),
    changes,
    state: () => registry.state,
    stop: () => stop(registry),
  };
}

function start(registry: Registry, task: Task): StartOutcome {
  const known = attemptsOf(registry, { jobId: task.jobId, taskId: task.taskId });
  if (known.some(({ id }) => id.attempt === task.attempt)) {
    return "known";
  }
  if (known.some(({ id }) => id.attempt > task.attempt)) {
    return "superseded";
  }
  if (registry.state !== "taking") {
    return "stopping";
  }
  known.forEach((entry) => drop(registry, entry));
  // A task that wants more than there are takes all.
  const slots = Math.min(task.slots, registry.slots);
  if (slotsFree(registry) < slots) {
    return "busy";
  }
  sweep(registry, Date.now());
  begin(registry, task, slots);
  return "accepted";
}

function begin(registry: Registry, task: Task, slots: number): void {
  const id = { jobId: task.jobId, taskId: task.taskId, attempt: task.attempt };
  const base = { taskId: task.taskId, attempt: task.attempt };
  const controller = new AbortController();
  const report: TaskReport = { ...base, state: "running", phase: "fetching", progressPercent: 0 };
  const entry: Entry = { id, report, controller, slots, ended: Promise.resolve(), endedAt: null };
  registry.entries.set(keyOf(id), entry);
  registry.running.add(entry);
  const onProgress = (progress: Progress): void =>
    publish(registry, entry, { ...base, state: "running", ...progress });
  entry.ended = registry.run(task, controller.signal, onProgress).then((outcome) => {
    // Before the report goes out: whoever reads it may send the next task at once.
    registry.running.delete(entry);
    entry.endedAt = Date.now();
    if (outcome.state !== "cancelled") {
      publish(registry, entry, { ...base, ...outcome });
    }
  });
}

/** A forgotten attempt still ends, but nobody hears of it. */
function publish(registry: Registry, entry: Entry, report: TaskReport): void {
  entry.report = report;
  if (registry.entries.get(keyOf(entry.id)) === entry) {
    registry.changes.emit(`report:${entry.id.jobId}`, report);
  }
}

function drop(registry: Registry, entry: Entry): void {
  registry.entries.delete(keyOf(entry.id));
  entry.controller.abort(new Error("the attempt is not wanted any more"));
}

async function stop(registry: Registry): Promise<number> {
  registry.state = "stopping";
  const all = [...registry.running];
  all.forEach(({ controller }) => controller.abort(new TaskFailure({ code: "encoder_stopping" })));
  await Promise.all(all.map(({ ended }) => ended));
  registry.state = "stopped";
  registry.changes.emit("stopped");
  return all.length;
}

/** An aborted attempt is about to end and holds no slot: the attempt that replaces it may start at once. */
function slotsFree({ state, slots, running }: Registry): number {
  const holding = [...running].filter(({ controller }) => !controller.signal.aborted);
  const taken = holding.reduce((sum, entry) => sum + entry.slots, 0);
  return state === "taking" ? Math.max(0, slots - taken) : 0;
}

/** Attempts that have all the ids that are given. */
function attemptsOf(registry: Registry, wanted: Partial<AttemptId>): Entry[] {
  return [...registry.entries.values()].filter(
    ({ id }) =>
      id.jobId === wanted.jobId &&
      (wanted.taskId === undefined || id.taskId === wanted.taskId) &&
      (wanted.attempt === undefined || id.attempt === wanted.attempt),
  );
}

function keyOf({ jobId, taskId, attempt }: AttemptId): string {
  return `${jobId}/${taskId}/${attempt}`;
}

function sweep({ entries }: Registry, now: number): void {
  for (const [key, entry] of entries) {
    if (entry.endedAt !== null && now - entry.endedAt > KEEP_ENDED_MS) {
      entries.delete(key);
    }
  }
}
