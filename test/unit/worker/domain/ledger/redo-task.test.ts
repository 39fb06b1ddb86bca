import { describe, expect, it } from "vitest";
import { aChunkedJob, failedReport, finishAll } from "../../../../support/chunked-job.ts";
import { T0, after, lease, taskOf } from "../../../../support/job-builders.ts";

const PARTS = ["audio-1", "chunk-1", "chunk-2", "chunk-3"];

describe("redoLostParts", () => {
  it("makes the named parts again, and the reader waits for them with its failure counted", () => {
    const joining = lease(finishAll(aChunkedJob(), PARTS));
    const lostKeys = ["work/AbCdEfGhIjKlMn/chunk-2/1/1.mp4", "work/AbCdEfGhIjKlMn/audio-1/1/rendition.mp4"];
    const state = after(joining, [failedReport(joining, "output-0", { code: "work_file_lost", lostKeys })]);
    expect(taskOf(state, "chunk-2")).toMatchObject({ status: "pending", result: null });
    expect(taskOf(state, "audio-1")).toMatchObject({ status: "pending", result: null });
    expect(taskOf(state, "chunk-1").status).toBe("done");
    expect(taskOf(state, "output-0")).toMatchObject({
      status: "pending",
      failures: [{ code: "work_file_lost" }],
    });
    const later = lease(state, "0", 8, T0 + 10_000);
    expect(taskOf(later, "output-0").status).toBe("pending");
    const done = finishAll(later, ["chunk-2", "audio-1", "output-0", "output-1"], T0 + 10_000);
    expect(done.record.status).toBe("completed");
    expect(taskOf(done, "chunk-2").attempt).toBe(2);
    expect(taskOf(done, "chunk-3").attempt).toBe(1);
  });

  it("completes an output that has read a part before another found it lost", () => {
    const joining = lease(finishAll(aChunkedJob(), PARTS));
    const lostKeys = ["work/AbCdEfGhIjKlMn/chunk-2/1/1.mp4"];
    const state = after(joining, [failedReport(joining, "output-1", { code: "work_file_lost", lostKeys })]);
    const done = finishAll(state, ["output-0"]);
    expect(done.record.outputs.map(({ status }) => status)).toEqual(["completed", "encoding"]);
  });

  it("repeats the reader alone when nothing is named, and gives up after four times", () => {
    let state = lease(finishAll(aChunkedJob(), PARTS));
    for (let round = 0; round < 4; round += 1) {
      state = lease(state, "0", 8, T0 + round * 60_000);
      const lost = failedReport(state, "output-0", { code: "work_file_lost" });
      state = after(state, [lost], T0 + round * 60_000);
    }
    expect(state.record.outputs[0]).toMatchObject({ status: "failed", failure: { code: "work_file_lost" } });
    expect(taskOf(state, "chunk-1")).toMatchObject({ status: "done", attempt: 1 });
  });
});
