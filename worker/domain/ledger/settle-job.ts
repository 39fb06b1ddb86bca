/**
 * Consequences: what the ledger's present state means for input, outputs and job. Runs after every event, so a
 * status has one source and no path can forget to set it.
 */
import { isFetchFailure, type Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { JobRecord, JobState, OutputRecord, TaskRecord } from "../job-record.ts";
import { advanceOutput, isFinalJob, isFinalOutput, type OutputStatus } from "../job-status.ts";
import { inputView, outputViews } from "../job-view.ts";
import { isDelivering, settleMilestones } from "./milestones.ts";
import { settleOpenPackages } from "./open-packages.ts";
import { addEvent } from "./outbox.ts";
import { eventProgressPercent, jobProgressPercent, outputProgressPercent } from "./progress.ts";
import { settleChunks } from "./seams.ts";
import { jobEvent, outputEvent } from "../webhook-event.ts";

const HOUR_MS = 60 * 60 * 1000;

/** Coconut's test storage keeps files for a day; so does Copra. */
const HOSTED_RETENTION_MS = 24 * HOUR_MS;

/** Record, deliveries and metadata are kept this long after the end. */
const JOB_RETENTION_MS = 30 * 24 * HOUR_MS;

/** Brings input, outputs, progress and job up to date with the ledger and queues the events of what changed. */
export function settleJob(state: JobState, now: number): JobState {
  if (isFinalJob(state.record.status)) {
    return state;
  }
  const planned = settleMilestones(settleOpenPackages(settleChunks(settleInput(state))), now);
  // Good for progress as well: what ends as pointless serves outputs that are final.
  const own = tasksByOutput(planned);
  const settled = settleProgress(endPointless(settleOutputs(planned, own, now)), own);
  return settled.record.outputs.every((output) => isFinalOutput(output.status))
    ? finishJob(settled, now)
    : settled;
}

function settleInput(state: JobState): JobState {
  const { input } = state.record;
  const ingest = state.tasks.find((task) => task.work.kind === "ingest");
  if (input.status === "starting" && ingest?.status === "leased" && ingest.accepted) {
    return withRecord(state, { input: { ...input, status: "transferring" } });
  }
  const failure = input.status === "failed" ? undefined : sourceFailure(state.tasks);
  return failure === undefined
    ? state
    : withRecord(state, { input: { ...input, status: "failed", failure } });
}

/** Why nothing more can be made of the source: it was never understood, or it cannot be read any more. */
function sourceFailure(tasks: readonly TaskRecord[]): Failure | undefined {
  return tasks
    .filter((task) => task.status === "failed")
    .flatMap((task) => {
      const last = task.failures.at(-1);
      const isOfSource = task.work.kind === "ingest" || (last !== undefined && isFetchFailure(last.code));
      return last !== undefined && isOfSource ? [last] : [];
    })[0];
}

type TasksByOutput = readonly (readonly TaskRecord[])[];

function settleOutputs(before: JobState, own: TasksByOutput, now: number): JobState {
  return before.record.outputs.reduce((state, output, index) => {
    if (output.isAnnounced) {
      return state;
    }
    const next = settleOutput(state, output, own[index] ?? []);
    return isFinalOutput(next.status) ? announce(state, index, next, now) : withOutput(state, index, next);
  }, before);
}

/** What each output needs. In one pass, because this runs after every report and a job may have thousands of tasks. */
function tasksByOutput({ record, tasks }: JobState): TasksByOutput {
  const own = record.outputs.map((): TaskRecord[] => []);
  for (const task of tasks) {
    for (const index of task.outputIndexes) {
      own[index]?.push(task);
    }
  }
  return own;
}

function settleOutput(state: JobState, output: OutputRecord, own: readonly TaskRecord[]): OutputRecord {
  if (isFinalOutput(output.status)) {
    return output;
  }
  if (state.record.input.status === "failed") {
    return { ...output, status: advanceOutput(output.status, "aborted") };
  }
  if (output.status === "waiting") {
    // Only the plan ends the wait.
    return output;
  }
  // Without an open playlist the stream is only played later.
  const failed = own.find((task) => task.status === "failed" && task.work.kind !== "open-package");
  if (failed !== undefined) {
    return {
      ...output,
      status: advanceOutput(output.status, "failed"),
      failure: failed.failures.at(-1) ?? null,
    };
  }
  const status = advanceOutput(output.status, wantedStatus(own));
  return status === output.status ? output : { ...output, status };
}

function wantedStatus(tasks: readonly TaskRecord[]): OutputStatus {
  const isRunning = (task: TaskRecord) => task.status === "leased" && task.accepted;
  const delivering = tasks.filter(isDelivering);
  if (delivering.length > 0 && delivering.every((task) => task.status === "done")) {
    return "completed";
  }
  if (tasks.some((task) => task.work.kind === "package" && isRunning(task))) {
    return "packaging";
  }
  return tasks.some((task) => isRunning(task) || task.status === "done") ? "encoding" : "queued";
}

/** An output is finished, and the customer may want to know. */
function announce(state: JobState, index: number, output: OutputRecord, now: number): JobState {
  const next = withOutput(state, index, { ...output, isAnnounced: true });
  const { outputs, spec } = next.record;
  const isEvent = spec.notification.events && (output.status === "completed" || output.status === "failed");
  const progress = eventProgressPercent(outputs.filter((other) => other.isAnnounced).length, outputs.length);
  return isEvent ? addEvent(next, outputEvent(next.record, index, progress), now) : next;
}

/** Tasks of which every output is finished are pointless, shared ones with the last of theirs. */
function endPointless(state: JobState): JobState {
  const isFinal = state.record.outputs.map((output) => isFinalOutput(output.status));
  const isPointless = ({ status, work, outputIndexes }: TaskRecord) =>
    (status === "pending" || status === "leased") &&
    work.kind !== "ingest" &&
    outputIndexes.every((index) => isFinal[index]);
  return state.tasks.some(isPointless)
    ? {
        ...state,
        tasks: state.tasks.map((task) => (isPointless(task) ? { ...task, status: "cancelled" } : task)),
      }
    : state;
}

function settleProgress(state: JobState, own: TasksByOutput): JobState {
  const { record } = state;
  const settled = record.outputs.reduce((next, output, index) => {
    const needed = output.status === "waiting" ? [] : (own[index] ?? []);
    const progressPercent = Math.max(output.progressPercent, outputProgressPercent(output.status, needed));
    return progressPercent === output.progressPercent
      ? next
      : withOutput(next, index, { ...output, progressPercent });
  }, state);
  const job = jobProgressPercent(settled.record.outputs.map((output) => output.progressPercent));
  const progressPercent = Math.max(record.progressPercent, job);
  return progressPercent === record.progressPercent ? settled : withRecord(settled, { progressPercent });
}

function finishJob(state: JobState, now: number): JobState {
  const { record } = state;
  const isFailed =
    record.input.status === "failed" ||
    record.outputs.some((output) => output.failure !== null || output.status === "aborted");
  const finished: JobRecord = {
    ...record,
    status: isFailed ? "failed" : "completed",
    completedAt: now,
    progressPercent: 100,
    closing: {
      encoders: true,
      workFiles: true,
      secrets: true,
      hostedAt: record.spec.storage.service === "coconut" ? now + HOSTED_RETENTION_MS : null,
      retireAt: now + JOB_RETENTION_MS,
    },
  };
  const event = jobEvent(finished, outputViews(finished), inputView(finished));
  return addEvent({ ...state, record: finished }, event, now);
}

function withOutput(state: JobState, index: number, output: OutputRecord): JobState {
  if (state.record.outputs[index] === output) {
    return state;
  }
  return withRecord(state, {
    outputs: state.record.outputs.map((other, at) => (at === index ? output : other)),
  });
}

function withRecord(state: JobState, change: Partial<JobRecord>): JobState {
  return { ...state, record: { ...state.record, ...change } };
}
