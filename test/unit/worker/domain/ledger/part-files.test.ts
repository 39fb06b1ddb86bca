import { describe, expect, it } from "vitest";
import { chunkBudgets } from "../../../../../worker/domain/plan/chunk-budget.ts";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import { chunkParts, renditionFiles, stretchFile } from "../../../../../worker/domain/ledger/part-files.ts";
import {
  aChunkedJob,
  aQualityVideo,
  failedReport,
  finishAll,
  finishChunk,
  idsOf,
} from "../../../../support/chunked-job.ts";
import { aStream, aVideo, aWorkFile, after, lease, taskOf } from "../../../../support/job-builders.ts";

const parts = (state: JobState, taskId: string) =>
  chunkParts(state.record.id, state.tasks, taskOf(state, taskId));
const key = (path: string) => `work/AbCdEfGhIjKlMn/${path}`;

describe("chunkParts", () => {
  it("gives each span of a bitrate output the rate that its analysis says, and leaves the ceiling", () => {
    const planned = aChunkedJob([aVideo(), aQualityVideo("/b.mp4")]);
    const state = lease(finishAll(planned, idsOf(planned, "analyze")));
    const weighed = state.tasks.flatMap(({ work }) =>
      work.kind === "analyze" ? [{ weight: 1_000 * (work.index + 1), seconds: work.span.spanSeconds }] : [],
    );
    const budgets = chunkBudgets(weighed, 1_000_000, 2_000_000);
    const rates = idsOf(state, "chunk").map((id) => parts(state, id)[0]?.video.rate);
    expect(rates).toEqual(
      budgets.map((bitrateBps) => ({ mode: "bitrate", bitrateBps, maxrateBps: 2_000_000, passes: 1 })),
    );
    expect(new Set(budgets).size).toBe(budgets.length);
    expect(parts(state, "chunk-1")[1]?.video.rate).toMatchObject({ mode: "quality" });
  });

  it("gives another attempt the same work under another key", () => {
    const planned = aChunkedJob([aVideo()]);
    const first = lease(finishAll(planned, idsOf(planned, "analyze")));
    const again = lease(after(first, [failedReport(first, "chunk-2", { code: "encoder_stopping" })]));
    const [before] = parts(first, "chunk-2");
    const [now] = parts(again, "chunk-2");
    expect(before?.key).toBe(key("chunk-2/1/0.mp4"));
    expect(now).toEqual({ ...before, key: key("chunk-2/2/0.mp4") });
  });
});

describe("renditionFiles", () => {
  it("lists a rendition's own parts in source order, whatever order they were made in", () => {
    const state = finishAll(aChunkedJob(), ["chunk-3", "chunk-1", "audio-1", "chunk-2"]);
    const { work } = taskOf(state, "output-1");
    if (work.kind !== "assemble") {
      throw new TypeError("It is joined from chunks.");
    }
    expect(renditionFiles(state.tasks, "output-1", work.files)).toEqual({
      type: "chunked",
      chunks: [1, 2, 3].map((number) => aWorkFile(key(`chunk-${number}/1/1.mp4`))),
      frameCount: 90 * 30,
      audio: aWorkFile(key("audio-1/1/rendition.mp4")),
    });
  });

  it("names the attempt that counts", () => {
    const once = finishChunk(finishAll(aChunkedJob(), ["chunk-1"]), "chunk-2", {
      seam: { first: "another frame", next: "frame 1800" },
    });
    const state = finishAll(once, ["chunk-1", "chunk-2", "chunk-3", "audio-1"]);
    const { work } = taskOf(state, "output-0");
    const files = work.kind === "assemble" ? renditionFiles(state.tasks, "output-0", work.files) : null;
    expect(files?.type === "chunked" ? files.chunks.map((file) => file.key) : []).toEqual([
      key("chunk-1/2/0.mp4"),
      key("chunk-2/2/0.mp4"),
      key("chunk-3/1/0.mp4"),
    ]);
  });

  it("says so when a part is missing, instead of leaving it out", () => {
    const state = finishAll(aChunkedJob(), ["chunk-1", "chunk-3", "audio-1"]);
    const { work } = taskOf(state, "output-0");
    expect(() => work.kind === "assemble" && renditionFiles(state.tasks, "output-0", work.files)).toThrow(
      "chunk-2",
    );
  });
});

describe("stretchFile", () => {
  it("finds a picture's part of the chunk at a place, by its place in the stream", () => {
    const state = finishAll(aChunkedJob([aQualityVideo("/a.mp4"), aStream()]), ["chunk-2"]);
    const files = { type: "chunked", group: "chunk", audioTaskId: null } as const;
    const find = (variant: number) =>
      stretchFile(state.tasks, { packageId: "output-1-package", variant, index: 1, files }).key;
    expect([find(0), find(1)]).toEqual([key("chunk-2/1/1.mp4"), key("chunk-2/1/2.mp4")]);
  });
});
