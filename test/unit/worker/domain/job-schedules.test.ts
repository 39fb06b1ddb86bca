import { describe, expect, it } from "vitest";
import type { JobState, TaskRecord } from "../../../../worker/domain/job-record.ts";
import { isFinalOutput } from "../../../../worker/domain/job-status.ts";
import { isSettled, runSchedule } from "../../../support/job-simulator.ts";
import { seededRandom } from "../../../support/random.ts";

const SCHEDULES = 10_000;

describe(`${SCHEDULES} random schedules of lost, doubled, late and reordered messages`, () => {
  const runs = Array.from({ length: SCHEDULES }, (_, seed) => ({
    seed,
    ...runSchedule(seededRandom(seed + 1)),
  }));
  const share = (isIt: (state: JobState) => boolean) =>
    runs.filter(({ last }) => isIt(last)).length / SCHEDULES;
  const hasTask = (isIt: (task: TaskRecord) => boolean) => share((state) => state.tasks.some(isIt));

  it("end every job, with every output final and every webhook delivered or given up", () => {
    const open = runs.filter(
      ({ last }) => !isSettled(last) || !last.record.outputs.every((output) => isFinalOutput(output.status)),
    );
    expect(open.map(({ seed }) => seed)).toEqual([]);
  });

  it("never wait for the job's deadline: as long as an encoder answers, something goes on", () => {
    const failures = ({ record }: JobState) => [
      record.input.failure,
      ...record.outputs.map((o) => o.failure),
    ];
    const stuck = runs.filter(({ last }) =>
      failures(last).some((failure) => failure?.code === "job_deadline_exceeded"),
    );
    expect(stuck.map(({ seed }) => seed)).toEqual([]);
  });

  it("leave nothing leased and nothing waiting at the end", () => {
    const busy = runs.filter(({ last }) =>
      last.tasks.some(({ status }) => status === "leased" || status === "pending"),
    );
    expect(busy.map(({ seed }) => seed)).toEqual([]);
  });

  it("break no promise: progress never falls, nothing is leased twice at once or done twice without a cause, no stale report counts, nothing is joined that does not fit", () => {
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

  it("deliver every output that is called completed", () => {
    const isDelivered = (state: JobState, index: number) =>
      state.tasks.some(
        ({ status, work, outputIndexes }) =>
          status === "done" &&
          outputIndexes.includes(index) &&
          (work.kind === "assemble" ||
            work.kind === "package" ||
            work.kind === "image" ||
            work.kind === "animation" ||
            (work.kind === "encode" && work.to === "destination")),
      );
    const missing = runs.filter(({ last }) =>
      last.record.outputs.some((output, index) => output.status === "completed" && !isDelivered(last, index)),
    );
    expect(missing.map(({ seed }) => seed)).toEqual([]);
  });

  it("exercise success, failure, retries, seams, lost parts, whole encodes and memory exhaustion alike", () => {
    expect(share((state) => state.record.status === "completed")).toBeGreaterThan(0.3);
    expect(share((state) => state.record.status === "failed")).toBeGreaterThan(0.05);
    expect(hasTask((task) => task.attempt > 1)).toBeGreaterThan(0.3);
    expect(hasTask(({ work }) => work.kind === "analyze")).toBeGreaterThan(0.3);
    expect(hasTask(({ work }) => work.kind === "chunk" && work.isExact)).toBeGreaterThan(0.1);
    expect(hasTask(({ taskId }) => taskId.endsWith("-whole"))).toBeGreaterThan(0.1);
    const failedWith = (code: string) => (task: TaskRecord) =>
      task.failures.some((failure) => failure.code === code);
    const isAlone = failedWith("encode_out_of_memory");
    expect(hasTask(failedWith("work_file_lost"))).toBeGreaterThan(0.05);
    expect(hasTask(({ work, attempt }) => work.kind === "segment" && attempt > 1)).toBeGreaterThan(0.1);
    expect(hasTask(({ work, status }) => work.kind === "open-package" && status === "done")).toBeGreaterThan(
      0.1,
    );
    expect(share((state) => state.outbox.some(({ event }) => event === "output.playable"))).toBeGreaterThan(
      0.1,
    );
    expect(hasTask((task) => isAlone(task) && task.status === "done")).toBeGreaterThan(0.05);
  }, 60_000);
});
