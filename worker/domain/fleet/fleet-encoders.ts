/**
 * The fleet's encoders: which are free, and in which order they are given away. Who gets them is decided elsewhere.
 */
/** Encoders with names of their own, or a number of machines that are started under the name of their job. */
export type FleetPool = { type: "named"; names: readonly string[] } | { type: "counted"; count: number };

export type Ticket = {
  jobId: string;
  accountId: string;
  want: number;
  version: number;
  /** Since when the job wants an encoder: its place in the queue. */
  since: number;
  renewedAt: number;
  /** When it was told to ask again. */
  dueAt: number;
};

export type FleetEncoder = {
  name: string;
  /** Null: nobody has it. */
  jobId: string | null;
  /** Had it last, and may still have its source there. */
  lastJobId: string | null;
  /** Its job is to give it back and has the lease until then. */
  isLeaving: boolean;
  brokenAt: number | null;
};

export type FleetState = { tickets: readonly Ticket[]; encoders: readonly FleetEncoder[] };

/** A broken encoder is granted to nobody for this long, or every job would try its luck with it. */
export const BROKEN_MS = 30_000;

/** When nothing else is free it is tried again sooner: a process that was restarted answers within seconds. */
export const BROKEN_LAST_RESORT_MS = 3_000;

/**
 * Names that the job could be given, the best first: its own last one, then one that nobody may come back to. Of broken
 * ones, that may be tried again as the last resort, whichever has rested longest.
 */
export function freeEncoders(
  state: FleetState,
  jobId: string,
  pool: FleetPool,
  now: number,
): { usable: string[]; lastResort: string[] } {
  if (pool.type === "counted") {
    return { usable: newNames(state, jobId, freeCount(state, pool)), lastResort: [] };
  }
  const waiting = new Set(state.tickets.map((ticket) => ticket.jobId));
  const rows = new Map(state.encoders.map((encoder) => [encoder.name, encoder]));
  const cost = ({ lastJobId }: FleetEncoder) =>
    lastJobId === jobId ? 0 : lastJobId === null || !waiting.has(lastJobId) ? 1 : 2;
  const free = pool.names
    .map((name) => rows.get(name) ?? newEncoder(name))
    .filter((encoder) => encoder.jobId === null)
    .toSorted((a, b) => (a.brokenAt ?? 0) - (b.brokenAt ?? 0) || cost(a) - cost(b));
  const isRested = ({ brokenAt }: FleetEncoder) =>
    brokenAt !== null && brokenAt + BROKEN_LAST_RESORT_MS <= now;
  return {
    usable: free.filter(({ brokenAt }) => brokenAt === null).map(({ name }) => name),
    lastResort: free.filter(isRested).map(({ name }) => name),
  };
}

/** The smallest numbers that are neither in use nor broken. */
function newNames(state: FleetState, jobId: string, count: number): string[] {
  const taken = new Set(state.encoders.map((encoder) => encoder.name));
  const names: string[] = [];
  for (let number = 0; names.length < count; number += 1) {
    if (!taken.has(`${jobId}-${number}`)) {
      names.push(`${jobId}-${number}`);
    }
  }
  return names;
}

/** How many more containers may run. */
export function freeCount(state: FleetState, pool: Extract<FleetPool, { type: "counted" }>): number {
  return Math.max(0, pool.count - state.encoders.filter(({ jobId }) => jobId !== null).length);
}

/** The encoder is the job's, and nothing is held against it. */
export function granted(state: FleetState, name: string, jobId: string): FleetState {
  const isKnown = state.encoders.some((encoder) => encoder.name === name);
  const encoders = isKnown ? state.encoders : [...state.encoders, newEncoder(name)];
  return {
    ...state,
    encoders: encoders.map((encoder) =>
      encoder.name === name ? { ...newEncoder(name), jobId, lastJobId: jobId } : encoder,
    ),
  };
}

/** Nobody has it. */
export const freed = (encoder: FleetEncoder): FleetEncoder => ({ ...encoder, jobId: null, isLeaving: false });

/** An encoder that was never granted. */
export const newEncoder = (name: string): FleetEncoder => ({
  name,
  jobId: null,
  lastJobId: null,
  isLeaving: false,
  brokenAt: null,
});
