/**
 * Leases: which encoder runs which attempt of which task. A lease that is not renewed is taken back, the
 * attempt number moves on, and whatever the old attempt still says is dropped.
 */
import { retryClass, type Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { JobState, TaskRecord } from "../job-record.ts";
import {
  handBackDelayMs,
  LEASE_MS,
  LEASE_RENEWAL_MS,
  MAX_HAND_BACKS,
  taskRetryDelayMs,
} from "./retry-policy.ts";
import { tasksFor } from "./startable-tasks.ts";

/** Wait between two rounds of asking for room; news of an encoder ends it. */
export const CAPACITY_RETRY_MS = 1_000;

/** Gives startable tasks to a granted encoder with room, and no more than it has room for. */
export function grantLeases(
  state: JobState,
  offer: { encoder: string; slots: number; slotsFree: number },
  now: number,
): JobState {
  // It may have been given back since it was asked.
  const isGranted = state.record.granted.includes(offer.encoder);
  const leased = new Set(isGranted ? tasksFor(state, offer, now).map((task) => task.taskId) : []);
  if (leased.size === 0) {
    return { ...state, record: { ...state.record, capacityAt: now + CAPACITY_RETRY_MS } };
  }
  const tasks = state.tasks.map((task) =>
    leased.has(task.taskId)
      ? {
          ...task,
          status: "leased" as const,
          attempt: task.attempt + 1,
          encoder: offer.encoder,
          accepted: false,
          leaseExpiresAt: now + LEASE_MS,
          leasedAt: now,
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
export function handBack<Task extends TaskRecord>(task: Task): Task {
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
    ? { ...task, status: "failed", failures, encoder: null, endedAt: now }
    : { ...handBack(task), failures, notBefore: now + delayMs };
}
