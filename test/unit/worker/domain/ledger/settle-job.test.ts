import { describe, expect, it } from "vitest";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import {
  aChunkedJob,
  aQualityVideo,
  failForGood,
  finishAll,
  idsOf,
  BEFORE_PACKAGE,
  runAll,
} from "../../../../support/chunked-job.ts";
import { aStream, aVideo, anImage, lease, taskOf } from "../../../../support/job-builders.ts";

const outputs = (state: JobState) => state.record.outputs.map((output) => output.status);

describe("settleJob", () => {
  it("keeps outputs queued until one of their tasks runs", () => {
    const state = aChunkedJob([aQualityVideo("/a.mp4"), aQualityVideo("/b.mp4"), aStream()]);
    expect(outputs(state)).toEqual(["queued", "queued", "queued"]);
    expect(outputs(lease(state, "0", 1))).toEqual(["encoding", "encoding", "encoding"]);
  });

  it("says packaging only of a stream that is being packaged", () => {
    const state = aChunkedJob([aVideo(), aStream()]);
    const encoded = finishAll(state, idsOf(state, "encode", "analyze", "chunk"));
    expect(outputs(encoded)).toEqual(["encoding", "encoding"]);
    const joining = lease(runAll(encoded, { kinds: BEFORE_PACKAGE }));
    expect(outputs(joining)).toEqual(["encoding", "packaging"]);
  });

  it("goes on for the other outputs when the sound that one of them needs cannot be encoded", () => {
    const state = aChunkedJob([aQualityVideo("/a.mp4"), aQualityVideo("/b.mp4", { audioBps: 64_000 })]);
    const failed = failForGood(state, "audio-2", { code: "encode_failed" });
    expect(outputs(failed)).toEqual(["encoding", "failed"]);
    expect(taskOf(failed, "output-1").status).toBe("cancelled");
    expect(taskOf(failed, "chunk-1").status).toBe("leased");
    const done = finishAll(failed, ["audio-1", "chunk-1", "chunk-2", "chunk-3", "output-0"]);
    expect(outputs(done)).toEqual(["completed", "failed"]);
  });

  it("ends shared tasks with the last output that needs them", () => {
    const state = failForGood(aChunkedJob(), "audio-1", { code: "encode_failed" });
    expect(outputs(state)).toEqual(["failed", "failed"]);
    expect(
      state.tasks.filter(({ taskId }) => taskId.startsWith("chunk")).map(({ status }) => status),
    ).toEqual(["cancelled", "cancelled", "cancelled"]);
  });

  it("fails the input when the source turns bad in mid-work, and keeps what is finished", () => {
    const state = finishAll(aChunkedJob([aQualityVideo("/a.mp4"), anImage()]), ["output-1"]);
    const failed = failForGood(state, "chunk-2", { code: "source_denied", httpStatus: 403 });
    expect(failed.record.input).toMatchObject({
      status: "failed",
      failure: { code: "source_denied", httpStatus: 403 },
    });
    expect(outputs(failed)).toEqual(["aborted", "completed"]);
    expect(failed.record.status).toBe("failed");
    expect(failed.tasks.some(({ status }) => status === "pending" || status === "leased")).toBe(false);
    expect(failed.outbox.at(-1)?.event).toBe("job.failed");
  });

  it("fails only the output that meets a damaged place in the source", () => {
    const state = failForGood(aChunkedJob([aQualityVideo("/a.mp4"), anImage()]), "output-1", {
      code: "source_not_media",
    });
    expect(state.record.input.status).toBe("transferred");
    expect(outputs(state)).toEqual(["encoding", "failed"]);
    expect(finishAll(state, ["chunk-1"]).record.status).toBe("processing");
  });

  it("weighs a chunked output's progress by the work of its parts", () => {
    const state = aChunkedJob([aQualityVideo("/a.mp4")]);
    const percent = (now: JobState) => now.record.outputs[0]?.progressPercent ?? 0;
    const one = finishAll(state, ["chunk-1"]);
    const all = finishAll(one, ["chunk-3", "chunk-2", "audio-1"]);
    expect(percent(one)).toBeGreaterThanOrEqual(25);
    expect(percent(one)).toBeLessThanOrEqual(33);
    expect(percent(all)).toBe(94);
    expect(percent(finishAll(all, ["output-0"]))).toBe(100);
  });
});
