/** The way out when chunks cannot be joined: the same outputs by whole-file encodes, from the beginning. */
import type { JobState, TaskRecord } from "../job-record.ts";
import { withThreads, wholeTasks, type OutputDemand } from "./whole-tasks.ts";

/**
 * Gives up on the tasks that join chunks and on what only they need, and appends whole-file tasks for their outputs.
 * The customer sees nothing of it but the time that it takes.
 *
 * @param joins tasks of kind `assemble` or `package`.
 */
export function encodeWhole(state: JobState, joins: readonly TaskRecord[]): JobState {
  const { id, input, encoderSlots } = state.record;
  const { mediaInfo } = input;
  if (mediaInfo === null) {
    return state;
  }
  const whole = joins.flatMap((join) => wholeTasks(id, demandOf(join), mediaInfo, "-whole"));
  const given = new Set(joins.flatMap((task) => task.outputIndexes));
  return {
    ...state,
    tasks: [
      ...state.tasks.map((task) => withoutOutputs(task, given)),
      ...withThreads(whole, encoderSlots, 0),
    ],
  };
}

/** A task serves these outputs no more; when none is left, it ends. */
function withoutOutputs(task: TaskRecord, given: ReadonlySet<number>): TaskRecord {
  if (!task.outputIndexes.some((index) => given.has(index))) {
    return task;
  }
  const outputIndexes = task.outputIndexes.filter((index) => !given.has(index));
  const isOpen = task.status === "pending" || task.status === "leased";
  return { ...task, outputIndexes, status: outputIndexes.length === 0 && isOpen ? "cancelled" : task.status };
}

function demandOf({ taskId, outputIndexes, work }: TaskRecord): OutputDemand {
  const [outputIndex] = outputIndexes;
  if (outputIndex !== undefined && work.kind === "assemble") {
    return { kind: "file", outputIndex, rendition: work.rendition, key: work.key };
  }
  if (outputIndex !== undefined && work.kind === "package") {
    return { kind: "package", outputIndex, stream: work.stream };
  }
  throw new TypeError(`Task ${taskId} joins nothing.`);
}
