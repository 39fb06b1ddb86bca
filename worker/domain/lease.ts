/**
 * Leases: which encoder runs which attempt of which task. A lease that is not renewed is taken back, the
 * attempt number moves on, and whatever the old attempt still says is dropped.
 */
import { retryClass, type Failure } from "../../encoder/contract/failure-catalogue.ts";
import type { JobRecord, JobState, TaskRecord } from "./job-record.ts";
import {
  handBackDelayMs,
  LEASE_MS,
  LEASE_RENEWAL_MS,
  MAX_HAND_BACKS,
  taskRetryDelayMs,
} from "./retry-policy.ts";

/** Wait between two rounds of asking for room; news of an encoder ends it. */
export const CAPACITY_RETRY_MS = 1_000;

/** Encoders of one `ultrafast` job; containers allow `max_instances` of wrangler.toml for all jobs together. */
const ULTRAFAST_ENCODERS = 8;

/** Tasks that could start now, the expensive ones first. */
export function startableTasks(state: JobState, now: number): TaskRecord[] {
  const done = new Set(state.tasks.filter((task) => task.status === "done").map((task) => task.taskId));
  return state.tasks
    .filter(
      (task) =>
        task.status === "pending" && task.notBefore <= now && task.dependsOn.every((id) => done.has(id)),
    )
    .toSorted((a, b) => b.weight - a.weight);
}

/** How many encoders the job may hold at once. */
export function encoderLimit(record: JobRecord): number {
  return record.spec.ultrafast ? ULTRAFAST_ENCODERS : 1;
}

/** Encoders that hold a lease of this job now. */
export function busyEncoders(state: JobState): string[] {
  return [
    ...new Set(
      state.tasks.flatMap((task) => (task.status === "leased" && task.encoder ? [task.encoder] : [])),
    ),
  ];
}

/**
 * Encoders to ask for room, the best first. A job keeps to one encoder, which then holds its source once;
 * `ultrafast` spreads it over several.
 *
 * @param fleet all encoders that this job could use.
 */
export function candidateEncoders(state: JobState, fleet: readonly string[]): string[] {
  const busy = busyEncoders(state);
  if (busy.length >= encoderLimit(state.record)) {
    return busy;
  }
  const { encoders, avoidedEncoder } = state.record;
  const known = encoders.filter((name) => fleet.includes(name));
  const wanted = [...new Set([...busy, ...known, ...fleet])];
  return wanted.toSorted((a, b) => Number(a === avoidedEncoder) - Number(b === avoidedEncoder));
}

/**
 * Gives startable tasks to an encoder with room, and no more than it has room for. Leases whose start it has not
 * confirmed may be missing in what it said of itself, so they count as taken.
 */
export function grantLeases(
  state: JobState,
  offer: { encoder: string; slots: number; slotsFree: number },
  now: number,
): JobState {
  const isUnconfirmed = (task: TaskRecord) =>
    task.status === "leased" && task.encoder === offer.encoder && !task.accepted;
  const room = Math.max(0, offer.slotsFree - state.tasks.filter(isUnconfirmed).length);
  const granted = new Set(
    startableTasks(state, now)
      .slice(0, room)
      .map((task) => task.taskId),
  );
  if (granted.size === 0) {
    return { ...state, record: { ...state.record, capacityAt: now + CAPACITY_RETRY_MS } };
  }
  const tasks = state.tasks.map((task) =>
    granted.has(task.taskId)
      ? {
          ...task,
          status: "leased" as const,
          attempt: task.attempt + 1,
          encoder: offer.encoder,
          accepted: false,
          leaseExpiresAt: now + LEASE_MS,
          phase: null,
        }
      : task,
  );
  const encoders = [offer.encoder, ...state.record.encoders.filter((name) => name !== offer.encoder)];
  return { ...state, tasks, record: { ...state.record, encoders, encoderSlots: offer.slots } };
}

/** The encoder was heard: its leases run on. */
export function renewLeases(state: JobState, encoder: string, now: number): JobState {
  const isStale = (task: TaskRecord) =>
    task.status === "leased" &&
    task.encoder === encoder &&
    task.leaseExpiresAt < now + LEASE_MS - LEASE_RENEWAL_MS;
  return state.tasks.some(isStale)
    ? {
        ...state,
        tasks: state.tasks.map((task) =>
          isStale(task) ? { ...task, leaseExpiresAt: now + LEASE_MS } : task,
        ),
      }
    : state;
}

/** Nobody listened for a while, so silence proves nothing: leases that ran out meanwhile get their time again. */
export function extendUnheardLeases(state: JobState, now: number): JobState {
  const isUnheard = (task: TaskRecord) => task.status === "leased" && task.leaseExpiresAt <= now;
  return {
    ...state,
    tasks: state.tasks.map((task) => (isUnheard(task) ? { ...task, leaseExpiresAt: now + LEASE_MS } : task)),
  };
}

/** Takes back every lease that was not renewed in time. */
export function expireLeases(state: JobState, now: number): JobState {
  return takeBack(state, (task) => task.leaseExpiresAt <= now, now);
}

/** Takes back the leases that `isLost` picks; the loss counts as a failed attempt. */
export function takeBack(state: JobState, isLost: (task: TaskRecord) => boolean, now: number): JobState {
  const lost = (task: TaskRecord) => task.status === "leased" && isLost(task);
  if (!state.tasks.some(lost)) {
    return state;
  }
  const tasks = state.tasks.map((task) =>
    lost(task) ? failAttempt(task, { code: "encoder_lost" }, now) : task,
  );
  return { ...state, tasks, record: { ...state.record, capacityAt: now } };
}

/** Back to the queue without blame: the encoder did not take it. */
export function handBack(task: TaskRecord): TaskRecord {
  return { ...task, status: "pending", encoder: null, accepted: false, phase: null };
}

/** The encoder cannot go on, through no fault of the task. */
export function isHandedBack(failure: Failure): boolean {
  return retryClass(failure.code) === "elsewhere";
}

/** Ends an attempt badly: the task waits for another one, or has failed for good. */
export function failAttempt(task: TaskRecord, failure: Failure, now: number): TaskRecord {
  const isHandBack = isHandedBack(failure);
  if (isHandBack && task.handBacks < MAX_HAND_BACKS) {
    const handBacks = task.handBacks + 1;
    return { ...handBack(task), handBacks, notBefore: now + handBackDelayMs(handBacks) };
  }
  const failures = [...task.failures, failure];
  const delayMs = isHandBack ? null : taskRetryDelayMs(failures);
  return delayMs === null
    ? { ...task, status: "failed", failures, encoder: null }
    : { ...handBack(task), failures, notBefore: now + delayMs };
}
