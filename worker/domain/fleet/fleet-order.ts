/**
 * Who is next: every job gets its first encoder before any gets a second, the account that holds least before the
 * others, and within it whoever came first.
 */
import type { FleetState, Ticket } from "./fleet-encoders.ts";

/** A job that is this late may be dead; what is free does not wait for it. Its place in the queue stays. */
const LATE_MS = 3_000;

/** It asked when it was told to. */
export function isPunctual(ticket: Ticket, now: number): boolean {
  return now <= ticket.dueAt + LATE_MS;
}

/** Encoders per job and per account, without those that are on their way back. */
export function usableCounts({ tickets, encoders }: FleetState): {
  jobs: Map<string, number>;
  accounts: Map<string, number>;
} {
  const accountOf = new Map(tickets.map((ticket) => [ticket.jobId, ticket.accountId]));
  const jobs = new Map<string, number>();
  const accounts = new Map<string, number>();
  for (const { jobId, isLeaving } of encoders) {
    if (jobId !== null && !isLeaving) {
      add(jobs, jobId);
      add(accounts, accountOf.get(jobId) ?? "");
    }
  }
  return { jobs, accounts };
}

/**
 * The jobs that get the next `count` free encoders, in order, then up to `firstsOnly` jobs that would still have none.
 * Jobs that are late get nothing.
 */
export function fairOrder(
  state: FleetState,
  { count, firstsOnly }: { count: number; firstsOnly: number },
  now: number,
): string[] {
  const { jobs, accounts } = usableCounts(state);
  const ofJob = (ticket: Ticket) => jobs.get(ticket.jobId) ?? 0;
  const ofAccount = (ticket: Ticket) => accounts.get(ticket.accountId) ?? 0;
  const isBefore = (a: Ticket, b: Ticket) =>
    (Number(ofJob(a) > 0) - Number(ofJob(b) > 0) ||
      ofAccount(a) - ofAccount(b) ||
      ofJob(a) - ofJob(b) ||
      a.since - b.since ||
      (a.jobId < b.jobId ? -1 : 1)) < 0;
  const punctual = state.tickets.filter((ticket) => isPunctual(ticket, now));
  const order: string[] = [];
  while (order.length < count + firstsOnly) {
    const limit = (ticket: Ticket) => (order.length < count ? ticket.want : Math.min(1, ticket.want));
    const [next] = punctual
      .filter((ticket) => ofJob(ticket) < limit(ticket))
      .reduce<Ticket[]>((best, ticket) => (best[0] && isBefore(best[0], ticket) ? best : [ticket]), []);
    if (next === undefined) {
      break;
    }
    order.push(next.jobId);
    add(jobs, next.jobId);
    add(accounts, next.accountId);
  }
  return order;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
