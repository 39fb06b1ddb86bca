/**
 * Runs one job against encoders that die, fall silent, repeat themselves, speak too late and make bad parts, on a
 * virtual clock. The shell's part is played by reading `dueWork`, as the real one does.
 */
import type { Failure } from "../../encoder/contract/failure-catalogue.ts";
import type { TaskReport, TaskResult } from "../../encoder/contract/report.ts";
import type { PublishedTrack } from "../../encoder/contract/stream.ts";
import { decideJob } from "../../worker/domain/decide-job.ts";
import { dueWork, nextTimerAt, type Work } from "../../worker/domain/due-work.ts";
import { fleetRequest } from "../../worker/domain/ledger/job-encoders.ts";
import type { JobEvent } from "../../worker/domain/job-events.ts";
import type { JobState, TaskRecord } from "../../worker/domain/job-record.ts";
import { isFinalJob } from "../../worker/domain/job-status.ts";
import { needsWholeEncoder } from "../../worker/domain/ledger/startable-tasks.ts";
import { aQualityVideo } from "./chunked-job.ts";
import {
  SHORT_SOURCE,
  T0,
  aJob,
  aLongSource,
  aResult,
  aStream,
  aVideo,
  anAnimation,
  anImage,
  type TestSource,
} from "./job-builders.ts";
import type { Random } from "./random.ts";
import { brokenPromises, chunksOf } from "./schedule-promises.ts";

/** Tasks that each simulated encoder runs at once. */
const SLOTS = 3;

/** A message that may be lost, doubled, late or out of order. */
type Mail = { at: number; event: JobEvent };

type World = {
  random: Random;
  source: TestSource;
  /** How often an attempt fails, and how often a chunk does not fit its neighbour. */
  faults: { attempt: number; seam: number };
  now: number;
  state: JobState;
  mail: Mail[];
  /** How attempts end that encoders have taken, by `taskId/attempt`: what a poll tells although its report got lost. */
  ends: Map<string, { at: number; report: TaskReport }>;
  violations: string[];
};

export type Run = { last: JobState; violations: string[] };

export function runSchedule(random: Random): Run {
  const world = newWorld(random);
  for (let step = 0; step < 6_000 && !isSettled(world.state); step += 1) {
    const before = world.state;
    const works = dueWork(before, world.now);
    works.forEach((work) => playWork(world, work));
    const due = world.mail.filter((letter) => letter.at <= world.now);
    world.mail = world.mail.filter((letter) => letter.at > world.now);
    due.forEach(({ event }) => apply(world, event));
    if (random.chance(0.01)) {
      apply(world, { type: "encoder-gone", encoder: String(random.below(3)) });
    }
    // What happened may have made more work due at once. Polls go on all the time.
    world.now = world.state === before ? nextMoment(world) : world.now + 1;
    apply(world, { type: "tick" });
  }
  return { last: world.state, violations: world.violations };
}

/** When the next message arrives or the next timer fires. */
function nextMoment({ now, state, mail }: World): number {
  const timer = nextTimerAt(state, now) ?? Number.POSITIVE_INFINITY;
  const next = mail.reduce((first, letter) => Math.min(first, letter.at), timer);
  return Number.isFinite(next) ? Math.max(now + 1, next) : now + 1_000;
}

/** Nothing is left to do but to wait for the end of its retention. */
export const isSettled = (state: JobState): boolean =>
  isFinalJob(state.record.status) &&
  state.outbox.every((event) => event.status !== "pending") &&
  !state.record.closing.secrets;

function newWorld(random: Random): World {
  const all = [
    aVideo(),
    aQualityVideo("/quality.mp4"),
    aQualityVideo("/part.mp4", { durationSeconds: 30, audioBps: 64_000 }),
    aStream(),
    aStream({
      path: "/live",
      hls: { path: "/hls", version: 4, isLiveEdge: true, encryption: null },
      dash: { path: "/dash", hasHls: true, encryption: null },
    }),
    anImage({ vtt: { filename: null } }),
    anAnimation(),
  ];
  const outputs = all.filter(() => random.chance(0.6));
  return {
    random,
    source: random.chance(0.3) ? SHORT_SOURCE : aLongSource(62 + random.below(40)),
    faults: { attempt: random.pick([0, 0.05, 0.35]), seam: random.pick([0, 0.1, 0.3]) },
    now: T0,
    state: aJob({ ultrafast: random.chance(0.5), outputs: outputs.length === 0 ? all : outputs }),
    mail: [],
    ends: new Map(),
    violations: [],
  };
}

function apply(world: World, event: JobEvent): void {
  const next = decideJob(world.state, event, world.now).state;
  world.violations.push(...brokenPromises(world.state, next, event, world.now));
  world.state = next;
}

function post(world: World, event: JobEvent, delayMs: number): void {
  const { random, mail, now } = world;
  if (random.chance(0.03)) {
    return;
  }
  mail.push({ at: now + delayMs, event });
  if (random.chance(0.2)) {
    mail.push({ at: now + delayMs + random.below(60_000), event });
  }
}

function playWork(world: World, work: Work): void {
  const { random, state } = world;
  switch (work.type) {
    case "ask-fleet": {
      // The fleet gives and takes as it likes, at most what is wanted.
      const { want, broken, holding } = fleetRequest(state, world.now);
      const granted = [...new Set([...holding, "0", "1", "2"])]
        .filter((name) => random.chance(holding.includes(name) ? 0.97 : 0.6))
        .slice(0, want);
      const retryAfterMs = 2_000 + random.below(20_000);
      return apply(world, { type: "fleet-replied", want, broken, granted, retryAfterMs });
    }
    case "release":
      return apply(world, { type: "encoder-released", encoder: work.encoder });
    case "find-capacity":
      return findCapacity(world, work.encoder);
    case "start":
      return start(world, work.task, work.encoder);
    case "cancel":
      return apply(world, {
        type: "task-cancelled",
        taskId: work.task.taskId,
        attempt: work.task.attempt,
      });
    case "deliver": {
      const outcome = random.chance(0.5)
        ? ({ result: "delivered" } as const)
        : ({ result: "failed", gone: random.chance(0.05), retryAfterMs: null } as const);
      return apply(world, { type: "delivery-ended", id: work.eventId, outcome, random: random.next() });
    }
    case "index":
      return apply(world, { type: "indexed", version: state.record.version });
    case "poll":
      return poll(world, work.encoder);
    case "release-encoders":
      return apply(world, { type: "closed", part: "encoders" });
    case "delete-work-files":
      return apply(world, { type: "closed", part: "workFiles" });
    case "wipe-secrets":
      return apply(world, { type: "closed", part: "secrets" });
    case "delete-hosted":
      return apply(world, { type: "closed", part: "hosted" });
    case "retire":
      return;
  }
}

function findCapacity(world: World, encoder: string): void {
  const { random, state } = world;
  if (random.chance(0.01)) {
    return apply(world, { type: "encoder-silent", encoder });
  }
  const running = state.tasks.filter(
    (task) => task.status === "leased" && task.accepted && task.encoder === encoder,
  );
  const taken = running.reduce((sum, task) => sum + (needsWholeEncoder(task) ? SLOTS : 1), 0);
  const slotsFree = random.chance(0.1) ? 0 : Math.max(0, SLOTS - taken);
  return slotsFree > 0
    ? apply(world, { type: "capacity-found", encoder, slots: SLOTS, slotsFree })
    : apply(world, { type: "capacity-missing" });
}

function start(world: World, task: TaskRecord, encoder: string): void {
  const { random } = world;
  const ref = { taskId: task.taskId, attempt: task.attempt };
  if (random.chance(0.05)) {
    return apply(world, { type: "task-refused", ...ref });
  }
  apply(world, { type: "task-started", ...ref });
  const send = (report: TaskReport, delayMs: number) =>
    post(world, { type: "reported", encoder, reports: [report], expected: [] }, delayMs);
  const progressPercent = random.below(100);
  send({ ...ref, state: "running", phase: "encoding", progressPercent }, random.below(20_000));
  const end = endOf(world, task);
  const delayMs = random.below(25_000);
  world.ends.set(`${ref.taskId}/${ref.attempt}`, { at: world.now + delayMs, report: end });
  send(end, delayMs);
}

/** A poll begins with all that the encoder knows: after a restart that is nothing. */
function poll(world: World, encoder: string): void {
  const { random, state, ends, now } = world;
  if (random.chance(0.8)) {
    return;
  }
  if (random.chance(0.7)) {
    return apply(world, { type: "encoder-alive", encoder });
  }
  const held = state.tasks.filter(
    (task) => task.status === "leased" && task.accepted && task.encoder === encoder,
  );
  const expected = held.map(({ taskId, attempt }) => ({ taskId, attempt }));
  const known = expected.map((ref): TaskReport => {
    const end = ends.get(`${ref.taskId}/${ref.attempt}`);
    return end !== undefined && end.at <= now
      ? end.report
      : { ...ref, state: "running", phase: "encoding", progressPercent: 50 };
  });
  apply(world, { type: "reported", encoder, reports: random.chance(0.05) ? [] : known, expected });
}

function endOf(world: World, task: TaskRecord): TaskReport {
  const { random, faults } = world;
  const ref = { taskId: task.taskId, attempt: task.attempt };
  if (random.chance(faults.attempt)) {
    return { ...ref, state: "failed", failure: failureOf(world, task) };
  }
  const phaseMs = {
    fetching: random.below(100),
    encoding: random.below(5_000),
    uploading: random.below(100),
  };
  const result = withFaults(world, withChunks(world, task, aResult(task, world.source)));
  return { ...ref, state: "done", result, phaseMs };
}

function failureOf({ random, state }: World, { work }: TaskRecord): Failure {
  const isReader = work.kind === "assemble" || work.kind === "segment" || work.kind === "segment-sound";
  if (isReader && random.chance(0.7)) {
    const keys = state.tasks.flatMap(({ result }) =>
      result?.kind === "chunk"
        ? result.parts.map(({ file }) => file.key)
        : result?.kind === "encode"
          ? [result.file.key]
          : result?.kind === "segment-sound"
            ? result.pieces.map(({ key }) => key)
            : [],
    );
    return { code: "work_file_lost", lostKeys: keys.filter(() => random.chance(0.1)) };
  }
  return {
    code: random.pick([
      "encode_failed",
      "internal_error",
      "internal_error",
      "encode_out_of_memory",
      "encode_out_of_memory",
      "encoder_stopping",
      "output_check_failed",
      "source_interrupted",
      "source_changed",
    ]),
  };
}

/** Segments say what they were cut of. */
function withChunks({ state }: World, task: TaskRecord, result: TaskResult): TaskResult {
  if (result.kind !== "segment") {
    return result;
  }
  const codecs = chunksOf(task, state.tasks);
  const stamped = (track: PublishedTrack | null) => track && { ...track, codecs };
  return {
    ...result,
    pictures: result.pictures.map(({ transport, fragments }) => ({
      transport: stamped(transport),
      fragments: stamped(fragments),
    })),
  };
}

/** A chunk that was decoded from the wrong place, or has other headers than the rest. */
function withFaults({ random, faults }: World, result: TaskResult): TaskResult {
  if (result.kind !== "chunk" || !random.chance(faults.seam)) {
    return result;
  }
  if (random.chance(0.05)) {
    return { ...result, parts: result.parts.map((part) => ({ ...part, extradataHash: "other headers" })) };
  }
  const spoilt = `damaged frame ${random.below(2)}`;
  return {
    ...result,
    seam: random.chance(0.5) ? { ...result.seam, next: spoilt } : { ...result.seam, first: spoilt },
  };
}
