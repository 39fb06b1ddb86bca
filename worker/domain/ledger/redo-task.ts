/** Finished work that has to be done again: the one way back from `done`. */
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { JobState, TaskRecord } from "../job-record.ts";
import { handBack } from "./lease.ts";
import { unfinishedNames } from "./unfinished-names.ts";

/** Waits for a new attempt; what the old one made counts no more. */
export function redoTask<Task extends TaskRecord>(task: Task): Task {
  return { ...handBack(task), progressPercent: 0, endedAt: null, result: null };
}

/** Parts that a reader found missing or damaged are made again. Tasks that need them wait until they are. */
export function redoLostParts(state: JobState, failure: Failure): JobState {
  const lost = new Set(failure.code === "work_file_lost" ? failure.lostKeys : []);
  if (lost.size === 0) {
    return state;
  }
  const isLost = (task: TaskRecord) => task.status === "done" && partKeys(task).some((key) => lost.has(key));
  const tasks = state.tasks.map((task) => (isLost(task) ? redoTask(task) : task));
  return { ...state, tasks: withoutUnready(tasks) };
}

/** What has a lease but has not begun waits again when something that it reads is gone: it could not be built. */
export function withoutUnready(tasks: readonly TaskRecord[]): TaskRecord[] {
  const unfinished = unfinishedNames(tasks);
  return tasks.map((task) =>
    task.status === "leased" && !task.accepted && task.dependsOn.some((name) => unfinished.has(name))
      ? handBack(task)
      : task,
  );
}

function partKeys({ result }: TaskRecord): string[] {
  switch (result?.kind) {
    case "encode":
      return [result.file.key];
    case "chunk":
      return result.parts.map(({ file }) => file.key);
    case "segment-sound":
      return result.pieces.map(({ key }) => key);
    case "segment":
    case "analyze":
    case undefined:
      return [];
  }
}
