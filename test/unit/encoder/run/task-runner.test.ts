import { describe, expect, it } from "vitest";
import type { TaskReport } from "../../../../encoder/contract/report.ts";
import type { Task } from "../../../../encoder/contract/task.ts";
import type { TaskOutcome } from "../../../../encoder/run/run-task.ts";
import { createTaskRunner, type TaskRunner } from "../../../../encoder/run/task-runner.ts";
import type { Progress } from "../../../../encoder/run/task-progress.ts";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import { aJobId, anIngestTask } from "../../../support/encoder-tasks.ts";

type Running = {
  task: Task;
  signal: AbortSignal;
  onProgress: (progress: Progress) => void;
  end: (outcome: TaskOutcome) => Promise<void>;
};

/** A runner whose attempts the test drives by hand. */
function aRunner(slots = 2): { runner: TaskRunner; running: Running[]; released: string[] } {
  const running: Running[] = [];
  const released: string[] = [];
  const runner = createTaskRunner({
    slots,
    releaseJob: (jobId) => released.push(jobId),
    run: (task, signal, onProgress) => {
      const { promise, resolve } = Promise.withResolvers<TaskOutcome>();
      const end = async (outcome: TaskOutcome): Promise<void> => {
        resolve(outcome);
        await new Promise((next) => setImmediate(next));
      };
      running.push({ task, signal, onProgress, end });
      return promise;
    },
  });
  return { runner, running, released };
}

const failed: TaskOutcome = { state: "failed", failure: { code: "encode_failed" } };

describe("start", () => {
  it("runs an attempt once, however often it is started", async () => {
    const { runner, running } = aRunner();
    const task = anIngestTask();
    expect(runner.start(task)).toBe("accepted");
    expect(runner.start(task)).toBe("known");
    await running[0]?.end(failed);
    expect(runner.start(task)).toBe("known");
    expect(running).toHaveLength(1);
  });

  it("keeps attempts of different jobs apart although their task ids are equal", () => {
    const { runner, running } = aRunner();
    const [first, second] = [anIngestTask(), anIngestTask()];
    expect([runner.start(first), runner.start(second)]).toEqual(["accepted", "accepted"]);
    expect(running).toHaveLength(2);
    runner.forget(first);
    expect(running.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    expect(runner.snapshot(second.jobId)).toHaveLength(1);
  });

  it("is busy when no slot is free and takes tasks again as soon as one is", async () => {
    const { runner, running } = aRunner(1);
    expect(runner.start(anIngestTask())).toBe("accepted");
    expect(runner.slotsFree()).toBe(0);
    const next = anIngestTask();
    expect(runner.start(next)).toBe("busy");
    expect(runner.snapshot(next.jobId)).toEqual([]);
    await running[0]?.end(failed);
    expect(runner.start(next)).toBe("accepted");
  });

  it("counts the slots of each task, and gives one that wants more than there are all of them", async () => {
    const { runner, running } = aRunner(3);
    expect(runner.start(anIngestTask({ slots: 2 }))).toBe("accepted");
    expect(runner.slotsFree()).toBe(1);
    const wide = anIngestTask({ slots: 8 });
    expect(runner.start(anIngestTask({ slots: 2 }))).toBe("busy");
    expect(runner.start(wide)).toBe("busy");
    await running[0]?.end(failed);
    expect(runner.start(wide)).toBe("accepted");
    expect(runner.slotsFree()).toBe(0);
    expect(runner.start(anIngestTask())).toBe("busy");
  });

  it("has freed the slot by the time the final report goes out", async () => {
    const { runner, running } = aRunner(1);
    const task = anIngestTask();
    runner.start(task);
    let freeAtReport = -1;
    runner.changes.on(`report:${task.jobId}`, () => {
      freeAtReport = runner.slotsFree();
    });
    await running[0]?.end(failed);
    expect(freeAtReport).toBe(1);
  });

  it("ends an older attempt of the same task, and its late report is never heard", async () => {
    const { runner, running } = aRunner(1);
    const jobId = aJobId();
    const heard: TaskReport[] = [];
    runner.changes.on(`report:${jobId}`, (report: TaskReport) => heard.push(report));
    runner.start(anIngestTask({ jobId }));
    expect(runner.start(anIngestTask({ jobId, attempt: 2 }))).toBe("accepted");
    expect(running[0]?.signal.aborted).toBe(true);
    running[0]?.onProgress({ phase: "fetching", progressPercent: 50 });
    await running[0]?.end(failed);
    expect(heard).toEqual([]);
    expect(runner.snapshot(jobId)).toMatchObject([{ attempt: 2, state: "running" }]);
  });

  it("refuses an attempt that is older than the known one", () => {
    const { runner, running } = aRunner();
    const jobId = aJobId();
    runner.start(anIngestTask({ jobId, attempt: 2 }));
    expect(runner.start(anIngestTask({ jobId, attempt: 1 }))).toBe("superseded");
    expect(running).toHaveLength(1);
    expect(running[0]?.signal.aborted).toBe(false);
  });
});

describe("forget", () => {
  it("ends a running attempt without a report and without holding its slot", async () => {
    const { runner, running } = aRunner(1);
    const task = anIngestTask();
    const heard: TaskReport[] = [];
    runner.changes.on(`report:${task.jobId}`, (report: TaskReport) => heard.push(report));
    runner.start(task);
    runner.forget(task);
    runner.forget(task);
    expect(running[0]?.signal.aborted).toBe(true);
    expect(running[0]?.signal.reason).not.toBeInstanceOf(TaskFailure);
    expect(runner.slotsFree()).toBe(1);
    await running[0]?.end({ state: "cancelled" });
    expect(heard).toEqual([]);
    expect(runner.snapshot(task.jobId)).toEqual([]);
  });

  it("lets a forgotten attempt be started anew", () => {
    const { runner, running } = aRunner();
    const task = anIngestTask();
    runner.start(task);
    runner.forget(task);
    expect(runner.start(task)).toBe("accepted");
    expect(running).toHaveLength(2);
  });
});

describe("forgetJob", () => {
  it("ends all attempts of the job, lets its sources go, and leaves other jobs alone", () => {
    const { runner, running, released } = aRunner(3);
    const jobId = aJobId();
    const other = anIngestTask();
    runner.start(anIngestTask({ jobId }));
    runner.start(anIngestTask({ jobId, taskId: "task-2" }));
    runner.start(other);
    runner.forgetJob(jobId);
    expect(running.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
    expect(released).toEqual([jobId]);
    expect(runner.snapshot(jobId)).toEqual([]);
    expect(runner.snapshot(other.jobId)).toHaveLength(1);
  });
});

describe("snapshot", () => {
  it("holds the latest report of every attempt, finished ones as well", async () => {
    const { runner, running } = aRunner();
    const jobId = aJobId();
    runner.start(anIngestTask({ jobId }));
    runner.start(anIngestTask({ jobId, taskId: "task-2" }));
    running[0]?.onProgress({ phase: "fetching", progressPercent: 30 });
    await running[1]?.end(failed);
    expect(runner.snapshot(jobId)).toEqual([
      { taskId: "task-1", attempt: 1, state: "running", phase: "fetching", progressPercent: 30 },
      { taskId: "task-2", attempt: 1, ...failed },
    ]);
  });
});

describe("stop", () => {
  it("fails running attempts with encoder_stopping, takes no more, and waits for their end", async () => {
    const { runner, running } = aRunner();
    const task = anIngestTask();
    runner.start(task);
    let stoppedCount: number | null = null;
    const stopping = runner.stop().then((count) => {
      stoppedCount = count;
    });
    expect(running[0]?.signal.reason).toMatchObject({ failure: { code: "encoder_stopping" } });
    expect(runner.start(anIngestTask())).toBe("stopping");
    expect(runner.slotsFree()).toBe(0);
    expect(runner.state()).toBe("stopping");
    expect(stoppedCount).toBeNull();
    await running[0]?.end({ state: "failed", failure: { code: "encoder_stopping" } });
    await stopping;
    expect(stoppedCount).toBe(1);
    expect(runner.state()).toBe("stopped");
    expect(runner.snapshot(task.jobId)).toMatchObject([
      { state: "failed", failure: { code: "encoder_stopping" } },
    ]);
  });

  it("waits for forgotten attempts too, whose processes may still run", async () => {
    const { runner, running } = aRunner();
    const task = anIngestTask();
    runner.start(task);
    runner.forget(task);
    const stopping = runner.stop();
    await Promise.resolve();
    expect(runner.state()).toBe("stopping");
    await running[0]?.end({ state: "cancelled" });
    expect(await stopping).toBe(1);
  });
});
