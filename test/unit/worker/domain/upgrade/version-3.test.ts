import { describe, expect, it } from "vitest";
import { mediaInfoSchema } from "../../../../../encoder/contract/media-info.ts";
import type { RenditionSpec } from "../../../../../encoder/contract/output-spec.ts";
import { newTask } from "../../../../../worker/domain/create-job.ts";
import { jobView } from "../../../../../worker/domain/job-view.ts";
import { chunkParts } from "../../../../../worker/domain/ledger/part-files.ts";
import { upgradeState } from "../../../../../worker/domain/upgrade-state.ts";
import type { StateV3, TaskV3, WorkV3 } from "../../../../../worker/domain/upgrade/version-3.ts";
import { aQualityVideo, runAll } from "../../../../support/chunked-job.ts";
import { T0, aFormat, aJob, aLongSource, lease, taskOf } from "../../../../support/job-builders.ts";
import { aRenditionSpec } from "../../../../support/output-specs.ts";

const SPAN = { zeroTicks: 0, start: null, end: null, spanSeconds: 90 };
const PICTURE = aRenditionSpec({ audio: null });

function aTask(taskId: string, work: WorkV3, outputIndexes: number[], more: Partial<TaskV3> = {}): TaskV3 {
  return { ...newTask({ taskId, outputIndexes, work: { kind: "ingest" } }), work, ...more };
}

/** A job with a video and a stream as version 3 stored it: their chunk is still to be encoded. */
function aVersion3(change: Partial<StateV3["record"]> = {}, variants: RenditionSpec[] = [PICTURE]): StateV3 {
  const { record, outbox } = aJob();
  const { audioTracks: _audio, subtitleTracks: _text, ...mediaInfo } = aLongSource().media;
  const output = { status: "encoding", isAnnounced: false, failure: null, progressPercent: 10 } as const;
  const video = aQualityVideo("/a.mp4");
  const files = { type: "chunked", group: "chunk", audioTaskId: null } as const;
  const parts = ["output-0", "output-1-package"].map((taskId) => ({
    ...{ taskId, variant: 0 },
    ...{ startFrame: 0, endFrame: null },
  }));
  return {
    record: {
      ...record,
      schema: 3,
      status: "processing",
      spec: {
        ...record.spec,
        outputs: [
          ...(video.type === "video" ? [video] : []),
          {
            ...{
              key: "b",
              format: "httpstream",
              condition: null,
              type: "httpstream",
              path: "/{{ input.width }}",
            },
            ...{ playlistName: "master", variants: [aFormat({ audio: null })], hls: { path: "/hls" } },
          },
        ],
      },
      input: {
        status: "transferred",
        progressPercent: 100,
        failure: null,
        mediaInfo: mediaInfo,
      },
      outputs: [
        { ...output, keys: ["a.mp4"] },
        { ...output, keys: ["1280/hls/master.m3u8"] },
      ],
      ...change,
    },
    tasks: [
      aTask("ingest", { kind: "ingest" }, [], { status: "done", attempt: 1 }),
      aTask(
        "chunk-1",
        { kind: "chunk", threads: 1, group: "chunk", index: 0, span: SPAN, isExact: false, parts },
        [0, 1],
      ),
      aTask("output-0", { kind: "assemble", rendition: PICTURE, files, key: "a.mp4" }, [0], {
        dependsOn: ["chunk-*"],
      }),
      aTask(
        "output-1-package",
        {
          kind: "package",
          renditions: variants.map((rendition) => ({ rendition, files })),
          ...{ prefix: "1280/hls", playlistName: "master", segmentSeconds: 6 },
        },
        [1],
        { dependsOn: ["chunk-*"] },
      ),
    ],
    outbox: [...outbox],
  };
}

describe("fromVersion3", () => {
  it("knows of one audio track, and no text", () => {
    const { mediaInfo } = upgradeState(aVersion3()).record.input;
    expect(mediaInfoSchema.parse(mediaInfo)).toMatchObject({
      audioTracks: [{ streamIndex: 1, language: null, isDefault: true }],
      subtitleTracks: [],
    });
  });

  it("makes an open stream anew, under the prefix that was planned", () => {
    const state = upgradeState(aVersion3());
    expect(taskOf(state, "output-1-package")).toMatchObject({ status: "cancelled", outputIndexes: [] });
    expect(taskOf(state, "output-1-package-anew")).toMatchObject({
      status: "pending",
      work: { stream: { transport: { prefix: "1280/hls", version: 3 }, fragments: null } },
    });
    const done = runAll(state);
    expect(done.record.status).toBe("completed");
    expect(jobView(done.record)).toMatchObject({
      outputs: [
        {},
        { urls: [{ format: "hls", url: expect.stringMatching(/1280\/hls\/master.m3u8$/) as string }] },
      ],
    });
  });

  it("still encodes the chunks that other outputs share with it", () => {
    const state = lease(upgradeState(aVersion3()));
    expect(taskOf(state, "chunk-1").outputIndexes).toEqual([0]);
    const parts = chunkParts(state.record.id, state.tasks, taskOf(state, "chunk-1"));
    expect(parts.map(({ video }) => video)).toEqual([PICTURE.video, PICTURE.video]);
  });

  it("leaves a finished stream as it was delivered", () => {
    const output = { isAnnounced: true, failure: null, progressPercent: 100, status: "completed" } as const;
    const outputs = [
      { ...output, keys: ["a.mp4"] },
      { ...output, keys: ["1280/hls/master.m3u8"] },
    ];
    const state = upgradeState(aVersion3({ status: "completed", completedAt: T0, outputs }));
    expect(state.tasks.some(({ taskId }) => taskId.endsWith("-anew"))).toBe(false);
    expect(jobView(state.record)).toMatchObject({ outputs: [{}, { urls: [{ format: "hls" }] }] });
  });

  it("leaves the plan to the input's task when that has not ended", () => {
    const input = { status: "transferring", progressPercent: 10, failure: null, mediaInfo: null } as const;
    const output = { isAnnounced: false, failure: null, progressPercent: 0, keys: [] };
    const outputs = [1, 2].map(() => ({ ...output, status: "waiting" as const }));
    const before = aVersion3({ input, outputs });
    const state = upgradeState({ ...before, tasks: before.tasks.slice(0, 1) });
    expect(state.tasks.map(({ taskId }) => taskId)).toEqual(["ingest"]);
  });
});
