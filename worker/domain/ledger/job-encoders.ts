/**
 * A job's side of the fleet: how many encoders it could keep busy, which it was granted, and which it gives back.
 * An encoder that is given back first finishes what it runs, then forgets the job, and only then leaves the request.
 */
import type { FleetRequest } from "../fleet/fleet.ts";
import { isFinalJob } from "../job-status.ts";
import type { JobRecord, JobState, TaskRecord } from "../job-record.ts";
import { needsWholeEncoder, startableTasks } from "./startable-tasks.ts";

/** Shorter sources are done before a second encoder has opened them. */
const ULTRAFAST_MIN_SECONDS = 60;

/** A task that may start this soon keeps its encoder, which still has the source. */
export const SOON_MS = 10_000;

/** How many encoders the job may hold at once. */
export function encoderLimit(record: JobRecord): number {
  const durationSeconds = record.input.mediaInfo?.durationSeconds ?? 0;
  return record.spec.ultrafast && durationSeconds > ULTRAFAST_MIN_SECONDS ? record.ultrafastEncoders : 1;
}

/** How many encoders the job could keep busy now; 0 when it has nothing to do for any. */
function wantedEncoders(state: JobState, now: number): number {
  const { record, tasks } = state;
  if (isFinalJob(record.status)) {
    return 0;
  }
  const slotsOf = (task: TaskRecord) => (needsWholeEncoder(task) ? record.encoderSlots : 1);
  const open = [
    ...tasks.filter(({ status }) => status === "leased"),
    ...startableTasks(state, now + SOON_MS),
  ];
  const slots = open.reduce((sum, task) => sum + slotsOf(task), 0);
  return Math.min(encoderLimit(record), Math.ceil(slots / record.encoderSlots));
}

/** Encoders that hold a lease of this job now. */
export function busyEncoders(state: JobState): string[] {
  const names = new Set<string>();
  for (const { status, encoder } of state.tasks) {
    if (status === "leased" && encoder !== null) {
      names.add(encoder);
    }
  }
  return [...names];
}

/** The granted encoders, the best first: those at work, then those that have the source, then the others. */
export function candidateEncoders(state: JobState): string[] {
  const { granted, encoders } = state.record;
  const preferred = [...busyEncoders(state), ...encoders].filter((name) => granted.includes(name));
  return [...new Set([...preferred, ...granted])];
}

/**
 * Encoders to ask for room, each by itself: one that has to start first holds up no other. Not one with a start on its
 * way: it still counts that slot as free, and would be promised too much.
 */
export function askableEncoders(state: JobState): string[] {
  const starting = new Set(
    state.tasks.flatMap(({ status, accepted, encoder }) =>
      status === "leased" && !accepted ? [encoder] : [],
    ),
  );
  return candidateEncoders(state).filter((name) => !starting.has(name));
}

/** All that the job has a lease on: what it uses and what is on its way back. */
export function heldEncoders({ granted, leaving }: JobRecord): string[] {
  return [...granted, ...leaving];
}

/** What the job says to the fleet now. */
export function fleetRequest(state: JobState, now: number): FleetRequest {
  const { record } = state;
  return {
    jobId: record.id,
    accountId: record.accountId,
    want: wantedEncoders(state, now),
    holding: [...candidateEncoders(state), ...record.leaving],
    broken: record.broken,
    version: record.version,
  };
}

/** True when the fleet has to hear of the job: its lease or its place in the queue is due, or its need has changed. */
export function isFleetDue(state: JobState, now: number): boolean {
  const { record } = state;
  const want = wantedEncoders(state, now);
  const hasBusiness = want > 0 || record.broken.length > 0 || heldEncoders(record).length > 0;
  return want !== record.fleetWant || (hasBusiness && record.fleetAt <= now);
}

/**
 * The fleet's answer. What is not granted any more takes no new task. An encoder that is on its way back stays on it,
 * whatever an answer to an older request says.
 */
export function applyFleetReply(
  state: JobState,
  reply: { want: number; broken: readonly string[]; granted: readonly string[]; retryAfterMs: number },
  now: number,
): JobState {
  const { record } = state;
  const granted = reply.granted.filter(
    (name) => !record.leaving.includes(name) && !record.broken.includes(name),
  );
  const lost = record.granted.filter((name) => !granted.includes(name));
  const isNew = granted.some((name) => !record.granted.includes(name));
  return {
    ...state,
    record: {
      ...record,
      granted,
      leaving: [...record.leaving, ...lost],
      broken: record.broken.filter((name) => !reply.broken.includes(name)),
      fleetAt: now + reply.retryAfterMs,
      fleetWant: reply.want,
      capacityAt: isNew ? now : record.capacityAt,
    },
  };
}

/** Gives back idle encoders that the job has nothing to do for. */
export function giveUpIdle(state: JobState, now: number): JobState {
  const { record } = state;
  if (record.granted.length === 0 || isFinalJob(record.status)) {
    return state;
  }
  const busy = busyEncoders(state);
  if (record.granted.every((name) => busy.includes(name))) {
    return state;
  }
  const idle = candidateEncoders(state)
    .slice(wantedEncoders(state, now))
    .filter((name) => !busy.includes(name));
  return idle.length === 0 ? state : leave(state, idle);
}

/** The encoder did not answer or handed work back: the fleet is told, and the job asks for another one. */
export function withdrawEncoder(state: JobState, encoder: string, now: number): JobState {
  if (!state.record.granted.includes(encoder)) {
    return state;
  }
  const { record, ...rest } = leave(state, [encoder]);
  return { ...rest, record: { ...record, broken: [...record.broken, encoder], fleetAt: now } };
}

/** Encoders on their way back that run nothing of the job any more. */
export function releasableEncoders(state: JobState): string[] {
  const busy = busyEncoders(state);
  return state.record.leaving.filter((name) => !busy.includes(name));
}

/** The encoder has forgotten the job: the fleet may grant it to others. */
export function dropEncoder(state: JobState, encoder: string, now: number): JobState {
  const { record } = state;
  if (!record.leaving.includes(encoder)) {
    return state;
  }
  const without = (names: readonly string[]) => names.filter((name) => name !== encoder);
  return {
    ...state,
    // What was cancelled there has ended with it.
    tasks: state.tasks.map((task) =>
      task.status === "cancelled" && task.encoder === encoder ? { ...task, encoder: null } : task,
    ),
    record: {
      ...record,
      leaving: without(record.leaving),
      encoders: without(record.encoders),
      fleetAt: now,
    },
  };
}

function leave(state: JobState, names: readonly string[]): JobState {
  const { record } = state;
  return {
    ...state,
    record: {
      ...record,
      granted: record.granted.filter((name) => !names.includes(name)),
      leaving: [...record.leaving, ...names],
    },
  };
}
