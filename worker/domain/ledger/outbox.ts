/** Webhooks as state: one row per event, attempts on a schedule until it is delivered or given up. */
import type { DeliveryOutcome } from "../job-events.ts";
import type { JobState, OutboxRecord } from "../job-record.ts";
import { webhookRetryDelayMs } from "./retry-policy.ts";

/** Appends an event, due at once. Its id is stable: receivers recognise duplicates by it. */
export function addEvent(
  state: JobState,
  event: Pick<OutboxRecord, "event" | "data" | "outputIndex" | "withMetadata">,
  now: number,
): JobState {
  const sequence = state.record.nextSequence;
  const row: OutboxRecord = {
    ...event,
    id: `msg_${state.record.id}${String(sequence).padStart(4, "0")}`,
    sequence,
    status: "pending",
    attemptCount: 0,
    nextAt: now,
  };
  return {
    ...state,
    record: { ...state.record, nextSequence: sequence + 1 },
    outbox: [...state.outbox, row],
  };
}

/** The event to send next: the oldest that is due. One at a time keeps first attempts in order. */
export function dueEvent(state: JobState, now: number): OutboxRecord | undefined {
  return state.outbox.find((event) => event.status === "pending" && event.nextAt <= now);
}

/** Books the end of one delivery attempt. */
export function applyDelivery(
  state: JobState,
  event: { id: string; outcome: DeliveryOutcome; random: number },
  now: number,
): JobState {
  const outbox = state.outbox.map((row) =>
    row.id === event.id && row.status === "pending"
      ? afterAttempt(row, event.outcome, event.random, now)
      : row,
  );
  return { ...state, outbox };
}

function afterAttempt(
  row: OutboxRecord,
  outcome: DeliveryOutcome,
  random: number,
  now: number,
): OutboxRecord {
  const attemptCount = row.attemptCount + 1;
  if (outcome.result === "delivered") {
    return { ...row, status: "delivered", attemptCount };
  }
  const delayMs = outcome.gone ? null : webhookRetryDelayMs(attemptCount, random, outcome.retryAfterMs);
  return delayMs === null
    ? { ...row, status: "gave_up", attemptCount }
    : { ...row, attemptCount, nextAt: now + delayMs };
}
