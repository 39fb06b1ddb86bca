import { describe, expect, it } from "vitest";
import { addPhases, timingsView } from "../../../../../worker/domain/ledger/milestones.ts";
import { jobView } from "../../../../../worker/domain/job-view.ts";
import type { JobState, PhaseMs } from "../../../../../worker/domain/job-record.ts";
import { aQualityVideo } from "../../../../support/chunked-job.ts";
import {
  T0,
  aJob,
  aLongSource,
  aResult,
  aVideo,
  after,
  doneReport,
  lease,
  taskOf,
  type TestSource,
} from "../../../../support/job-builders.ts";

/** One task done at `atMs` after the start of the test, leased just before. */
function finishAt(
  state: JobState,
  taskId: string,
  atMs: number,
  phaseMs: PhaseMs,
  source?: TestSource,
): JobState {
  const leased = taskOf(state, taskId).status === "leased" ? state : lease(state, "0", 3, T0 + atMs);
  const task = taskOf(leased, taskId);
  return after(leased, [doneReport(task, aResult(task, source), phaseMs)], T0 + atMs);
}

const timings = ({ record, tasks }: JobState) => timingsView(record, tasks);

describe("timingsView", () => {
  it("knows nothing of a job that waits for its first encoder", () => {
    expect(Object.values(timings(aJob()))).toEqual([null, null, null, null, null, null, null]);
  });

  it("splits the time of a whole encode, whose upload begins after its last frame", () => {
    const ingested = finishAt(lease(aJob({ outputs: [aVideo()] }), "0", 3, T0 + 500), "ingest", 2_000, {});
    const encoding = lease(ingested, "0", 3, T0 + 2_100);
    const running = { taskId: "output-0", attempt: 1, state: "running" as const, phase: "encoding" as const };
    const report = { ...running, progressPercent: 1 };
    const started = after(
      encoding,
      [{ type: "reported", encoder: "0", reports: [report], expected: [] }],
      T0 + 2_600,
    );
    expect(timings(started)).toMatchObject({ queue: 500, fetch: 1_500, first_frame: 2_600, encode: null });
    const done = finishAt(started, "output-0", 9_000, { encoding: 6_000, uploading: 1_000 });
    expect(timings(done)).toEqual({
      queue: 500,
      fetch: 1_500,
      encode: 6_000,
      assemble: 0,
      upload: 1_000,
      first_frame: 2_600,
      total: 9_000,
    });
  });

  it("divides the time after the last chunk between joining and storing", () => {
    const source = aLongSource();
    const ingested = finishAt(
      lease(aJob({ outputs: [aQualityVideo("/a.mp4")] }), "0", 3),
      "ingest",
      1_000,
      {},
      source,
    );
    const encoded = ["audio-1", "chunk-1", "chunk-2", "chunk-3"].reduce(
      (state, id, index) =>
        finishAt(state, id, 10_000 + index * 5_000, { encoding: 5_000, uploading: 1_000 }),
      ingested,
    );
    const done = finishAt(encoded, "output-0", 29_000, {
      fetching: 1_000,
      packaging: 2_000,
      uploading: 6_000,
    });
    const found = timings(done);
    expect(found).toMatchObject({ encode: 23_000, total: 29_000 });
    // 5 s from the end of the last chunk's encoding; two thirds of the join's own time was storing.
    expect(found).toMatchObject({ assemble: 1_667, upload: 3_333 });
    const { queue, fetch, encode, assemble, upload } = found;
    expect((queue ?? 0) + (fetch ?? 0) + (encode ?? 0) + (assemble ?? 0) + (upload ?? 0)).toBe(29_000);
  });

  it("is no part of what Coconut's clients see", () => {
    expect(JSON.stringify(jobView(aJob().record))).not.toContain("timings");
  });
});

describe("addPhases", () => {
  it("adds phase by phase and leaves out what never happened", () => {
    expect(addPhases({ encoding: 5, uploading: 1 }, { encoding: 7, fetching: 2 })).toEqual({
      fetching: 2,
      encoding: 12,
      uploading: 1,
    });
  });
});
