import { describe, expect, it } from "vitest";
import { decideJob } from "../../../../worker/domain/decide-job.ts";
import { dueWork } from "../../../../worker/domain/due-work.ts";
import { RECORD_SCHEMA, type JobState } from "../../../../worker/domain/job-record.ts";
import { timingsView } from "../../../../worker/domain/ledger/milestones.ts";
import { upgradeState, type StoredState } from "../../../../worker/domain/upgrade-state.ts";
import { runAll } from "../../../support/chunked-job.ts";
import { T0, anIngestedJob, finish, lease, taskOf } from "../../../support/job-builders.ts";

const MEDIA = {
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
  },
  audio: null,
};

const PICTURE = {
  codec: "h264",
  sourceStreamIndex: 0,
  frame: { widthPx: 854, heightPx: 480, scaledWidthPx: 854, scaledHeightPx: 480 },
  frameRate: null,
  rate: { mode: "bitrate", bitrateBps: 1_000_000 },
  keyframeIntervalSeconds: 2,
};
const RENDITION = {
  container: "mp4",
  video: PICTURE,
  audio: null,
  span: { startSeconds: 0, durationSeconds: null },
};
const TASK = {
  dependsOn: [],
  weight: 409_920,
  status: "pending",
  attempt: 0,
  encoder: null,
  accepted: false,
  leaseExpiresAt: 0,
  notBefore: 0,
  phase: null,
  progressPercent: 0,
  failures: [],
  handBacks: 0,
};
const DONE = { ...TASK, status: "done", attempt: 1, encoder: "0", accepted: true, progressPercent: 100 };

/** The rows of a job with a video and a stream in mid-work, as version 1 stored them. */
function aVersion1(): StoredState {
  const variant = (number: number) => ({
    taskId: `output-1-variant-${number}`,
    outputIndex: 1,
    work: {
      kind: "encode",
      threads: 1,
      rendition: RENDITION,
      to: "work",
      key: `work/AbCdEfGhIjKlMn/output-1-variant-${number}`,
    },
  });
  const format = {
    container: "mp4",
    audio: null,
    video: { ...PICTURE, resolution: { widthPx: null, heightPx: 480 } },
  };
  const record = {
    schema: 1,
    id: "AbCdEfGhIjKlMn",
    accountId: "account-1",
    version: 9,
    listedVersion: 7,
    indexedVersion: 7,
    createdAt: T0,
    completedAt: null,
    deadlineAt: T0 + 86_400_000,
    status: "processing",
    spec: {
      ultrafast: false,
      input: { displayUrl: "https://media.example.com/source.mp4" },
      storage: { service: "coconut", path: "/" },
      notification: { events: true, metadata: false },
      outputs: [
        {
          key: "a",
          format: "mp4:480p",
          condition: null,
          type: "video",
          path: "/a.mp4",
          rendition: format,
          offsetSeconds: 0,
          durationSeconds: null,
        },
        {
          key: "b",
          format: "httpstream",
          condition: null,
          type: "httpstream",
          path: "/",
          playlistName: "master",
          variants: [format],
          hls: { path: "/hls" },
        },
      ],
    },
    origin: "https://copra.example.com",
    hostedPrefix: "23/09/0123456789abcdef0123456789abcdef",
    input: { status: "transferred", progressPercent: 100, failure: null, mediaInfo: MEDIA },
    outputs: [
      { status: "encoding", isAnnounced: false, failure: null, keys: ["a.mp4"] },
      { status: "encoding", isAnnounced: false, failure: null, keys: ["hls/master.m3u8"] },
    ],
    progressPercent: 40,
    capacityAt: T0,
    encoderSlots: 2,
    encoders: ["0"],
    avoidedEncoder: "1",
    nextSequence: 2,
    closing: { encoders: false, workFiles: false, secrets: true, hostedAt: null, retireAt: null },
  };
  const tasks = [
    { ...DONE, taskId: "ingest", outputIndex: null, work: { kind: "ingest" } },
    {
      ...TASK,
      taskId: "output-0",
      outputIndex: 0,
      work: { kind: "encode", threads: 1, rendition: RENDITION, to: "destination", key: "a.mp4" },
    },
    { ...DONE, ...variant(1) },
    {
      ...TASK,
      ...variant(2),
      status: "leased",
      attempt: 1,
      encoder: "0",
      accepted: true,
      leaseExpiresAt: T0 + 30_000,
    },
    {
      ...TASK,
      taskId: "output-1-package",
      outputIndex: 1,
      work: {
        kind: "package",
        renditions: [1, 2].map((number) => ({
          taskId: `output-1-variant-${number}`,
          hasVideo: true,
          hasAudio: false,
        })),
        prefix: "hls",
        playlistName: "master",
        segmentSeconds: 6,
      },
      dependsOn: ["output-1-variant-1", "output-1-variant-2"],
    },
  ];
  return { record, tasks, outbox: [] };
}

describe("upgradeState", () => {
  it("leaves a job of the present shape as it is", () => {
    const state = anIngestedJob();
    expect(upgradeState(state)).toBe(state);
  });

  it("gives outputs, rates and packages of version 1 what they lack", () => {
    const state = upgradeState(aVersion1());
    const rate = { mode: "bitrate", bitrateBps: 1_000_000, maxrateBps: 2_000_000, passes: 1 };
    expect(state.record.schema).toBe(RECORD_SCHEMA);
    expect(taskOf(state, "ingest").outputIndexes).toEqual([]);
    expect(taskOf(state, "output-0")).toMatchObject({
      outputIndexes: [0],
      result: null,
      work: { rendition: { video: { rate } } },
    });
    expect(taskOf(state, "output-1-package-anew")).toMatchObject({
      outputIndexes: [1],
      work: {
        stream: { pictures: [{ video: { rate } }], transport: { prefix: "hls", version: 3 } },
        pictures: [{ type: "whole", taskId: "output-1-variant-1-anew" }],
      },
    });
    const [video] = state.record.spec.outputs;
    expect(video).toMatchObject({ rendition: { video: { rate: { mode: "bitrate", passes: 1 } } } });
  });

  it("encodes a stream anew", () => {
    const state = upgradeState(aVersion1());
    expect(taskOf(state, "output-1-variant-1")).toMatchObject({ status: "cancelled", outputIndexes: [] });
    expect(taskOf(state, "output-1-variant-1-anew")).toMatchObject({ status: "pending", outputIndexes: [1] });
  });

  it("has encoders that nobody granted finish what they run and then forget the job", () => {
    const state = upgradeState(aVersion1());
    const work = (of: JobState) =>
      dueWork(of, T0).filter(({ type }) => type === "poll" || type === "release");
    const { tasks } = state;
    const running = tasks.map((task) =>
      task.taskId === "output-0"
        ? {
            ...task,
            status: "leased" as const,
            attempt: 1,
            encoder: "0",
            accepted: true,
            leaseExpiresAt: T0 + 30_000,
          }
        : task,
    );
    expect(work({ ...state, tasks: running })).toEqual([{ type: "poll", encoder: "0" }]);
    expect(work(finish({ ...state, tasks: running }, "output-0"))).toEqual([
      { type: "release", encoder: "0" },
    ]);
  });

  it("counts no time below zero", () => {
    const begun = lease(upgradeState(aVersion1()), "0", 3, T0 + 10_000);
    const times = Object.values(timingsView(begun.record, begun.tasks));
    expect(times.filter((ms) => ms !== null && ms < 0)).toEqual([]);
    expect(timingsView(begun.record, begun.tasks)).toMatchObject({ queue: 0, fetch: 0 });
  });

  it("lets a job of version 1 run to its end", () => {
    const lost = decideJob(upgradeState(aVersion1()), { type: "encoder-gone", encoder: "0" }, T0).state;
    const later = T0 + 10_000;
    const done = runAll(lost, { now: later });
    expect(done.record.status).toBe("completed");
    expect(done.record.progressPercent).toBe(100);
  });

  it("refuses a job that a newer Worker wrote", () => {
    const newer = { ...aVersion1(), record: { ...aVersion1().record, schema: RECORD_SCHEMA + 1 } };
    expect(() => upgradeState(newer)).toThrow("newer Worker");
  });
});
