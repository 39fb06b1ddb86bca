import { describe, expect, it } from "vitest";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import {
  aChunkedJob,
  aQualityVideo,
  failForGood,
  finishAll,
  finishChunk,
  runAll,
} from "../../../../support/chunked-job.ts";
import {
  T0,
  aLongSource,
  aStream,
  aVideo,
  after,
  anIngestedJob,
  lease,
  taskOf,
} from "../../../../support/job-builders.ts";

const statuses = (state: JobState) =>
  Object.fromEntries(state.tasks.map((task) => [task.taskId, task.status]));
const outputs = (state: JobState) => state.record.outputs.map((output) => output.status);
const CHUNKS = ["chunk-1", "chunk-2", "chunk-3"];

describe("settleChunks", () => {
  it("joins chunks whose neighbours saw the same frames at every seam", () => {
    const state = lease(finishAll(aChunkedJob(), ["audio-1", ...CHUNKS]));
    expect(statuses(state)).toMatchObject({ "output-0": "leased", "output-1": "leased" });
    expect(outputs(finishAll(state, ["output-0", "output-1"]))).toEqual(["completed", "completed"]);
  });

  it("makes both sides of a bad seam again, exactly, and keeps the others", () => {
    const twoDone = finishAll(aChunkedJob(), ["chunk-1", "chunk-3"]);
    const state = finishChunk(twoDone, "chunk-2", { seam: { first: "another frame", next: "frame 1800" } });
    const end = taskOf(twoDone, "chunk-3").work;
    expect(end.kind === "chunk" && end.span.start?.frame).toBe(1_800);
    expect(taskOf(state, "chunk-1")).toMatchObject({
      status: "pending",
      result: null,
      work: { isExact: true },
    });
    expect(taskOf(state, "chunk-2")).toMatchObject({
      status: "pending",
      result: null,
      work: { isExact: true },
    });
    expect(taskOf(state, "chunk-3")).toMatchObject({ status: "done", work: { isExact: false } });
    const mended = finishAll(state, ["chunk-1", "chunk-2", "audio-1", "output-0", "output-1"]);
    expect(outputs(mended)).toEqual(["completed", "completed"]);
    expect(taskOf(mended, "chunk-1").attempt).toBe(2);
    expect(taskOf(mended, "chunk-3").attempt).toBe(1);
  });

  it("takes an edge that one side did not see for a bad one", () => {
    const state = finishChunk(finishAll(aChunkedJob(), ["chunk-2"]), "chunk-1", {
      seam: { first: null, next: null },
    });
    expect(taskOf(state, "chunk-1").status).toBe("pending");
    expect(taskOf(state, "chunk-2").status).toBe("pending");
  });

  it("encodes the outputs whole when exact chunks still disagree", () => {
    const bad = { seam: { first: "another frame", next: "frame 1800" } };
    const once = finishChunk(finishAll(aChunkedJob(), ["chunk-1"]), "chunk-2", bad);
    const twice = finishChunk(finishAll(once, ["chunk-1"]), "chunk-2", bad);
    expect(statuses(twice)).toMatchObject({
      "chunk-3": "cancelled",
      "output-0": "cancelled",
      "output-1": "cancelled",
      "output-0-whole": "pending",
      "output-1-whole": "pending",
    });
    const done = finishAll(twice, ["output-0-whole", "output-1-whole"]);
    expect(outputs(done)).toEqual(["completed", "completed"]);
    expect(done.record.status).toBe("completed");
  });

  it("encodes the outputs whole when the headers of two chunks differ", () => {
    const one = finishAll(aChunkedJob(), ["chunk-1"]);
    const { result } = taskOf(one, "chunk-1");
    const parts = result?.kind === "chunk" ? result.parts : [];
    const other = parts.map((part) => ({ ...part, extradataHash: "other headers" }));
    const state = finishChunk(one, "chunk-3", { parts: other.map((part) => ({ ...part, frameCount: 900 })) });
    expect(statuses(state)).toMatchObject({ "output-0": "cancelled", "output-0-whole": "pending" });
  });

  it.each(["encode_failed", "output_check_failed", "encode_out_of_memory"] as const)(
    "encodes the outputs whole when a chunk ends with %s",
    (code) => {
      const state = failForGood(aChunkedJob(), "chunk-2", { code });
      expect(statuses(state)).toMatchObject({
        "chunk-2": "failed",
        "chunk-3": "cancelled",
        "output-0-whole": "pending",
      });
      expect(outputs(finishAll(state, ["output-0-whole", "output-1-whole"]))).toEqual([
        "completed",
        "completed",
      ]);
    },
  );

  it("fails the outputs of a chunk that is lost again and again", () => {
    const state = failForGood(aChunkedJob(), "chunk-2", { code: "internal_error" });
    expect(outputs(state)).toEqual(["failed", "failed"]);
    expect(state.record.outputs[0]?.failure).toEqual({ code: "internal_error" });
  });

  it("encodes a stream's renditions whole and packages them when its chunks cannot be joined", () => {
    const some = runAll(aChunkedJob([aStream()]), { kinds: ["encode", "segment-sound"] });
    const cut = finishAll(some, ["chunk-1", "output-0-segment-1"]);
    const state = failForGood(cut, "chunk-2", { code: "encode_failed" });
    expect(statuses(state)).toMatchObject({
      "output-0-segment-1": "done",
      "output-0-segment-2": "cancelled",
      "output-0-package": "cancelled",
    });
    expect(taskOf(state, "output-0-package-whole")).toMatchObject({
      dependsOn: ["output-0-package-whole-segment-*", "output-0-sound-1-whole"],
      work: { pictures: [{ type: "whole", taskId: "output-0-variant-1-whole" }, {}] },
    });
    const done = runAll(state, { now: T0 + 600_000 });
    expect(outputs(done)).toEqual(["completed"]);
    expect(taskOf(done, "output-0-segment-2-whole").work).toMatchObject({ pictures: [1], firstNumber: 0 });
  });

  describe("with segments that are published already", () => {
    const bad = { seam: { first: "another frame", next: "frame 1800" } };
    const sounds = runAll(aChunkedJob([aStream()]), { kinds: ["encode", "segment-sound"] });
    const first = finishAll(sounds, ["chunk-1", "output-0-segment-1"]);

    it("cuts those again that were cut of a chunk that is made again, and no others", () => {
      const third = finishAll(first, ["chunk-3", "output-0-segment-3"]);
      const state = finishChunk(third, "chunk-2", bad);
      expect(statuses(state)).toMatchObject({
        "chunk-1": "pending",
        "output-0-segment-1": "pending",
        "output-0-segment-3": "done",
      });
      const done = runAll(state);
      expect(outputs(done)).toEqual(["completed"]);
      expect(taskOf(done, "output-0-segment-1").attempt).toBe(2);
      expect(taskOf(done, "output-0-segment-3").attempt).toBe(1);
    });

    it("does not count what was being cut meanwhile, and cuts it again when it has ended", () => {
      const cutting = lease(finishAll(sounds, ["chunk-1"]));
      expect(taskOf(cutting, "output-0-segment-1").status).toBe("leased");
      const state = finishChunk(cutting, "chunk-2", bad);
      expect(taskOf(state, "output-0-segment-1")).toMatchObject({
        status: "leased",
        work: { isStale: true },
      });
      const ended = finishAll(state, ["output-0-segment-1"]);
      expect(taskOf(ended, "output-0-segment-1")).toMatchObject({
        status: "pending",
        result: null,
        work: { isStale: false },
      });
      const done = runAll(ended);
      expect(outputs(done)).toEqual(["completed"]);
      expect(taskOf(done, "output-0-segment-1").attempt).toBe(2);
    });

    it("takes a lease back that has not begun", () => {
      const offered = after(finishAll(sounds, ["chunk-1"]), [
        { type: "capacity-found", encoder: "0", slots: 64, slotsFree: 64 },
      ]);
      expect(taskOf(offered, "output-0-segment-1")).toMatchObject({ status: "leased", accepted: false });
      expect(taskOf(finishChunk(offered, "chunk-2", bad), "output-0-segment-1").status).toBe("pending");
    });

    it("encodes the stream whole when a stretch cannot be cut", () => {
      const failed = failForGood(finishAll(first, ["chunk-2"]), "output-0-segment-2", {
        code: "output_check_failed",
      });
      expect(statuses(failed)).toMatchObject({
        "output-0-package": "cancelled",
        "output-0-package-whole": "pending",
      });
      expect(outputs(runAll(failed, { now: T0 + 600_000 }))).toEqual(["completed"]);
    });

    it("fails the output when a stretch cannot be stored", () => {
      const failed = failForGood(finishAll(first, ["chunk-2"]), "output-0-segment-2", {
        code: "destination_denied",
      });
      expect(outputs(failed)).toEqual(["failed"]);
    });
  });

  it("encodes only that output whole that fails its check after joining", () => {
    const ready = finishAll(aChunkedJob(), ["audio-1", ...CHUNKS]);
    const state = failForGood(ready, "output-0", { code: "output_check_failed" });
    expect(statuses(state)).toMatchObject({
      "output-0-whole": "pending",
      "output-1": "pending",
      "chunk-1": "done",
    });
    expect(outputs(finishAll(state, ["output-1", "output-0-whole"], T0 + 600_000))).toEqual([
      "completed",
      "completed",
    ]);
  });

  it("gives the chunks up when a span cannot be analyzed", () => {
    const state = anIngestedJob({ outputs: [aVideo(), aQualityVideo("/b.mp4")] }, aLongSource(), 3);
    const failed = failForGood(state, "analyze-2", { code: "encode_failed" });
    expect(statuses(failed)).toMatchObject({
      "analyze-1": "cancelled",
      "chunk-1": "cancelled",
      "output-0-whole": "pending",
      "output-1-whole": "pending",
    });
  });

  it("never lets progress fall when chunks are made again or given up", () => {
    const steps = [aChunkedJob()];
    const bad = { seam: { first: "another frame", next: "frame 1800" } };
    const add = (next: (state: JobState) => JobState) => steps.push(next(steps.at(-1) ?? aChunkedJob()));
    add((state) => finishAll(state, ["chunk-1", "chunk-3"]));
    add((state) => finishChunk(state, "chunk-2", bad));
    add((state) => finishAll(state, ["chunk-1"]));
    add((state) => finishChunk(state, "chunk-2", bad));
    add((state) => finishAll(state, ["output-0-whole"]));
    const progress = steps.map(({ record }) => record.outputs.map((output) => output.progressPercent));
    expect(progress[1]?.[0]).toBeGreaterThan(50);
    for (const [index, percents] of progress.slice(1).entries()) {
      for (const [output, percent] of percents.entries()) {
        expect(percent).toBeGreaterThanOrEqual(progress[index]?.[output] ?? 0);
      }
    }
  });
});
