/**
 * What should be under way for a job right now, read off its state: the object's loop starts what is missing.
 * Every piece is idempotent, so that a crash between deciding and acting is repaired by the next run.
 */
import { isFinalJob } from "./job-status.ts";
import type { JobState, TaskRecord } from "./job-record.ts";
import {
  askableEncoders,
  busyEncoders,
  isFleetDue,
  releasableEncoders,
  SOON_MS,
} from "./ledger/job-encoders.ts";
import { dueEvent } from "./ledger/outbox.ts";
import { startableTasks } from "./ledger/startable-tasks.ts";

export type Work =
  | { type: "index"; version: number }
  | { type: "deliver"; eventId: string }
  | { type: "ask-fleet" }
  | { type: "find-capacity"; encoder: string }
  | { type: "start"; task: TaskRecord; encoder: string }
  | { type: "cancel"; task: TaskRecord; encoder: string }
  | { type: "poll"; encoder: string }
  | { type: "release"; encoder: string }
  | { type: "release-encoders" }
  | { type: "delete-work-files" }
  | { type: "wipe-secrets" }
  | { type: "delete-hosted" }
  | { type: "retire" };

/** While a job is open its alarm is never further away: a crash is noticed this soon. */
const OPEN_HORIZON_MS = 5_000;

/** A name for each piece, so that none runs twice at once. */
export function workName(work: Work): string {
  switch (work.type) {
    // One name for both: a cancel waits for a start that is on its way, or it would overtake it.
    case "start":
    case "cancel":
      return `task ${work.task.taskId} ${work.task.attempt}`;
    case "find-capacity":
    case "poll":
    case "release":
      return `${work.type} ${work.encoder}`;
    // Deliveries of one job share a name: first attempts stay in order.
    case "deliver":
    case "index":
    case "ask-fleet":
    case "release-encoders":
    case "delete-work-files":
    case "wipe-secrets":
    case "delete-hosted":
    case "retire":
      return work.type;
  }
}

/** A job is open while it has work or webhooks left; the sweep looks after open jobs. */
export function isOpen(state: JobState): boolean {
  return !isFinalJob(state.record.status) || state.outbox.some((event) => event.status === "pending");
}

/** Everything that is due at `now`. */
export function dueWork(state: JobState, now: number): Work[] {
  const { record } = state;
  const event = dueEvent(state, now);
  return [
    ...(record.indexedVersion < record.listedVersion
      ? [{ type: "index" as const, version: record.listedVersion }]
      : []),
    ...(event === undefined ? [] : [{ type: "deliver" as const, eventId: event.id }]),
    ...(isFinalJob(record.status) ? closingWork(state, now) : encodingWork(state, now)),
  ];
}

function encodingWork(state: JobState, now: number): Work[] {
  const { tasks } = state;
  const starts = tasks.flatMap((task): Work[] =>
    task.status === "leased" && !task.accepted && task.encoder !== null
      ? [{ type: "start", task, encoder: task.encoder }]
      : [],
  );
  const cancels = tasks.flatMap((task): Work[] =>
    task.status === "cancelled" && task.encoder !== null
      ? [{ type: "cancel", task, encoder: task.encoder }]
      : [],
  );
  const polls = pollableEncoders(state).map((encoder): Work => ({ type: "poll", encoder }));
  const isWanting =
    state.record.granted.length > 0 &&
    state.record.capacityAt <= now &&
    startableTasks(state, now).length > 0;
  const asked = isWanting ? askableEncoders(state) : [];
  return [
    ...(isFleetDue(state, now) ? [{ type: "ask-fleet" as const }] : []),
    ...starts,
    ...cancels,
    ...polls,
    ...releasableEncoders(state).map((encoder): Work => ({ type: "release", encoder })),
    ...asked.map((encoder): Work => ({ type: "find-capacity", encoder })),
  ];
}

/** Encoders that have confirmed a task: only then is there something to hear. */
function pollableEncoders(state: JobState): string[] {
  return busyEncoders({ ...state, tasks: state.tasks.filter((task) => task.accepted) });
}

function closingWork(state: JobState, now: number): Work[] {
  const { closing } = state.record;
  const isDue = (at: number | null) => at !== null && at <= now;
  const areSecretsNeeded = closing.encoders || closing.workFiles || isOpen(state);
  const all: [boolean, Work][] = [
    [closing.encoders, { type: "release-encoders" }],
    // Only then: an encoder that still uploads would leave a file behind that nobody deletes.
    [closing.workFiles && !closing.encoders, { type: "delete-work-files" }],
    [closing.secrets && !areSecretsNeeded, { type: "wipe-secrets" }],
    [isDue(closing.hostedAt), { type: "delete-hosted" }],
    [isDue(closing.retireAt) && closing.hostedAt === null, { type: "retire" }],
  ];
  return all.flatMap(([isNeeded, work]) => (isNeeded ? [work] : []));
}

/** The next moment after `now` at which something becomes due by itself, or null when nothing will. */
export function nextTimerAt(state: JobState, now: number): number | null {
  const { record, tasks, outbox } = state;
  const times = [
    ...outbox.flatMap((event) => (event.status === "pending" ? [event.nextAt] : [])),
    ...(isFinalJob(record.status)
      ? [record.closing.hostedAt, record.closing.retireAt]
      : [record.deadlineAt, record.capacityAt, record.fleetAt, ...tasks.flatMap(taskTimers)]),
  ].filter((at) => at !== null && at > now);
  return times.length === 0 ? null : Math.min(...times.filter((at) => at !== null));
}

function taskTimers(task: TaskRecord): number[] {
  switch (task.status) {
    case "leased":
      return [task.leaseExpiresAt];
    case "pending":
      return [task.notBefore - SOON_MS, task.notBefore];
    case "done":
    case "failed":
    case "cancelled":
      return [];
  }
}

/**
 * When the alarm has to fire at the latest, or null when the object may sleep for good. With anything under
 * way it is close, because the alarm is what repairs a crash.
 */
export function alarmAt(state: JobState, now: number): number | null {
  const timer = nextTimerAt(state, now);
  if (isFinalJob(state.record.status) && dueWork(state, now).length === 0) {
    return timer;
  }
  return Math.min(timer ?? Number.POSITIVE_INFINITY, now + OPEN_HORIZON_MS);
}
