import { describe, expect, it } from "vitest";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import { outputViews } from "../../../../../worker/domain/job-view.ts";
import { startableTasks } from "../../../../../worker/domain/ledger/startable-tasks.ts";
import { failForGood, finishAll, finishChunk, runAll } from "../../../../support/chunked-job.ts";
import {
  T0,
  aLongSource,
  aStream,
  aResult,
  after,
  anIngestedJob,
  doneReport,
  lease,
  taskOf,
} from "../../../../support/job-builders.ts";

const hls = { path: "/hls", version: 4, isLiveEdge: true, encryption: null } as const;
const dash = { path: "/dash", hasHls: true, encryption: null };

/** Sound is published, no picture is. Four stretches: 6 s, and three more. */
const planned = (events = true) =>
  runAll(
    anIngestedJob(
      { outputs: [aStream({ hls, dash })], notification: { events, metadata: false } },
      aLongSource(),
      3,
    ),
    { kinds: ["encode", "segment-sound"] },
  );
const publish = (state: JobState, ...numbers: number[]) =>
  finishAll(
    state,
    numbers.flatMap((number) => [`chunk-${number}`, `output-0-segment-${number}`]),
  );
const opens = (state: JobState) =>
  state.tasks.flatMap(({ taskId, status, work }) =>
    work.kind === "open-package" ? [`${taskId} of ${work.stretchCount}: ${status}`] : [],
  );
const events = (state: JobState) => state.outbox.map(({ event }) => event);

describe("settleOpenPackages", () => {
  it("writes playlists as soon as the first stretch is published, which is short, and says that it can be played", () => {
    const first = taskOf(planned(), "output-0-segment-1").work;
    expect(first.kind === "segment" && first.spanSeconds).toBe(6);
    const published = publish(planned(), 1);
    expect(opens(published)).toEqual(["output-0-open-1 of 1: pending"]);
    expect(events(published)).toEqual(["input.transferred"]);
    const open = finishAll(published, ["output-0-open-1"]);
    expect(events(open)).toEqual(["input.transferred", "output.playable"]);
    expect(open.outbox.at(-1)).toMatchObject({
      outputIndex: 0,
      withMetadata: false,
      data: {
        type: "httpstream",
        status: "httpstream.variants.encoding",
        key: "httpstream",
        urls: [{ format: "hls", url: expect.stringMatching(/\/hls\/master.m3u8$/) as string }],
      },
    });
    expect(events(finishAll(publish(open, 2), ["output-0-open-2"]))).toHaveLength(2);
    const urls = [{ format: "hls", url: expect.stringMatching(/\/hls\/master.m3u8$/) as string }];
    expect(outputViews(published.record)).not.toContainEqual(expect.objectContaining({ urls }));
    expect(outputViews(open.record)).toEqual([
      expect.objectContaining({ urls, status: "httpstream.variants.encoding" }),
    ]);
    expect(open.record.outputs[0]?.status).toBe("encoding");
  });

  it("sends no event to those who did not ask for any", () => {
    const open = finishAll(publish(planned(false), 1), ["output-0-open-1"]);
    expect(events(open)).toEqual([]);
  });

  it("waits for the stretches before, and for those that write at the time", () => {
    const later = publish(planned(), 2, 3);
    expect(opens(later)).toEqual([]);
    const leased = lease(publish(later, 1));
    expect(opens(leased)).toEqual(["output-0-open-1 of 3: leased"]);
  });

  it("brings what waits up to date instead of writing twice", () => {
    const held = lease(planned(), "0", 8);
    const one = finishAll(held, ["chunk-1", "output-0-segment-1"]);
    expect(opens(one)).toEqual(["output-0-open-1 of 1: pending"]);
    // A segment that was under way when the playlists had to wait.
    const waiting = finishAll(finishAll(held, ["chunk-1", "chunk-2"]), ["output-0-segment-1"]);
    expect(opens(waiting)).toEqual(["output-0-open-1 of 1: pending"]);
    const task = taskOf(waiting, "output-0-segment-2");
    expect(task.status).toBe("leased");
    expect(opens(after(waiting, [doneReport(task, aResult(task))]))).toEqual([
      "output-0-open-1 of 2: pending",
    ]);
  });

  it("gives up what waits when everything is published, and lets the package wait for what is still writing", () => {
    const leased = lease(publish(planned(), 1));
    expect(opens(leased)).toEqual(["output-0-open-1 of 1: leased"]);
    const all = publish(leased, 2, 3, 4);
    const names = (state: JobState) => startableTasks(state, T0).map(({ taskId }) => taskId);
    expect(names(all)).toEqual([]);
    expect(names(finishAll(all, ["output-0-open-1"]))).toEqual(["output-0-package"]);
  });

  it("does not fail the output when open playlists cannot be written", () => {
    const failed = failForGood(publish(planned(), 1), "output-0-open-1", { code: "internal_error" });
    expect(failed.record.outputs[0]?.status).toBe("encoding");
    const done = runAll(failed, { now: T0 + 600_000 });
    expect(done.record.outputs[0]?.status).toBe("completed");
  });

  it("gives up what counts on a stretch that has to be cut again", () => {
    const offered = after(publish(planned(), 1), [
      { type: "capacity-found", encoder: "0", slots: 8, slotsFree: 8 },
    ]);
    expect(taskOf(offered, "output-0-open-1")).toMatchObject({ status: "leased", accepted: false });
    const bad = { seam: { first: "another frame", next: null } };
    const state = finishChunk(offered, "chunk-2", bad);
    expect(taskOf(state, "output-0-segment-1").status).toBe("pending");
    expect(taskOf(state, "output-0-open-1").status).toBe("cancelled");
    const { attempt } = taskOf(state, "output-0-open-1");
    const told = after(state, [{ type: "task-cancelled", taskId: "output-0-open-1", attempt }]);
    expect(runAll(told).record.outputs[0]?.status).toBe("completed");
  });

  it("plans none for a stream in one stretch", () => {
    const outputs = [aStream({ hls, dash })];
    expect(opens(runAll(anIngestedJob({ outputs }, aLongSource(20), 3)))).toEqual([]);
    expect(opens(runAll(anIngestedJob({ outputs }, {}, 3)))).toEqual([]);
  });
});
