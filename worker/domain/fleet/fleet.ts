/**
 * Which job may use which encoders. An encoder belongs to one job at a time, as a whole. A job asks, and asks again
 * before its lease ends; a job that falls silent loses everything it had. Pure: `fleet-object.ts` keeps the state.
 */
import {
  BROKEN_MS,
  freeCount,
  freed,
  freeEncoders,
  granted,
  newEncoder,
  type FleetEncoder,
  type FleetPool,
  type FleetState,
  type Ticket,
} from "./fleet-encoders.ts";
import { fairOrder, isPunctual, usableCounts } from "./fleet-order.ts";

/** What one job says of itself. */
export type FleetRequest = {
  jobId: string;
  accountId: string;
  /** How many encoders the job could keep busy; 0: none, what it still holds is on its way back. */
  want: number;
  /** Encoders that it uses, the one it needs most first: one that is asked back is taken from the end. */
  holding: readonly string[];
  /** Encoders that did not answer or handed work back. */
  broken: readonly string[];
  /** Grows with the job's state, so that repeats and requests that were overtaken are known. */
  version: number;
};

export type FleetReply = {
  /** What the job may use. One that it holds and that is not in here takes no new work and is to be given back. */
  granted: string[];
  retryAfterMs: number;
};

/** Silence after which a ticket and everything granted on it is dropped. */
export const FLEET_LEASE_MS = 30_000;

const SECOND_MS = 1_000;
const RENEWAL_MS = 10 * SECOND_MS;
/** For a job with several encoders: it may have to give one back, and learns of it when it asks. */
const SHARING_RENEWAL_MS = 5 * SECOND_MS;
const LONGEST_QUEUE = 10;

/** Answers one request. Unchanged tickets and encoders keep their identity. */
export function decideFleet(
  before: FleetState,
  request: FleetRequest,
  pool: FleetPool,
  now: number,
): { state: FleetState; reply: FleetReply } {
  const live = dropSilent(before, pool, now);
  const known = live.tickets.find((ticket) => ticket.jobId === request.jobId);
  if (known !== undefined && request.version < known.version) {
    return { state: live, reply: { granted: usableEncoders(live, request), retryAfterMs: SECOND_MS } };
  }
  // A repeat cannot list what the first answer granted.
  const isRepeat = known?.version === request.version;
  const given = isRepeat ? live : freeUnlisted(live, request);
  const heard = applyHolding(renewTicket(given, request, now), request, pool, now);
  const state = askBack(takeShare(heard, request.jobId, pool, now), request, pool, now);
  const retryAfterMs = retryDelay(state, request, now);
  const tickets = state.tickets.map((ticket) =>
    ticket.jobId === request.jobId ? { ...ticket, dueAt: now + retryAfterMs } : ticket,
  );
  return { state: { ...state, tickets }, reply: { granted: usableEncoders(state, request), retryAfterMs } };
}

/** Forgets jobs that fell silent, and what no longer matters of encoders that nobody has. */
function dropSilent(state: FleetState, pool: FleetPool, now: number): FleetState {
  const tickets = state.tickets.filter((ticket) => ticket.renewedAt + FLEET_LEASE_MS > now);
  const alive = new Set(tickets.map((ticket) => ticket.jobId));
  const encoders = state.encoders
    .map((encoder) => (encoder.jobId !== null && !alive.has(encoder.jobId) ? freed(encoder) : encoder))
    .map((encoder) =>
      encoder.brokenAt !== null && encoder.brokenAt + BROKEN_MS <= now
        ? { ...encoder, brokenAt: null }
        : encoder,
    )
    .filter(
      ({ name, jobId, brokenAt }) =>
        jobId !== null || brokenAt !== null || (pool.type === "named" && pool.names.includes(name)),
    );
  return { tickets, encoders };
}

function renewTicket(state: FleetState, request: FleetRequest, now: number): FleetState {
  const { jobId, accountId, want, version } = request;
  const known = state.tickets.find((ticket) => ticket.jobId === jobId);
  const since = known === undefined || known.want === 0 ? now : known.since;
  const ticket: Ticket = { jobId, accountId, want, version, since, renewedAt: now, dueAt: now };
  return {
    ...state,
    tickets:
      known === undefined
        ? [...state.tickets, ticket]
        : state.tickets.map((other) => (other === known ? ticket : other)),
  };
}

/** What the job no longer lists is free. */
function freeUnlisted(state: FleetState, { jobId, holding }: FleetRequest): FleetState {
  const encoders = state.encoders.map((encoder) =>
    encoder.jobId === jobId && !holding.includes(encoder.name) ? freed(encoder) : encoder,
  );
  return { ...state, encoders };
}

/** Takes note of what is broken, and gives the job back what it lost by falling silent. */
function applyHolding(
  state: FleetState,
  { jobId, holding, broken }: FleetRequest,
  pool: FleetPool,
  now: number,
): FleetState {
  const isOwn = (name: string) =>
    pool.type === "named" ? pool.names.includes(name) : name.startsWith(`${jobId}-`);
  const heard = state.encoders.map((encoder) => {
    const isBroken = broken.includes(encoder.name);
    const isLeaving = encoder.isLeaving || (encoder.jobId === jobId && (isBroken || !isOwn(encoder.name)));
    const brokenAt = isBroken ? now : encoder.brokenAt;
    return isLeaving === encoder.isLeaving && brokenAt === encoder.brokenAt
      ? encoder
      : { ...encoder, isLeaving, brokenAt };
  });
  const isKnown = (name: string) => heard.some((encoder) => encoder.name === name);
  const unheardOf = broken
    .filter((name) => isOwn(name) && !isKnown(name))
    .map((name): FleetEncoder => ({ ...newEncoder(name), brokenAt: now }));
  const lost = holding.filter((name) => isOwn(name) && !broken.includes(name));
  return lost.reduce<FleetState>((soFar, name) => adopt(soFar, name, jobId, pool), {
    ...state,
    encoders: [...heard, ...unheardOf],
  });
}

/** The job works there although its lease has ended: it may go on unless somebody else has the encoder by now. */
function adopt(state: FleetState, name: string, jobId: string, pool: FleetPool): FleetState {
  const isTaken = state.encoders.some((encoder) => encoder.name === name && encoder.jobId !== null);
  return isTaken || (pool.type === "counted" && freeCount(state, pool) === 0)
    ? state
    : granted(state, name, jobId);
}

/** Gives the job what is free and nobody before it in the queue is to have. */
function takeShare(state: FleetState, jobId: string, pool: FleetPool, now: number): FleetState {
  const { usable, lastResort } = freeEncoders(state, jobId, pool, now);
  const order = fairOrder(state, { count: usable.length, firstsOnly: lastResort.length }, now);
  const share = order.filter((id) => id === jobId).length;
  const isLastResort = order.indexOf(jobId) >= usable.length;
  const names = isLastResort ? lastResort.slice(0, share) : usable.slice(0, share);
  return names.reduce((soFar, name) => granted(soFar, name, jobId), state);
}

/** While a job without any encoder finds nothing free, the job that holds most gives one back. */
function askBack(state: FleetState, request: FleetRequest, pool: FleetPool, now: number): FleetState {
  const counts = usableCounts(state);
  const ofJob = (ticket: Ticket) => counts.jobs.get(ticket.jobId) ?? 0;
  const ofAccount = (ticket: Ticket) => counts.accounts.get(ticket.accountId) ?? 0;
  const punctual = state.tickets.filter((ticket) => isPunctual(ticket, now));
  const without = punctual.filter((ticket) => ticket.want > 0 && ofJob(ticket) === 0).length;
  // A broken machine that comes back helps nobody; a counted one leaves its place to a new one.
  const onTheWay = state.encoders.filter(
    ({ isLeaving, brokenAt }) => isLeaving && (brokenAt === null || pool.type === "counted"),
  ).length;
  const free =
    pool.type === "counted"
      ? freeCount(state, pool)
      : freeEncoders(state, request.jobId, pool, now).usable.length;
  const [richest] = punctual
    .filter((ticket) => ofJob(ticket) > 1)
    .toSorted((a, b) => ofAccount(b) - ofAccount(a) || ofJob(b) - ofJob(a) || b.since - a.since);
  if (without <= free + onTheWay || richest?.jobId !== request.jobId) {
    return state;
  }
  const last = usableEncoders(state, request).at(-1);
  const encoders = state.encoders.map((encoder) =>
    encoder.name === last ? { ...encoder, isLeaving: true } : encoder,
  );
  return askBack({ ...state, encoders }, request, pool, now);
}

/** What the job may use: what it holds in the order of its need, then what is new. */
function usableEncoders(state: FleetState, { jobId, holding }: FleetRequest): string[] {
  const usable = state.encoders
    .filter((encoder) => encoder.jobId === jobId && !encoder.isLeaving)
    .map(({ name }) => name);
  return [
    ...holding.filter((name) => usable.includes(name)),
    ...usable.filter((name) => !holding.includes(name)),
  ];
}

function retryDelay(state: FleetState, { jobId, want }: FleetRequest, now: number): number {
  const count = usableCounts(state).jobs.get(jobId) ?? 0;
  if (count === 0 && want > 0) {
    const place = fairOrder(state, { count: LONGEST_QUEUE, firstsOnly: 0 }, now).indexOf(jobId);
    return (place < 0 ? LONGEST_QUEUE : place + 1) * SECOND_MS;
  }
  return count > 1 || count < want ? SHARING_RENEWAL_MS : RENEWAL_MS;
}
