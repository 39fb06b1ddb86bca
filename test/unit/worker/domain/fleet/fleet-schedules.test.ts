import { describe, expect, it } from "vitest";
import { decideFleet, FLEET_LEASE_MS, type FleetRequest } from "../../../../../worker/domain/fleet/fleet.ts";
import type { FleetPool, FleetState } from "../../../../../worker/domain/fleet/fleet-encoders.ts";
import { T0 } from "../../../../support/job-builders.ts";
import { seededRandom, type Random } from "../../../../support/random.ts";

const SCHEDULES = 1_500;
const STEP_MS = 500;
/** All schedules of one test, on a busy machine. */
const TIMEOUT_MS = 60_000;

/** A job as the fleet knows it, and what it believes to have. */
type Job = {
  id: string;
  account: string;
  want: number;
  version: number;
  granted: string[];
  /** On their way back, and when they are there. */
  leaving: Map<string, number>;
  /** When the newest request was heard whose answer arrived. */
  heardAt: number;
  /** What it still works on although its silence has cost it the lease. */
  orphans: Set<string>;
  askAt: number;
  /** It falls silent here, and speaks again later. */
  silentUntil: number;
  isDead: boolean;
  firstAskedAt: number | null;
  firstGrantedAt: number | null;
};

type World = {
  random: Random;
  pool: FleetPool;
  size: number;
  state: FleetState;
  now: number;
  jobs: Job[];
  /** Requests that arrive late, after newer ones. */
  late: { at: number; request: FleetRequest }[];
  faults: boolean;
  violations: string[];
};

function newWorld(random: Random, faults: boolean): World {
  const size = 1 + random.below(6);
  const names = Array.from({ length: size }, (_, index) => String(index));
  const pool: FleetPool = random.chance(0.5) ? { type: "named", names } : { type: "counted", count: size };
  return {
    ...{ random, pool, size, faults, now: T0 },
    ...{ state: { tickets: [], encoders: [] }, jobs: [], late: [], violations: [] },
  };
}

function addJob(world: World, change: Partial<Job> = {}): Job {
  const { random, jobs, now } = world;
  const job: Job = {
    id: `job${jobs.length}`,
    account: `account${random.below(3)}`,
    want: random.chance(0.6) ? 1 : 1 + random.below(8),
    version: 1,
    granted: [],
    leaving: new Map(),
    heardAt: 0,
    orphans: new Set(),
    askAt: now + random.below(2_000),
    silentUntil: 0,
    isDead: false,
    firstAskedAt: null,
    firstGrantedAt: null,
    ...change,
  };
  jobs.push(job);
  return job;
}

/** One request reaches the fleet. */
function hear(world: World, request: FleetRequest) {
  const before = world.state;
  const { state, reply } = decideFleet(before, request, world.pool, world.now);
  world.state = state;
  world.violations.push(...brokenPromises(world, request));
  if (!world.faults) {
    world.violations.push(...overtaken(before, world, request));
  }
  return reply;
}

/** What must hold after every single request. */
function brokenPromises({ state, size, now, pool }: World, request: FleetRequest): string[] {
  const inUse = state.encoders.filter(({ jobId }) => jobId !== null);
  const alive = new Set(
    state.tickets.filter(({ renewedAt }) => renewedAt + FLEET_LEASE_MS > now).map(({ jobId }) => jobId),
  );
  const check = (isBroken: boolean, text: string) =>
    isBroken ? [`${text} at ${now - T0} by ${request.jobId}`] : [];
  return [
    ...check(inUse.length > size, "more encoders than there are"),
    ...check(new Set(inUse.map(({ name }) => name)).size < inUse.length, "one encoder in two rows"),
    ...check(
      inUse.some(({ jobId }) => !alive.has(jobId ?? "")),
      "a silent job holds an encoder",
    ),
    ...check(
      pool.type === "counted" && inUse.some(({ name, jobId }) => !name.startsWith(`${jobId}-`)),
      "a container of another job",
    ),
  ];
}

/**
 * A job may get an encoder only when as many are left as jobs without one stand before it: those of accounts that
 * hold less, each older job of an account counting as served, then older ones. All of them stand before a second one.
 */
function overtaken(before: FleetState, { state, size, now }: World, { jobId }: FleetRequest): string[] {
  const isUsable = (encoder: FleetState["encoders"][number]) => encoder.jobId !== null && !encoder.isLeaving;
  const had = new Set(
    before.encoders.filter((encoder) => encoder.jobId === jobId).map((encoder) => encoder.name),
  );
  const isNew = (name: string) => !had.has(name);
  const kept = state.encoders.filter(
    (encoder) => isUsable(encoder) && !(encoder.jobId === jobId && isNew(encoder.name)),
  );
  const gained = state.encoders.filter((encoder) => encoder.jobId === jobId && isNew(encoder.name)).length;
  const accountOf = new Map(state.tickets.map((ticket) => [ticket.jobId, ticket.accountId]));
  const held = (accountId: string) =>
    kept.filter((encoder) => accountOf.get(encoder.jobId ?? "") === accountId).length;
  const waiting = state.tickets
    .filter(({ want, dueAt }) => want > 0 && dueAt + 3_000 >= now)
    .filter((ticket) => kept.every((encoder) => encoder.jobId !== ticket.jobId))
    .toSorted((a, b) => a.since - b.since || (a.jobId < b.jobId ? -1 : 1));
  const turn = waiting
    .map((ticket, index) => ({
      jobId: ticket.jobId,
      round:
        held(ticket.accountId) +
        waiting.slice(0, index).filter(({ accountId }) => accountId === ticket.accountId).length,
    }))
    .toSorted((a, b) => a.round - b.round)
    .map((entry) => entry.jobId);
  const own = turn.indexOf(jobId);
  const others = own < 0 || gained > 1 ? turn.filter((id) => id !== jobId).length : own;
  const left = size - state.encoders.filter((encoder) => encoder.jobId !== null).length;
  return gained > 0 && left < others ? [`${jobId} got ${gained} before ${others} others at ${now - T0}`] : [];
}

/** The job asks, unless the request is lost; it learns the answer, unless that is lost. */
function ask(world: World, job: Job): void {
  const { random, now, faults } = world;
  const request: FleetRequest = {
    ...{ jobId: job.id, accountId: job.account, want: job.want, version: job.version },
    holding: [...job.granted, ...job.leaving.keys()],
    broken: faults && random.chance(0.02) ? job.granted.slice(0, 1) : [],
  };
  if (job.want === 0) {
    job.firstAskedAt = null;
  } else {
    job.firstAskedAt ??= now;
  }
  job.askAt = now + 1_000;
  if (faults && random.chance(0.05)) {
    return;
  }
  if (faults && random.chance(0.05)) {
    world.late.push({ at: now + random.below(8_000), request });
  }
  const reply = hear(world, request);
  if (faults && random.chance(0.05)) {
    return;
  }
  const usable = reply.granted.filter((name) => !job.leaving.has(name) && !request.broken.includes(name));
  for (const name of job.granted.filter((held) => !usable.includes(held))) {
    job.leaving.set(name, now + random.below(4_000));
  }
  if (job.heardAt + FLEET_LEASE_MS <= now) {
    job.orphans = new Set(job.leaving.keys());
  }
  // The record's version moves on with each answer.
  job.version += 1;
  job.granted = usable;
  job.heardAt = now;
  job.askAt = now + reply.retryAfterMs;
  if (usable.length > 0) {
    job.firstGrantedAt ??= now;
  }
}

/** Encoders that are back are left out of the next request, which is sent at once. */
function release(world: World, job: Job): void {
  for (const [name, at] of job.leaving) {
    if (at <= world.now) {
      job.leaving.delete(name);
      job.orphans.delete(name);
      job.version += 1;
      job.askAt = world.now;
    }
  }
}

function live(world: World, job: Job): void {
  const { random, now, faults } = world;
  if (job.isDead || job.silentUntil > now) {
    return;
  }
  release(world, job);
  if (faults && random.chance(0.002)) {
    job.isDead = true;
    return;
  }
  if (faults && random.chance(0.002)) {
    job.silentUntil = now + random.below(60_000);
    return;
  }
  if (random.chance(0.01)) {
    job.want = random.chance(0.3) ? 0 : 1 + random.below(8);
    job.version += 1;
    job.askAt = now;
    for (const name of job.granted.slice(job.want)) {
      job.leaving.set(name, now);
    }
    job.granted = job.granted.slice(0, job.want);
  }
  if (job.askAt <= now) {
    ask(world, job);
  }
}

/** Two jobs of which each has good reason to believe that it may use the same encoder. */
function sharedEncoders({ jobs, now }: World): string[] {
  const holders = new Map<string, string>();
  return jobs.flatMap((job) => {
    const believes = !job.isDead && job.heardAt + FLEET_LEASE_MS > now;
    const leaving = [...job.leaving.keys()].filter((name) => !job.orphans.has(name));
    return (believes ? [...job.granted, ...leaving] : []).flatMap((name) => {
      const other = holders.get(name);
      holders.set(name, job.id);
      return other === undefined ? [] : [`${other} and ${job.id} both have ${name} at ${now - T0}`];
    });
  });
}

function pass(world: World): void {
  world.now += STEP_MS;
  const due = world.late.filter(({ at }) => at <= world.now);
  world.late = world.late.filter(({ at }) => at > world.now);
  due.forEach(({ request }) => hear(world, request));
  world.jobs.forEach((job) => live(world, job));
  world.violations.push(...sharedEncoders(world));
}

const seeds = Array.from({ length: SCHEDULES }, (_, index) => index + 1);

describe(`${SCHEDULES} random schedules of jobs that share a fleet`, () => {
  it(
    "never give an encoder to two jobs, exceed the limit or leave anything with the dead, whatever is lost or late",
    () => {
      const found = seeds.flatMap((seed) => {
        const random = seededRandom(seed);
        const world = newWorld(random, true);
        for (let step = 0; step < 120; step += 1) {
          if (world.jobs.length < 10 && random.chance(0.1)) {
            addJob(world);
          }
          pass(world);
        }
        return world.violations.map((text) => `seed ${seed}: ${text}`);
      });
      expect(found).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    "give every job its first encoder within 20 s when there is one for each, however much others hold",
    () => {
      const late = seeds.flatMap((seed) => {
        const random = seededRandom(seed);
        const world = newWorld(random, false);
        addJob(world, { want: 8, askAt: T0 });
        for (let step = 0; step < 120; step += 1) {
          if (step > 4 && world.jobs.length < world.size && random.chance(0.1)) {
            addJob(world, { askAt: world.now });
          }
          pass(world);
        }
        const waits = world.jobs.flatMap(({ firstAskedAt, firstGrantedAt }) =>
          firstAskedAt === null ? [] : [(firstGrantedAt ?? world.now) - firstAskedAt],
        );
        return waits.filter((waitMs) => waitMs > 20_000).map((waitMs) => `seed ${seed}: ${waitMs} ms`);
      });
      expect(late).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    "put no job before one of an account that holds less, nor before an older one of its own account",
    () => {
      const unfair = seeds.flatMap((seed) => {
        const random = seededRandom(seed);
        const world = newWorld(random, false);
        for (let step = 0; step < 80; step += 1) {
          if (world.jobs.length < 12 && random.chance(0.3)) {
            addJob(world, { askAt: world.now });
          }
          pass(world);
        }
        return world.violations.map((text) => `seed ${seed}: ${text}`);
      });
      expect(unfair).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
