import { describe, expect, it } from "vitest";
import {
  imageSpecSchema,
  renditionSpecSchema,
  videoSpecSchema,
} from "../../../../../encoder/contract/output-spec.ts";
import { mediaInfoSchema, type Colour } from "../../../../../encoder/contract/media-info.ts";
import { encoderLimit } from "../../../../../worker/domain/ledger/job-encoders.ts";
import { upgradeState } from "../../../../../worker/domain/upgrade-state.ts";
import type {
  RecordV2,
  RenditionSpecV2,
  StateV2,
  TaskV2,
  WorkV2,
} from "../../../../../worker/domain/upgrade/version-2.ts";
import { resolveImage } from "../../../../../worker/domain/plan/resolve-image.ts";
import { resolveVariants } from "../../../../../worker/domain/plan/resolve-variants.ts";
import { resolveVideo } from "../../../../../worker/domain/plan/resolve-video.ts";
import { runAll } from "../../../../support/chunked-job.ts";
import { T0, aJob, aLongSource, taskOf } from "../../../../support/job-builders.ts";
import { BT709 } from "../../../../support/output-specs.ts";

const FRAME = { widthPx: 320, heightPx: 180, scaledWidthPx: 320, scaledHeightPx: 180 };
const RENDITION: RenditionSpecV2 = {
  container: "mp4",
  video: {
    codec: "h264",
    sourceStreamIndex: 0,
    frame: FRAME,
    frameRate: null,
    rate: { mode: "quality", crf: 23, maxrateBps: null },
    keyframeIntervalSeconds: null,
  },
  audio: { codec: "aac", sourceStreamIndex: 1, bitrateBps: 128_000, sampleRateHz: 44_100, channels: 2 },
  span: { startSeconds: 0, durationSeconds: null },
};
const FILE = { key: "work/a.mp4", sizeBytes: 1_000, sha256: "0".repeat(64) };
const SPAN = { zeroTicks: 0, start: null, end: null, spanSeconds: 20 };

const FORMAT: RecordV2["spec"]["outputs"][number] = {
  key: "a",
  format: "mp4:180p",
  condition: null,
  type: "video",
  path: "/a.mp4",
  rendition: {
    container: "mp4",
    video: {
      codec: "h264",
      resolution: { widthPx: 320, heightPx: null },
      frameRate: null,
      rate: { mode: "quality", quality: 4, maxrateBps: null },
    },
    audio: { codec: "aac", bitrateBps: 128_000, sampleRateHz: 44_100, channels: 2 },
  },
  offsetSeconds: 0,
  durationSeconds: null,
};

function aTask(taskId: string, work: WorkV2, more: Partial<TaskV2> = {}): TaskV2 {
  return {
    taskId,
    outputIndexes: [0],
    work,
    dependsOn: [],
    weight: 7,
    status: "pending",
    attempt: 0,
    encoder: null,
    accepted: false,
    leaseExpiresAt: 0,
    leasedAt: null,
    endedAt: null,
    notBefore: 0,
    phase: null,
    progressPercent: 0,
    failures: [],
    handBacks: 0,
    phaseMs: {},
    result: null,
    ...more,
  };
}

const DONE = { status: "done", attempt: 1, accepted: true, progressPercent: 100, endedAt: T0 } as const;

/** The rows of a job in mid-work as version 2 stored them: chunks are done, the rest is not. */
function aVersion2(video: { widthPx?: number; heightPx?: number; pixelFormat?: string } = {}): StateV2 {
  const { record, outbox } = aJob();
  const output = { status: "encoding", isAnnounced: false, failure: null, progressPercent: 10 } as const;
  const spec: RecordV2["spec"] = {
    ...record.spec,
    outputs: [
      FORMAT,
      {
        key: "b",
        format: "png:320x",
        condition: null,
        type: "image",
        container: "png",
        path: "/t_%.2d.png",
        resolution: { widthPx: 320, heightPx: null },
        sampling: { by: "number", count: 2 },
      },
      {
        key: "c",
        format: "httpstream",
        condition: null,
        type: "httpstream",
        path: "/",
        playlistName: "master",
        variants: FORMAT.type === "video" ? [FORMAT.rendition] : [],
        hls: { path: "/hls" },
      },
    ],
  };
  return {
    record: {
      ...record,
      schema: 2,
      status: "processing",
      spec,
      input: {
        status: "transferred",
        progressPercent: 100,
        failure: null,
        mediaInfo: {
          formatName: "mov,mp4,m4a,3gp,3g2,mj2",
          mimeType: "video/mp4",
          sizeBytes: 5_000_000,
          durationSeconds: 20,
          bitrateBps: 2_000_000,
          video: {
            streamIndex: 0,
            codec: "h264",
            widthPx: 1280,
            heightPx: 720,
            displayWidthPx: 1280,
            displayHeightPx: 720,
            rotationDegrees: 0,
            frameRate: { num: 30, den: 1 },
            bitrateBps: 1_800_000,
            pixelFormat: "yuv420p",
            ...video,
          },
          audio: { streamIndex: 1, codec: "aac", channels: 2, sampleRateHz: 44_100, bitrateBps: 128_000 },
        },
      },
      outputs: [
        { ...output, keys: ["a.mp4"] },
        { ...output, keys: ["t_01.png", "t_02.png"] },
        { ...output, keys: ["hls/master.m3u8"] },
      ],
    },
    tasks: [
      aTask("ingest", { kind: "ingest" }, { ...DONE, outputIndexes: [] }),
      aTask(
        "audio-1",
        {
          kind: "encode",
          threads: 1,
          rendition: { ...RENDITION, video: null },
          to: "work",
          key: "work/AbCdEfGhIjKlMn/audio-1",
        },
        { ...DONE, result: { kind: "encode", file: FILE } },
      ),
      aTask(
        "chunk-1",
        {
          kind: "chunk",
          threads: 1,
          group: "chunk",
          index: 0,
          span: SPAN,
          isExact: false,
          parts: [{ taskId: "output-0", variant: 0, startFrame: 0, endFrame: 600 }],
        },
        {
          ...DONE,
          result: {
            kind: "chunk",
            parts: [{ file: FILE, frameCount: 600, extradataHash: "headers" }],
            seam: { first: null, next: null },
          },
        },
      ),
      aTask(
        "output-0",
        {
          kind: "assemble",
          rendition: RENDITION,
          files: { type: "chunked", group: "chunk", audioTaskId: "audio-1" },
          key: "a.mp4",
        },
        { dependsOn: ["chunk-*", "audio-1"] },
      ),
      aTask(
        "output-1",
        {
          kind: "image",
          threads: 1,
          image: { format: "png", sourceStreamIndex: 0, frame: FRAME, atSeconds: [5, 10] },
          keys: ["t_01.png", "t_02.png"],
        },
        { outputIndexes: [1] },
      ),
      aTask(
        "output-2-variant-1",
        { kind: "encode", threads: 1, rendition: RENDITION, to: "work", key: "work/AbCdEfGhIjKlMn/v1" },
        { outputIndexes: [2] },
      ),
      aTask(
        "output-2-package",
        {
          kind: "package",
          renditions: [{ rendition: RENDITION, files: { type: "whole", taskId: "output-2-variant-1" } }],
          prefix: "hls",
          playlistName: "master",
          segmentSeconds: 6,
        },
        { outputIndexes: [2], dependsOn: ["output-2-variant-1"] },
      ),
    ],
    outbox: [...outbox],
  };
}

describe("fromVersion2", () => {
  it("gives tasks the pictures and sounds that encoders understand now", () => {
    const state = upgradeState(aVersion2());
    const { work: join } = taskOf(state, "output-0");
    const rendition = renditionSpecSchema.parse(join.kind === "assemble" ? join.rendition : null);
    expect(rendition).toMatchObject({
      video: { picture: { frame: FRAME, deinterlace: "off", colour: BT709, pixelFormat: "yuv420p" } },
      audio: { layout: "stereo", sourceChannels: 2 },
      isFragmented: false,
    });
    const { work: images } = taskOf(state, "output-1");
    const image = imageSpecSchema.parse(images.kind === "image" ? images.image : null);
    expect(image).toMatchObject({ sprite: null, picture: { colour: { matrix: "rgb", range: "pc" } } });
    const { work: packaging } = taskOf(state, "output-2-package");
    const pictures = packaging.kind === "package" ? packaging.stream.pictures : [];
    expect(pictures.map(({ video }) => videoSpecSchema.parse(video))).toHaveLength(1);
  });

  it.each<[object, Partial<Colour>]>([
    [{}, BT709],
    [
      { widthPx: 640, heightPx: 360 },
      { matrix: "bt601", primaries: "smpte170m", range: "tv" },
    ],
    [{ pixelFormat: "yuvj420p" }, { matrix: "bt709", range: "pc" }],
  ])("guesses the colours of a source that is %j", (video, colour) => {
    const { mediaInfo } = upgradeState(aVersion2(video)).record.input;
    expect(mediaInfoSchema.parse(mediaInfo).video).toMatchObject({
      colour,
      isInterlaced: false,
      hasAlpha: false,
    });
  });

  it("keeps what was asked for in a form that can be planned", () => {
    const media = aLongSource().media;
    const results = upgradeState(aVersion2()).record.spec.outputs.map((request) => {
      switch (request.type) {
        case "video":
          return resolveVideo(request, media).ok;
        case "image":
          return resolveImage(request, media).ok;
        case "httpstream":
          return resolveVariants(request, media).ok;
      }
    });
    expect(results).toEqual([true, true, true]);
  });

  it("lets the job run to its end with the parts that it has", () => {
    const state = upgradeState(aVersion2());
    expect(encoderLimit(state.record)).toBe(1);
    const done = runAll(state);
    expect(done.record.status).toBe("completed");
    expect(taskOf(done, "chunk-1").attempt).toBe(1);
    const left = done.tasks.filter(({ status }) => status !== "done").map(({ taskId }) => taskId);
    expect(left).toEqual(["output-2-variant-1", "output-2-package"]);
  });
});
