import { describe, expect, it } from "vitest";
import { startableTasks, tasksFor } from "../../../../../worker/domain/ledger/startable-tasks.ts";
import {
  aChunkedJob,
  aQualityVideo,
  failedReport,
  finishAll,
  idsOf,
} from "../../../../support/chunked-job.ts";
import {
  T0,
  aLongSource,
  aStream,
  aVideo,
  after,
  anImage,
  anIngestedJob,
  lease,
  taskOf,
} from "../../../../support/job-builders.ts";

const LATER = T0 + 5_000;
const names = (tasks: readonly { taskId: string }[]) => tasks.map(({ taskId }) => taskId);

describe("startableTasks", () => {
  it("starts pictures and analyses first, then sound, then chunks in source order, then what joins them", () => {
    const outputs = [aVideo(), aQualityVideo("/b.mp4", { durationSeconds: 20 }), anImage()];
    const state = anIngestedJob({ outputs }, aLongSource(), 3);
    const analyses = idsOf(state, "analyze");
    expect(names(startableTasks(state, T0))).toEqual(["output-2", ...analyses, "output-1", "audio-1"]);
    const analyzed = finishAll(state, analyses.toReversed());
    const idle = after(analyzed, [{ type: "encoder-gone", encoder: "0" }]);
    const waiting = names(startableTasks(idle, LATER));
    expect(waiting.filter((id) => id.startsWith("chunk"))).toEqual(idsOf(state, "chunk"));
    expect(waiting).not.toContain("output-0");
  });

  it("starts the first chunk beside the sound, so that an open stream is soon played", () => {
    const [first, second] = names(startableTasks(aChunkedJob([aStream()]), T0));
    expect([first, second]).toEqual(["chunk-1", "audio-1"]);
  });

  it("starts no chunk while one analysis is missing, and no join while one part is", () => {
    const state = aChunkedJob([aVideo()]);
    const [analysis = "", ...otherAnalyses] = idsOf(state, "analyze");
    const analyzing = finishAll(state, otherAnalyses);
    expect(names(startableTasks(analyzing, T0))).not.toContain("chunk-1");
    const [part = "", ...otherParts] = idsOf(state, "chunk", "encode");
    const encoding = finishAll(analyzing, [analysis, ...otherParts]);
    expect(names(startableTasks(encoding, T0))).not.toContain("output-0");
    expect(names(startableTasks(finishAll(encoding, [part]), T0))).toEqual(["output-0"]);
  });
});

describe("tasksFor", () => {
  const leased = lease(aChunkedJob(), "0", 3);
  const outOfMemory = failedReport(leased, "chunk-1", { code: "encode_out_of_memory" });
  const state = after(leased, [outOfMemory]);
  const offer = (slotsFree: number, encoder = "0") => ({ encoder, slots: 3, slotsFree });

  it("keeps an encoder free for what ran out of memory, and gives it the whole encoder", () => {
    expect(taskOf(state, "chunk-1")).toMatchObject({ status: "pending", attempt: 1 });
    expect(names(tasksFor(state, offer(1), LATER))).toEqual([]);
    const oneLeft = finishAll(state, ["audio-1"]);
    expect(names(tasksFor(oneLeft, offer(2), LATER))).toEqual([]);
    const empty = finishAll(oneLeft, ["chunk-2"]);
    expect(names(tasksFor(empty, offer(2), LATER))).toEqual([]);
    expect(names(tasksFor(empty, offer(3), LATER))).toEqual(["chunk-1"]);
  });

  it("starts nothing beside it", () => {
    const alone = lease(finishAll(state, ["audio-1", "chunk-2"]), "0", 3, LATER);
    expect(taskOf(alone, "chunk-1").status).toBe("leased");
    expect(names(tasksFor(alone, offer(3), LATER))).toEqual([]);
  });

  it("goes on with other tasks on the job's other encoders", () => {
    const more = anIngestedJob({ outputs: [aQualityVideo("/a.mp4")], ultrafast: true }, aLongSource(180), 3);
    const two = lease(lease(more, "0", 2), "1", 3);
    const short = after(two, [failedReport(two, "audio-1", { code: "encode_out_of_memory" })]);
    const held = (encoder: string) =>
      short.tasks.filter((task) => task.status === "leased" && task.encoder === encoder);
    expect(held("0").length).toBeLessThan(held("1").length);
    expect(tasksFor(short, offer(1, "0"), LATER)).toEqual([]);
    expect(tasksFor(short, { ...offer(1, "1"), slots: 4 }, LATER)).toHaveLength(1);
  });

  it("counts starts that the encoder has not confirmed as taken", () => {
    const offered = after(aChunkedJob(), [{ type: "capacity-found", ...offer(2) }]);
    expect(tasksFor(offered, offer(2), T0)).toEqual([]);
  });
});
