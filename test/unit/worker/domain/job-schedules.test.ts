import { describe, expect, it } from "vitest";
import type { TaskReport } from "../../../../encoder/contract/report.ts";
import { decideJob } from "../../../../worker/domain/decide-job.ts";
import { dueWork, nextTimerAt } from "../../../../worker/domain/due-work.ts";
import type { JobEvent } from "../../../../worker/domain/job-events.ts";
import type { JobState, TaskRecord } from "../../../../worker/domain/job-record.ts";
import { isFinalJob, isFinalOutput } from "../../../../worker/domain/job-status.ts";
import { T0, aJob, aResult, aStream, aVideo, anImage, taskOf } from "../../../support/job-builders.ts";
import { seededRandom, type Random } from "../../../support/random.ts";

const SCHEDULES = 3_000;

/** A message that may be lost, doubled, late or out of order. */
type Mail = { at: number; event: JobEvent };

/**
 * Runs one job against encoders that die, fall silent, repeat themselves and speak too late, on a virtual clock.
 * The shell's part is played by reading `dueWork`, as the real one does.
 */
function runSchedule(random: Random): { last: JobState; violations: string[] } {
  let state = aJob({ ultrafast: random.chance(0.5), outputs: [aVideo(), aStream(), anImage()] });
  let now = T0;
  let mail: Mail[] = [];
  const violations: string[] = [];
  const post = (event: JobEvent, delayMs: number) => {
    mail.push({ at: now + delayMs, event });
    if (random.chance(0.2)) {
      mail.push({ at: now + delayMs + random.below(60_000), event });
    }
  };
  const apply = (event: JobEvent) => {
    const next = decideJob(state, event, now).state;
    violations.push(...brokenPromises(state, next));
    state = next;
  };
  for (let step = 0; step < 4_000 && !isSettled(state); step += 1) {
    for (const work of dueWork(state, now)) {
      playWork(work, state, random, post, apply);
    }
    const due = mail.filter((letter) => letter.at <= now);
    mail = mail.filter((letter) => letter.at > now);
    for (const letter of due) {
      apply(letter.event);
    }
    if (random.chance(0.01)) {
      apply({ type: "encoder-gone", encoder: String(random.below(3)) });
    }
    apply({ type: "tick" });
    const times = [...mail.map((letter) => letter.at), nextTimerAt(state, now) ?? Number.POSITIVE_INFINITY];
    const next = Math.min(...times);
    now = Number.isFinite(next) ? Math.max(now + 1, next) : now + 1_000;
  }
  return { last: state, violations };
}

/** What must never be seen between one state and the next. */
function brokenPromises(before: JobState, state: JobState): string[] {
  const changed = (found: boolean, promise: string) => (found ? [promise] : []);
  return [
    ...changed(state.record.progressPercent < before.record.progressPercent, "progress fell"),
    ...before.record.outputs.flatMap((output, index) =>
      changed(
        isFinalOutput(output.status) && state.record.outputs[index]?.status !== output.status,
        `output ${index} left ${output.status}`,
      ),
    ),
    ...before.tasks.flatMap((task) => {
      const now = taskOf(state, task.taskId);
      return [
        ...changed(now.attempt < task.attempt, `attempt of ${task.taskId} went back`),
        ...changed(
          task.status === "done" && now.status !== "done",
          `${task.taskId} was done and is ${now.status}`,
        ),
        ...changed(
          isFinalJob(before.record.status) && now.attempt > task.attempt,
          `${task.taskId} started after the end`,
        ),
      ];
    }),
  ];
}

function playWork(
  work: ReturnType<typeof dueWork>[number],
  state: JobState,
  random: Random,
  post: (event: JobEvent, delayMs: number) => void,
  apply: (event: JobEvent) => void,
): void {
  switch (work.type) {
    case "find-capacity": {
      const slotsFree = random.below(4);
      const encoder = String(random.below(3));
      apply(
        slotsFree === 0
          ? { type: "capacity-missing" }
          : { type: "capacity-found", encoder, slots: 3, slotsFree },
      );
      return;
    }
    case "start": {
      const ref = { taskId: work.task.taskId, attempt: work.task.attempt };
      if (random.chance(0.15)) {
        apply({ type: "task-refused", ...ref });
        return;
      }
      apply({ type: "task-started", ...ref });
      for (const { report, delayMs } of reportsOf(work.task, random)) {
        if (!random.chance(0.05)) {
          post({ type: "reported", encoder: work.encoder, reports: [report], expected: [] }, delayMs);
        }
      }
      return;
    }
    case "cancel":
      apply({ type: "task-cancelled", taskId: work.task.taskId, attempt: work.task.attempt });
      return;
    case "deliver": {
      const outcome = random.chance(0.5)
        ? ({ result: "delivered" } as const)
        : ({ result: "failed", gone: random.chance(0.05), retryAfterMs: null } as const);
      apply({ type: "delivery-ended", id: work.eventId, outcome, random: random.next() });
      return;
    }
    case "index":
      apply({ type: "indexed", version: state.record.version });
      return;
    case "release-encoders":
      apply({ type: "closed", part: "encoders" });
      return;
    case "delete-work-files":
      apply({ type: "closed", part: "workFiles" });
      return;
    case "wipe-secrets":
      apply({ type: "closed", part: "secrets" });
      return;
    case "delete-hosted":
      apply({ type: "closed", part: "hosted" });
      return;
    case "poll":
    case "retire":
      return;
  }
}

function reportsOf(task: TaskRecord, random: Random): { report: TaskReport; delayMs: number }[] {
  const ref = { taskId: task.taskId, attempt: task.attempt };
  const progress = [30, 60, 90].map((progressPercent) => ({
    report: { ...ref, state: "running" as const, phase: "encoding" as const, progressPercent },
    delayMs: random.below(20_000),
  }));
  const end: TaskReport = random.chance(0.75)
    ? { ...ref, state: "done", result: aResult(task) }
    : {
        ...ref,
        state: "failed",
        failure: {
          code: random.pick([
            "encode_failed",
            "internal_error",
            "encode_out_of_memory",
            "encoder_stopping",
          ] as const),
        },
      };
  return [...progress, { report: end, delayMs: random.below(25_000) }];
}

const isSettled = (state: JobState) =>
  isFinalJob(state.record.status) &&
  state.outbox.every((event) => event.status !== "pending") &&
  !state.record.closing.secrets;

describe(`${SCHEDULES} random schedules of lost, doubled, late and reordered messages`, () => {
  const runs = Array.from({ length: SCHEDULES }, (_, seed) => ({
    seed,
    ...runSchedule(seededRandom(seed + 1)),
  }));

  it("end every job, with every output final and every webhook delivered or given up", () => {
    const open = runs.filter(
      ({ last }) => !isSettled(last) || !last.record.outputs.every((output) => isFinalOutput(output.status)),
    );
    expect(open.map(({ seed }) => seed)).toEqual([]);
  });

  it("exercise success, failure and retries alike", () => {
    const share = (isIt: (state: JobState) => boolean) =>
      runs.filter(({ last }) => isIt(last)).length / SCHEDULES;
    expect(share((state) => state.record.status === "completed")).toBeGreaterThan(0.05);
    expect(share((state) => state.record.status === "failed")).toBeGreaterThan(0.05);
    expect(share((state) => state.tasks.some((task) => task.attempt > 1))).toBeGreaterThan(0.5);
  });

  it("never let progress fall, a final status change, a finished task run again or an attempt number go back", () => {
    expect(runs.flatMap(({ seed, violations }) => violations.map((text) => `seed ${seed}: ${text}`))).toEqual(
      [],
    );
  });

  it("number events without a gap and send nothing after the job's own", () => {
    for (const { seed, last } of runs) {
      expect(
        last.outbox.map((event) => event.sequence),
        `seed ${seed}`,
      ).toEqual(last.outbox.map((_, index) => index + 1));
      expect(
        last.outbox.findIndex((event) => event.event.startsWith("job.")),
        `seed ${seed}`,
      ).toBe(last.outbox.length - 1);
    }
  });
});
