import { describe, expect, it } from "vitest";
import { MAX_TASK_FAILURES } from "../../../../worker/domain/ledger/retry-policy.ts";
import type { JobState } from "../../../../worker/domain/job-record.ts";
import { BEFORE_PACKAGE, runAll } from "../../../support/chunked-job.ts";
import {
  SHORT_SOURCE,
  T0,
  aJob,
  aMediaInfo,
  aResult,
  aStream,
  aVideo,
  after,
  anImage,
  anIngestedJob,
  decision,
  doneReport,
  finish,
  grant,
  lease,
  taskOf,
} from "../../../support/job-builders.ts";

const statuses = (state: JobState) => state.record.outputs.map((output) => output.status);
const events = (state: JobState) => state.outbox.map((event) => event.event);
const failing = (
  state: JobState,
  taskId: string,
  code: "encode_failed" | "source_unreachable" | "encoder_stopping" | "scratch_full",
) => {
  const task = taskOf(state, taskId);
  const report = { taskId, attempt: task.attempt, state: "failed" as const, failure: { code } };
  return { type: "reported" as const, encoder: task.encoder ?? "", reports: [report], expected: [] };
};

describe("decideJob", () => {
  describe("while the input is transferred", () => {
    it("says transferring only once an encoder has confirmed the ingest task", () => {
      const leased = after(grant(aJob()), [{ type: "capacity-found", encoder: "0", slots: 2, slotsFree: 2 }]);
      expect(leased.record.input.status).toBe("starting");
      const started = after(leased, [{ type: "task-started", taskId: "ingest", attempt: 1 }]);
      expect(started.record.input.status).toBe("transferring");
      expect(statuses(started)).toEqual(["waiting"]);
    });

    it("queues the outputs, stores the metadata and tells the customer when the input is in", () => {
      const state = lease(aJob());
      const task = taskOf(state, "ingest");
      const decided = decision(state, doneReport(task, aResult(task)));
      expect(decided.state.record.status).toBe("processing");
      expect(decided.state.record.input.status).toBe("transferred");
      expect(statuses(decided.state)).toEqual(["queued"]);
      expect(events(decided.state)).toEqual(["input.transferred"]);
      expect(decided.metadata).toEqual([
        {
          key: "input",
          value: expect.objectContaining({
            format: expect.objectContaining({ filename: "https://media.example.com/source.mp4" }),
          }),
        },
      ]);
    });

    it("fails the job, aborts its outputs and sends only job.failed when the input cannot be had", () => {
      const state = lease(aJob({ outputs: [aVideo(), anImage()] }));
      const task = taskOf(state, "ingest");
      const failed = after(state, [
        {
          type: "reported",
          encoder: "0",
          reports: [
            {
              taskId: "ingest",
              attempt: task.attempt,
              state: "failed",
              failure: { code: "source_not_found", httpStatus: 404 },
            },
          ],
          expected: [],
        },
      ]);
      expect(failed.record.status).toBe("failed");
      expect(failed.record.input).toMatchObject({
        status: "failed",
        failure: { code: "source_not_found", httpStatus: 404 },
      });
      expect(statuses(failed)).toEqual(["aborted", "aborted"]);
      expect(failed.record.completedAt).toBe(T0);
      expect(events(failed)).toEqual(["job.failed"]);
    });
  });

  describe("planning", () => {
    it("skips an output whose condition is false without failing the job or telling the customer", () => {
      const state = anIngestedJob({
        outputs: [
          aVideo({ condition: "{{ input.width }} >= 3840" }),
          aVideo({ condition: "{{ input.width }} >= 1280" }),
        ],
      });
      expect(statuses(state)).toEqual(["skipped", "queued"]);
      expect(events(state)).toEqual(["input.transferred"]);
      const done = finish(lease(state), "output-1");
      expect(done.record.status).toBe("completed");
      expect(statuses(done)).toEqual(["skipped", "completed"]);
    });

    it("completes a job whose outputs are all skipped", () => {
      const state = anIngestedJob({ outputs: [aVideo({ condition: "{{ input.width }} > 9999" })] });
      expect(state.record.status).toBe("completed");
      expect(state.record.progressPercent).toBe(100);
    });

    it("fails only the picture output of a source without pictures", () => {
      const state = anIngestedJob({ outputs: [anImage(), aVideo()] }, { media: aMediaInfo({ video: null }) });
      expect(statuses(state)).toEqual(["failed", "queued"]);
      expect(state.record.outputs[0]?.failure).not.toBeNull();
      expect(events(state)).toEqual(["input.transferred", "output.failed"]);
    });

    it("fails the later of two outputs whose conditions both hold for one path", () => {
      const both = "{{ input.width }} > 0";
      const state = anIngestedJob({ outputs: [aVideo({ condition: both }), aVideo({ condition: both })] });
      expect(statuses(state)).toEqual(["queued", "failed"]);
      expect(state.record.outputs[1]?.failure).toEqual({ code: "output_path_taken" });
    });

    it("fails the later of two streams whose conditions both hold for one folder", () => {
      const condition = "{{ input.width }} > 0";
      const state = anIngestedJob({
        outputs: [aStream({ condition, playlistName: "a" }), aStream({ condition, playlistName: "b" })],
      });
      expect(statuses(state)).toEqual(["queued", "failed"]);
      expect(state.record.outputs[1]?.failure).toEqual({ code: "output_path_taken" });
    });

    it.each([
      ["letters that a URL spells with nine characters", `/${"日本語".repeat(10)}_%05d.jpg`, "/"],
      ["a long folder before every key", "/%05d.jpg", `/${"f".repeat(300)}`],
    ])("never plans more files than its last event can tell: %s", (_, path, folder) => {
      const media = aMediaInfo({ durationSeconds: 6_000 });
      const storage = {
        ...{ service: "s3other" as const, region: "auto", bucket: "media", path: "/", secure: true },
        ...{ endpoint: `https://s3.example.com${folder}`, addressing: "path" as const, objectHeaders: {} },
      };
      const images = (seconds: number) =>
        anIngestedJob(
          { storage, outputs: [anImage({ path, sampling: { by: "interval", seconds } })] },
          { media },
        );
      const told = images(4);
      const done = finish(lease(told), "output-0");
      expect(done.record.status).toBe("completed");
      const sizes = [done.record, ...done.tasks, ...done.outbox].map(
        (row) => new TextEncoder().encode(JSON.stringify(row)).length,
      );
      expect(Math.max(...sizes)).toBeLessThan(1_500_000);
      expect(images(1).record.outputs[0]?.failure).toEqual({ code: "output_list_too_long" });
    });

    it("fails an output whose files are too many to list, and keeps the others", () => {
      const path = `/${"x".repeat(200)}_%05d.jpg`;
      const images = anImage({ path, sampling: { by: "interval", seconds: 1 } });
      const state = anIngestedJob(
        { outputs: [images, aVideo()] },
        { media: aMediaInfo({ durationSeconds: 5_000 }) },
      );
      expect(statuses(state)).toEqual(["failed", "queued"]);
      expect(state.record.outputs[0]?.failure).toEqual({ code: "output_list_too_long" });
    });

    it("gives a lone encode 1.5 threads for every slot and many encodes one thread each", () => {
      const threads = (state: JobState) =>
        state.tasks.flatMap((task) => (task.work.kind === "encode" ? [task.work.threads] : []));
      expect(threads(anIngestedJob({}, SHORT_SOURCE, 4))).toEqual([6]);
      expect(threads(anIngestedJob({}, SHORT_SOURCE, 64))).toEqual([64]);
      const four = [
        aVideo(),
        aVideo({ path: "/b.mp4" }),
        aVideo({ path: "/c.mp4" }),
        aVideo({ path: "/d.mp4" }),
      ];
      expect(threads(anIngestedJob({ outputs: four }, SHORT_SOURCE, 4))).toEqual([1, 1, 1, 1]);
    });
  });

  describe("outputs", () => {
    it("walks a stream through encoding and packaging, packaging only after every variant", () => {
      const planned = anIngestedJob({ outputs: [aStream()] });
      expect(statuses(planned)).toEqual(["queued"]);
      const encoding = lease(planned);
      expect(statuses(encoding)).toEqual(["encoding"]);
      expect(taskOf(encoding, "output-0-package").status).toBe("pending");
      const oneDone = lease(finish(encoding, "output-0-variant-1"));
      expect(taskOf(oneDone, "output-0-package").status).toBe("pending");
      const parts = finish(oneDone, "output-0-variant-2");
      expect(taskOf(lease(parts), "output-0-package").status).toBe("pending");
      const packaging = lease(runAll(parts, { kinds: BEFORE_PACKAGE }));
      expect(statuses(packaging)).toEqual(["packaging"]);
      const done = finish(packaging, "output-0-package");
      expect(statuses(done)).toEqual(["completed"]);
      expect(done.record.status).toBe("completed");
    });

    it("lets the other outputs finish when one cannot be encoded", () => {
      const state = lease(anIngestedJob({ outputs: [aVideo(), aVideo({ path: "/b.mp4" })] }));
      const oneFailed = after(state, [failing(state, "output-0", "encode_failed")]);
      expect(statuses(oneFailed)).toEqual(["failed", "encoding"]);
      expect(oneFailed.record.status).toBe("processing");
      const done = finish(oneFailed, "output-1");
      expect(statuses(done)).toEqual(["failed", "completed"]);
      expect(done.record.status).toBe("failed");
      expect(events(done)).toEqual(["input.transferred", "output.failed", "output.completed", "job.failed"]);
    });

    it("cancels the other variants of a stream when one cannot be encoded", () => {
      const state = lease(anIngestedJob({ outputs: [aStream(), aVideo()] }));
      const failed = after(state, [failing(state, "output-0-variant-1", "encode_failed")]);
      expect(taskOf(failed, "output-0-variant-2")).toMatchObject({ status: "cancelled", encoder: "0" });
      expect(taskOf(failed, "output-0-package").status).toBe("cancelled");
      const told = after(failed, [{ type: "task-cancelled", taskId: "output-0-variant-2", attempt: 1 }]);
      expect(taskOf(told, "output-0-variant-2").encoder).toBeNull();
      expect(statuses(told)).toEqual(["failed", "encoding"]);
    });

    it("reports floor(100·k/(N+1)) in the k-th output's event and 100 in the job's", () => {
      const outputs = [1, 2, 3, 4].map((n) => aVideo({ path: `/${n}.mp4` }));
      const start = lease(anIngestedJob({ outputs }));
      const done = [0, 1, 2, 3].reduce((state, index) => finish(state, `output-${index}`), start);
      expect(done.outbox.map((event) => event.data["progress"])).toEqual([
        "100%",
        "20%",
        "40%",
        "60%",
        "80%",
        "100%",
      ]);
    });
  });

  describe("fences and leases", () => {
    it("ignores a report from an older attempt", () => {
      const state = lease(anIngestedJob());
      const lost = after(state, [{ type: "encoder-gone", encoder: "0" }]);
      const again = lease(lost, "1", 2, T0 + 60_000);
      expect(taskOf(again, "output-0").attempt).toBe(2);
      const late = doneReport(taskOf(state, "output-0"), aResult(taskOf(state, "output-0")));
      const unchanged = after(again, [late], T0 + 60_000);
      expect(taskOf(unchanged, "output-0").status).toBe("leased");
      expect(statuses(unchanged)).toEqual(["encoding"]);
    });

    it("ignores a report of the right attempt from an encoder that does not hold it", () => {
      const state = lease(anIngestedJob());
      const task = taskOf(state, "output-0");
      const report = doneReport({ ...task, encoder: "7" }, aResult(task));
      expect(statuses(after(state, [report]))).toEqual(["encoding"]);
    });

    it("takes a task back that a complete snapshot no longer shows, unless it was started after the poll", () => {
      const state = lease(anIngestedJob());
      const ref = { taskId: "output-0", attempt: 1 };
      const startedLater = after(state, [{ type: "reported", encoder: "0", reports: [], expected: [] }]);
      expect(taskOf(startedLater, "output-0").status).toBe("leased");
      const lost = after(state, [{ type: "reported", encoder: "0", reports: [], expected: [ref] }]);
      expect(taskOf(lost, "output-0")).toMatchObject({
        status: "pending",
        failures: [{ code: "encoder_lost" }],
      });
    });

    it("takes a lease back after 30 s of silence and not a millisecond before", () => {
      const state = lease(anIngestedJob());
      expect(taskOf(after(state, [{ type: "tick" }], T0 + 29_999), "output-0").status).toBe("leased");
      expect(taskOf(after(state, [{ type: "tick" }], T0 + 30_000), "output-0").status).toBe("pending");
    });

    it("gives leases their time again after a pause in which nobody could listen", () => {
      const state = lease(anIngestedJob());
      const resumed = after(state, [{ type: "resumed" }, { type: "tick" }], T0 + 3_600_000);
      expect(taskOf(resumed, "output-0")).toMatchObject({ status: "leased", attempt: 1, failures: [] });
      const silent = after(resumed, [{ type: "tick" }], T0 + 3_600_000 + 30_000);
      expect(taskOf(silent, "output-0").status).toBe("pending");
    });

    it("keeps a lease whose encoder is heard, with one write per ten seconds at most", () => {
      const state = lease(anIngestedJob());
      const soon = after(state, [{ type: "encoder-alive", encoder: "0" }], T0 + 5_000);
      expect(taskOf(soon, "output-0")).toBe(taskOf(state, "output-0"));
      const later = after(state, [{ type: "encoder-alive", encoder: "0" }], T0 + 11_000);
      expect(taskOf(later, "output-0").leaseExpiresAt).toBe(T0 + 41_000);
    });

    it("repeats nothing that is done when an encoder is lost", () => {
      const state = lease(anIngestedJob({ outputs: [aVideo(), aVideo({ path: "/b.mp4" })] }));
      const half = finish(state, "output-0");
      const lost = after(half, [{ type: "encoder-gone", encoder: "0" }]);
      expect(lost.tasks.filter((task) => task.status === "pending").map((task) => task.taskId)).toEqual([
        "output-1",
      ]);
    });

    it("grants no slot twice while a start is on its way", () => {
      const planned = anIngestedJob({ outputs: [aVideo(), aVideo({ path: "/b.mp4" })] });
      const offer = { type: "capacity-found", encoder: "0", slots: 1, slotsFree: 1 } as const;
      const once = after(grant(planned), [offer]);
      const twice = after(once, [offer]);
      expect(twice.tasks.filter((task) => task.status === "leased")).toHaveLength(1);
      expect(twice.record.capacityAt).toBe(T0 + 1_000);
      const [leased] = twice.tasks.filter((task) => task.status === "leased");
      const started = after(twice, [{ type: "task-started", taskId: leased?.taskId ?? "", attempt: 1 }]);
      expect(started.record.capacityAt).toBe(T0);
    });

    it("does not count a refused start as a failure", () => {
      const leased = after(grant(aJob()), [{ type: "capacity-found", encoder: "0", slots: 2, slotsFree: 2 }]);
      const refused = after(leased, [{ type: "task-refused", taskId: "ingest", attempt: 1 }]);
      expect(taskOf(refused, "ingest")).toMatchObject({ status: "pending", failures: [], attempt: 1 });
      expect(refused.record.capacityAt).toBeGreaterThan(T0);
    });
  });

  describe("retries", () => {
    it("never repeats a permanent failure", () => {
      const state = lease(anIngestedJob());
      const failed = after(state, [failing(state, "output-0", "encode_failed")]);
      expect(statuses(failed)).toEqual(["failed"]);
      expect(taskOf(failed, "output-0").attempt).toBe(1);
    });

    it(`gives up after ${MAX_TASK_FAILURES} passing failures`, () => {
      let state = aJob();
      let now = T0;
      for (let attempt = 1; attempt <= MAX_TASK_FAILURES; attempt += 1) {
        state = lease(state, "0", 2, now);
        expect(taskOf(state, "ingest").attempt).toBe(attempt);
        state = after(state, [failing(state, "ingest", "source_unreachable")], now);
        now += 60_000;
      }
      expect(state.record.status).toBe("failed");
      expect(state.record.input.failure).toEqual({ code: "source_unreachable" });
    });

    it("waits before the next attempt of a passing failure", () => {
      const state = lease(aJob());
      const failed = after(state, [failing(state, "ingest", "source_unreachable")]);
      expect(taskOf(failed, "ingest").notBefore).toBe(T0 + 1_000);
      expect(taskOf(lease(failed), "ingest").status).toBe("pending");
      expect(taskOf(lease(failed, "0", 2, T0 + 1_000), "ingest").status).toBe("leased");
    });

    it("does not blame a task that a stopping encoder hands back", () => {
      const state = lease(anIngestedJob());
      const back = after(state, [failing(state, "output-0", "encoder_stopping")]);
      expect(taskOf(back, "output-0")).toMatchObject({
        status: "pending",
        failures: [],
        handBacks: 1,
        notBefore: T0,
      });
    });

    it("gives an encoder whose disk is full minutes before a task that only it could take has failed", () => {
      let state = anIngestedJob();
      let now = T0;
      while (state.record.status !== "failed") {
        now = Math.max(now, taskOf(state, "output-0").notBefore);
        state = lease(state, "0", 8, now);
        state = after(state, [failing(state, "output-0", "scratch_full")], now);
      }
      expect(now - T0).toBeGreaterThan(5 * 60_000);
      expect(state.record.outputs[0]?.failure).toEqual({ code: "scratch_full" });
    });
  });

  describe("the end", () => {
    it("fails what is open when the job's time is up, and keeps what is finished", () => {
      const state = finish(
        lease(anIngestedJob({ outputs: [aVideo(), aVideo({ path: "/b.mp4" })] })),
        "output-0",
      );
      const late = after(state, [{ type: "tick" }], state.record.deadlineAt);
      expect(statuses(late)).toEqual(["completed", "failed"]);
      expect(late.record.outputs[1]?.failure).toEqual({ code: "job_deadline_exceeded" });
      expect(late.record.status).toBe("failed");
    });

    it("changes nothing of a finished job but its deliveries and its tidying up", () => {
      const done = finish(lease(anIngestedJob()), "output-0");
      const poked = after(done, [
        { type: "tick" },
        { type: "encoder-gone", encoder: "0" },
        { type: "capacity-missing" },
        { type: "capacity-found", encoder: "1", slots: 4, slotsFree: 4 },
      ]);
      expect(poked.record.status).toBe("completed");
      expect(poked.record.outputs).toEqual(done.record.outputs);
      expect(poked.outbox).toEqual(done.outbox);
      expect(poked.tasks).toEqual(done.tasks);
    });
  });

  it("marks a version for the job list exactly when something that the list shows has changed", () => {
    const state = lease(anIngestedJob());
    const running = {
      taskId: "output-0",
      attempt: 1,
      state: "running" as const,
      phase: "encoding" as const,
      progressPercent: 40,
    };
    const progressed = after(state, [{ type: "reported", encoder: "0", reports: [running], expected: [] }]);
    expect(progressed.record.progressPercent).toBe(20);
    expect(progressed.record.version).toBeGreaterThan(state.record.version);
    expect(progressed.record.listedVersion).toBe(state.record.listedVersion);
    const done = finish(progressed, "output-0");
    expect(done.record.listedVersion).toBe(done.record.version);
  });

  it("never lets progress fall when an attempt starts over", () => {
    const report = (attempt: number, progressPercent: number) => ({
      type: "reported" as const,
      encoder: "0",
      reports: [
        {
          taskId: "output-0",
          attempt,
          state: "running" as const,
          phase: "encoding" as const,
          progressPercent,
        },
      ],
      expected: [],
    });
    const half = after(lease(anIngestedJob()), [report(1, 80)]);
    const again = lease(after(half, [{ type: "encoder-gone", encoder: "0" }]), "0", 2, T0 + 5_000);
    const restarted = after(again, [report(2, 3)], T0 + 5_000);
    expect(restarted.record.progressPercent).toBe(half.record.progressPercent);
    expect(taskOf(restarted, "output-0").progressPercent).toBe(80);
  });
});
