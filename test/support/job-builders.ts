/** Complete job parts with sensible defaults; tests override what they speak of. */
import type { Ffprobe, MediaInfo } from "../../encoder/contract/media-info.ts";
import type { TaskResult } from "../../encoder/contract/report.ts";
import { createJob } from "../../worker/domain/create-job.ts";
import { decideJob, type Decision } from "../../worker/domain/decide-job.ts";
import type { JobEvent } from "../../worker/domain/job-events.ts";
import type { JobState, TaskRecord } from "../../worker/domain/job-record.ts";
import type {
  HttpstreamRequest,
  ImageRequest,
  JobSpec,
  OutputRequest,
  VideoRequest,
} from "../../worker/domain/job-spec.ts";

/** A moment that every test starts at: 2026-11-23 09:00:00 UTC. */
export const T0 = Date.UTC(2026, 10, 23, 9, 0, 0);

type Common = { key: string; format: string; condition: string | null };

export function aVideo(overrides: Partial<VideoRequest & Common> = {}): OutputRequest {
  return {
    key: "mp4:480p",
    format: "mp4:480p",
    condition: null,
    type: "video",
    path: "/480p.mp4",
    rendition: {
      container: "mp4",
      video: {
        codec: "h264",
        resolution: { widthPx: null, heightPx: 480 },
        frameRate: null,
        rate: { mode: "bitrate", bitrateBps: 1_000_000 },
      },
      audio: { codec: "aac", bitrateBps: 128_000, sampleRateHz: 44_100, channels: 2 },
    },
    offsetSeconds: 0,
    durationSeconds: null,
    ...overrides,
  };
}

export function anImage(overrides: Partial<ImageRequest & Common> = {}): OutputRequest {
  return {
    key: "jpg:320x",
    format: "jpg:320x",
    condition: null,
    type: "image",
    container: "jpg",
    path: "/thumb_%.2d.jpg",
    resolution: { widthPx: 320, heightPx: null },
    sampling: { by: "number", count: 3 },
    ...overrides,
  };
}

export function aStream(overrides: Partial<HttpstreamRequest & Common> = {}): OutputRequest {
  const rendition = (heightPx: number) => ({
    container: "mp4" as const,
    video: {
      codec: "h264" as const,
      resolution: { widthPx: null, heightPx },
      frameRate: null,
      rate: { mode: "quality" as const, quality: 4 as const, maxrateBps: 1_000_000 },
    },
    audio: { codec: "aac" as const, bitrateBps: 128_000, sampleRateHz: 44_100, channels: 2 as const },
  });
  return {
    key: "httpstream",
    format: "httpstream",
    condition: null,
    type: "httpstream",
    path: "/",
    playlistName: "master",
    variants: [rendition(240), rendition(480)],
    hls: { path: "/hls" },
    ...overrides,
  };
}

function aSpec(overrides: Partial<JobSpec> = {}): JobSpec {
  return {
    ultrafast: false,
    input: { displayUrl: "https://media.example.com/source.mp4" },
    storage: { service: "coconut", path: "/" },
    notification: { events: true, metadata: false },
    outputs: [aVideo()],
    ...overrides,
  };
}

/** A job just after 201. */
export function aJob(overrides: Partial<JobSpec> = {}, now = T0): JobState {
  return createJob(
    {
      id: "AbCdEfGhIjKlMn",
      accountId: "account-1",
      spec: aSpec(overrides),
      origin: "https://copra.example.com",
      hostedToken: "0123456789abcdef0123456789abcdef",
    },
    now,
  );
}

/** A 20 s 720p source with sound. */
export function aMediaInfo(overrides: Partial<MediaInfo> = {}): MediaInfo {
  return {
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
    audio: { streamIndex: 1, codec: "aac", channels: 2, sampleRateHz: 44_100, bitrateBps: 128_000 },
    ...overrides,
  };
}

export function anFfprobe(): Ffprobe {
  return {
    streams: [{ index: 0, codec_type: "video", width: 1280, height: 720 }],
    format: { filename: "", duration: "20.000000", size: "5000000" },
  };
}

/** The result that fits a task's work. */
export function aResult(task: TaskRecord, media: MediaInfo = aMediaInfo()): TaskResult {
  switch (task.work.kind) {
    case "ingest":
      return { kind: "ingest", mediaInfo: media, ffprobe: anFfprobe() };
    case "encode":
      return { kind: "encode", object: { key: task.work.key, sizeBytes: 1_000 }, ffprobe: anFfprobe() };
    case "image":
      return { kind: "image", objects: task.work.keys.map((key) => ({ key, sizeBytes: 10 })) };
    case "package":
      return {
        kind: "package",
        masterKey: `${task.work.prefix}/master.m3u8`,
        objectCount: 9,
        sizeBytes: 9_000,
        ffprobe: anFfprobe(),
      };
  }
}

export function taskOf(state: JobState, taskId: string): TaskRecord {
  const task = state.tasks.find((candidate) => candidate.taskId === taskId);
  if (task === undefined) {
    throw new Error(`No task ${taskId}; there are ${state.tasks.map((other) => other.taskId).join(", ")}.`);
  }
  return task;
}

/** Applies events one after the other, all at the same moment. */
export function after(state: JobState, events: readonly JobEvent[], now = T0): JobState {
  return events.reduce((current, event) => decideJob(current, event, now).state, state);
}

/** One event, with the metadata that it stores. */
export function decision(state: JobState, event: JobEvent, now = T0): Decision {
  return decideJob(state, event, now);
}

/** Leases every startable task to `encoder` and confirms the starts. */
export function lease(state: JobState, encoder = "0", slots = 8, now = T0): JobState {
  const leased = decideJob(state, { type: "capacity-found", encoder, slots, slotsFree: slots }, now).state;
  return leased.tasks
    .filter((task) => task.status === "leased" && !task.accepted)
    .reduce(
      (current, { taskId, attempt }) =>
        decideJob(current, { type: "task-started", taskId, attempt }, now).state,
      leased,
    );
}

/** The encoder reports a leased task done. */
export function finish(state: JobState, taskId: string, now = T0, media: MediaInfo = aMediaInfo()): JobState {
  const task = taskOf(state, taskId);
  const report = { taskId, attempt: task.attempt, state: "done" as const, result: aResult(task, media) };
  return decideJob(
    state,
    { type: "reported", encoder: task.encoder ?? "", reports: [report], expected: [] },
    now,
  ).state;
}

/** A job whose input is in and planned. */
export function anIngestedJob(
  overrides: Partial<JobSpec> = {},
  media: MediaInfo = aMediaInfo(),
  slots = 8,
): JobState {
  return finish(lease(aJob(overrides), "0", slots), "ingest", T0, media);
}
