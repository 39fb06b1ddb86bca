/** How often and when things are tried again: tasks on encoders, webhooks at receivers. */
import { retryClass, type Failure } from "../../../encoder/contract/failure-catalogue.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A task that failed this often for passing reasons fails for good; more would only hide a real fault. */
export const MAX_TASK_FAILURES = 4;

/** Hand-backs are nobody's fault, but an endless row of them means that no encoder can hold the task. */
export const MAX_HAND_BACKS = 10;

/** Silence after which a leased task is taken back. Encoders speak every 5 s, so this is six lost lines. */
export const LEASE_MS = 30 * SECOND_MS;

/** A renewal within this of the last one is not worth a write. */
export const LEASE_RENEWAL_MS = 10 * SECOND_MS;

/** Wait before the second, third and fourth attempt of a task. */
const TASK_BACKOFF_MS = [1 * SECOND_MS, 5 * SECOND_MS, 30 * SECOND_MS];

/** Wait after each hand-back, the last one for all further ones: a full disk empties within minutes at best. */
const HAND_BACK_DELAYS_MS = [0, 1 * SECOND_MS, 5 * SECOND_MS, 15 * SECOND_MS, 30 * SECOND_MS, MINUTE_MS];

/**
 * Wait before each webhook attempt, counted from the one before: 10 attempts in about 76 hours. The example
 * schedule of the Standard Webhooks specification.
 */
export const WEBHOOK_DELAYS_MS = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** Spreads the retries of many jobs after an outage of one receiver. */
const WEBHOOK_JITTER = 0.15;

/**
 * When a task may run again after `failures` (the newest last), or null when it has failed for good.
 *
 * @returns milliseconds to wait.
 */
export function taskRetryDelayMs(failures: readonly Failure[]): number | null {
  const newest = failures.at(-1);
  if (newest === undefined) {
    return 0;
  }
  const sameKind = failures.filter((failure) => failure.code === newest.code).length;
  const retry = retryClass(newest.code);
  if (retry === "never" || failures.length >= MAX_TASK_FAILURES || (retry === "once" && sameKind > 1)) {
    return null;
  }
  return TASK_BACKOFF_MS[Math.min(failures.length, TASK_BACKOFF_MS.length) - 1] ?? 0;
}

/** How long a task waits after its hand-back number `handBacks`, 1-based; the first one costs no time. */
export function handBackDelayMs(handBacks: number): number {
  return HAND_BACK_DELAYS_MS[Math.min(handBacks, HAND_BACK_DELAYS_MS.length) - 1] ?? 0;
}

/**
 * When a webhook is tried again after `attemptCount` failed attempts, or null when it is given up.
 *
 * @param random 0..1, for the jitter.
 * @param retryAfterMs what the receiver asked for; honoured when longer, up to the schedule's longest wait.
 */
export function webhookRetryDelayMs(
  attemptCount: number,
  random: number,
  retryAfterMs: number | null,
): number | null {
  const delay = WEBHOOK_DELAYS_MS[attemptCount];
  if (delay === undefined) {
    return null;
  }
  const jittered = Math.round(delay * (1 + WEBHOOK_JITTER * (2 * random - 1)));
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, 24 * HOUR_MS));
}
