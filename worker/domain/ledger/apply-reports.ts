/** What encoders say of their tasks, applied to the ledger behind the `(taskId, attempt)` fence. */
import type { Ffprobe } from "../../../encoder/contract/media-info.ts";
import type { TaskReport, TaskResult } from "../../../encoder/contract/report.ts";
import { encoderLimit, withdrawEncoder } from "./job-encoders.ts";
import type { Warning } from "../../../encoder/contract/warning-catalogue.ts";
import type { JobState, TaskRecord } from "../job-record.ts";
import type { Json } from "../json.ts";
import { failAttempt, isHandedBack, renewLeases, takeBack } from "./lease.ts";
import { addPhases, withEncoded } from "./milestones.ts";
import type { TaskRef } from "../job-events.ts";
import { manifestLinks, outputUrls } from "../job-view.ts";
import { addEvent } from "./outbox.ts";
import { planTasks } from "../plan/plan-tasks.ts";
import { redoLostParts } from "./redo-task.ts";
import { checkResult } from "./task-outcome.ts";
import { warningsOfParts, warningsView } from "./warnings.ts";
import { inputTransferredEvent, playableEvent, type MetadataKey } from "../webhook-event.ts";

export type MetadataWrite<Value> = { key: MetadataKey; value: Value };
type Applied = { state: JobState; metadata: MetadataWrite<Json>[] };

/** Applies all reports of one poll line in order; a snapshot also tells which tasks the encoder no longer has. */
export function applyReports(
  state: JobState,
  event: { encoder: string; reports: readonly TaskReport[]; expected: readonly TaskRef[] },
  now: number,
): Applied {
  const start: Applied = { state: renewLeases(state, event.encoder, now), metadata: [] };
  // A snapshot repeats all that the encoder ever finished; only what is leased now can be news.
  const leased = new Set(state.tasks.flatMap(({ status, taskId }) => (status === "leased" ? [taskId] : [])));
  const news = event.reports.filter(({ taskId }) => leased.has(taskId));
  const applied = news.reduce((soFar, report) => {
    const next = applyReport(soFar.state, event.encoder, report, now);
    return { state: next.state, metadata: [...soFar.metadata, ...next.metadata] };
  }, start);
  const names = (refs: readonly TaskRef[], task: TaskRecord) =>
    refs.some((ref) => ref.taskId === task.taskId && ref.attempt === task.attempt);
  const isLost = (task: TaskRecord) =>
    task.encoder === event.encoder && names(event.expected, task) && !names(event.reports, task);
  return { ...applied, state: takeBack(applied.state, isLost, now) };
}

function applyReport(state: JobState, encoder: string, report: TaskReport, now: number): Applied {
  const task = state.tasks.find((candidate) => candidate.taskId === report.taskId);
  const isCurrent = task?.status === "leased" && task.attempt === report.attempt && task.encoder === encoder;
  if (task === undefined || !isCurrent) {
    return { state, metadata: [] };
  }
  switch (report.state) {
    case "running":
      return { state: applyProgress(state, task, report), metadata: [] };
    case "failed": {
      const next = redoLostParts(replaceTask(state, failAttempt(task, report.failure, now)), report.failure);
      const elsewhere = isHandedBack(report.failure) ? withdrawEncoder(next, encoder, now) : next;
      return { state: withCapacity(elsewhere, now), metadata: [] };
    }
    case "done":
      return applyDone(state, task, report, now);
  }
}

function applyProgress(
  state: JobState,
  task: TaskRecord,
  report: Extract<TaskReport, { state: "running" }>,
): JobState {
  // A new attempt starts from zero; what the customer sees never falls.
  const progressPercent = Math.max(task.progressPercent, report.progressPercent);
  if (task.accepted && task.phase === report.phase && task.progressPercent === progressPercent) {
    return state;
  }
  const next = replaceTask(state, { ...task, accepted: true, phase: report.phase, progressPercent });
  if (task.work.kind !== "ingest") {
    return next;
  }
  return { ...next, record: { ...next.record, input: { ...next.record.input, progressPercent } } };
}

function applyDone(
  state: JobState,
  task: TaskRecord,
  { result, phaseMs }: Extract<TaskReport, { state: "done" }>,
  now: number,
): Applied {
  const checked = checkResult(task, result);
  if (!checked.ok) {
    return {
      state: withCapacity(replaceTask(state, failAttempt(task, checked.failure, now)), now),
      metadata: [],
    };
  }
  const done = replaceTask(state, {
    ...task,
    status: "done",
    accepted: true,
    progressPercent: 100,
    endedAt: now,
    phaseMs: addPhases(task.phaseMs, phaseMs),
    result: checked.outcome,
  });
  const next = withCapacity(done, now);
  switch (result.kind) {
    case "ingest":
      return applyIngest(next, result, now);
    case "encode":
      return {
        state: withEncoded(next, phaseMs, now),
        metadata: isWorkFile(task) ? [] : outputMetadata(next, task, result, (tree) => tree),
      };
    case "chunk":
      return { state: withEncoded(next, phaseMs, now), metadata: [] };
    case "assemble": {
      const told = { ...result, warnings: warningsOfParts(next.tasks, task) };
      return { state: next, metadata: outputMetadata(next, task, told, (tree) => tree) };
    }
    case "package":
      return task.work.kind === "open-package"
        ? { state: withPlayable(next, task, result, now), metadata: [] }
        : { state: next, metadata: streamMetadata(next, task, result) };
    case "segment":
    case "segment-sound":
    case "subtitle":
    case "analyze":
    case "image":
    case "animation":
      return { state: next, metadata: [] };
  }
}

/** A slot is free. */
function withCapacity(state: JobState, now: number): JobState {
  return { ...state, record: { ...state.record, capacityAt: now } };
}

/** The source is known: the whole plan is made here, once. */
function applyIngest(state: JobState, result: Extract<TaskResult, { kind: "ingest" }>, now: number): Applied {
  const { record } = state;
  const transferred = {
    ...record,
    status: "processing" as const,
    input: {
      status: "transferred" as const,
      progressPercent: 100,
      failure: null,
      mediaInfo: result.mediaInfo,
    },
  };
  const { mediaInfo: media, ffprobe, timeline } = result;
  const parallelism = { slots: record.encoderSlots, encoders: encoderLimit(transferred) };
  const plan = planTasks(transferred, { media, ffprobe, timeline }, parallelism);
  const planned = {
    ...state,
    record: { ...transferred, outputs: plan.outputs },
    tasks: [...state.tasks, ...plan.tasks],
  };
  return {
    state: record.spec.notification.events
      ? addEvent(planned, inputTransferredEvent(transferred), now)
      : planned,
    metadata: [{ key: "input", value: metadataTree(result, record.spec.input.displayUrl) }],
  };
}

/** What an encoder says of a file. */
type Told = { ffprobe: Ffprobe; warnings: readonly Warning[] };

/** The ffprobe tree of an output that the customer gets. */
function outputMetadata(
  state: JobState,
  task: TaskRecord,
  told: Told,
  shape: (tree: Json) => Json,
): MetadataWrite<Json>[] {
  return task.outputIndexes.map((index) => {
    const [url] = outputUrls(state.record, index);
    return { key: `output-${index}`, value: shape(metadataTree(told, url ?? "")) };
  });
}

/** One tree per manifest. */
function streamMetadata(
  state: JobState,
  task: TaskRecord,
  { manifests }: Extract<TaskResult, { kind: "package" }>,
): MetadataWrite<Json>[] {
  const warnings = warningsOfParts(state.tasks, task);
  return task.outputIndexes.map((index) => {
    const links = manifestLinks(state.record, index);
    const trees = manifests.flatMap(({ format, ffprobe }): [string, Json][] => {
      const url = links.find((link) => link.format === format)?.url ?? "";
      return ffprobe === null ? [] : [[format, metadataTree({ ffprobe, warnings }, url)]];
    });
    return { key: `output-${index}`, value: Object.fromEntries(trees) };
  });
}

/** Open playlists of a stream are stored: it can be played from now on, which is told once. */
function withPlayable(
  state: JobState,
  task: TaskRecord,
  { manifests }: Extract<TaskResult, { kind: "package" }>,
  now: number,
): JobState {
  const formats = manifests.map(({ format }) => format);
  const [index] = task.outputIndexes;
  if (index === undefined || formats.length === 0) {
    return state;
  }
  const { record } = state;
  const isFirst = record.outputs[index]?.openManifests.length === 0;
  const outputs = record.outputs.map((output, place) =>
    place === index ? { ...output, openManifests: formats } : output,
  );
  const open = { ...state, record: { ...record, outputs } };
  return isFirst && record.spec.notification.events
    ? addEvent(open, playableEvent(open.record, index), now)
    : open;
}

/** A part of something: it has no ffprobe tree that anybody asks for. */
function isWorkFile({ work }: TaskRecord): boolean {
  return work.kind === "encode" && work.to === "work";
}

/** The public name stands where ffprobe printed the encoder's local one. */
function metadataTree({ ffprobe, warnings }: Told, filename: string): Json {
  const { streams, format } = ffprobe;
  return { streams, format: { ...format, filename }, ...warningsView(warnings) };
}

function replaceTask(state: JobState, task: TaskRecord): JobState {
  return { ...state, tasks: state.tasks.map((other) => (other.taskId === task.taskId ? task : other)) };
}
