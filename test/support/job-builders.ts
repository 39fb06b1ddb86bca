/** Complete job parts with sensible defaults; tests override what they speak of. */
import type { Ffprobe, MediaInfo } from "../../encoder/contract/media-info.ts";
import type { WorkFile } from "../../encoder/contract/object-store.ts";
import type { TaskResult } from "../../encoder/contract/report.ts";
import { SEGMENT_SECONDS, type PublishedTrack } from "../../encoder/contract/stream.ts";
import { TICKS_PER_SECOND, type Cut, type Timeline } from "../../encoder/contract/timeline.ts";
import { createJob } from "../../worker/domain/create-job.ts";
import { decideJob, type Decision } from "../../worker/domain/decide-job.ts";
import { busyEncoders, fleetRequest } from "../../worker/domain/ledger/job-encoders.ts";
import type { JobEvent } from "../../worker/domain/job-events.ts";
import type { JobState, PhaseMs, TaskRecord } from "../../worker/domain/job-record.ts";
import { pieceCount } from "../../worker/domain/ledger/task-outcome.ts";
import { attemptKey, partKey } from "../../worker/domain/object-keys.ts";
import type {
  AnimationRequest,
  HttpstreamRequest,
  ImageRequest,
  JobSpec,
  OutputRequest,
  PictureFormat,
  PictureRequest,
  RenditionFormat,
  SoundFormat,
  StillsRequest,
  VideoRequest,
} from "../../worker/domain/job-spec.ts";
import { BT709 } from "./output-specs.ts";

/** A moment that every test starts at: 2026-11-23 09:00:00 UTC. */
export const T0 = Date.UTC(2026, 10, 23, 9, 0, 0);

type Common = { key: string; format: string; condition: string | null };

/** H.264 at the source's size and rate. */
export function aPictureFormat(overrides: Partial<PictureFormat> = {}): PictureFormat {
  return {
    codec: "h264",
    resolution: { widthPx: null, heightPx: null },
    frameRate: null,
    rate: { mode: "quality", quality: 4, maxrateBps: null },
    pixelFormat: "yuv420p",
    profile: null,
    level: null,
    ...overrides,
  };
}

/** The sound of a format string that says nothing of it. */
export function aSoundFormat(overrides: Partial<SoundFormat> = {}): SoundFormat {
  return { codec: "aac", bitrateBps: 128_000, sampleRateHz: 44_100, channels: 2, ...overrides };
}

/** MP4 with picture and sound. */
export function aFormat(overrides: Partial<RenditionFormat> = {}): RenditionFormat {
  return {
    container: "mp4",
    video: aPictureFormat(),
    audio: aSoundFormat(),
    isFragmented: false,
    keepsMetadata: true,
    ...overrides,
  };
}

/** Nothing is done to the picture but scaling. */
export function aPictureRequest(overrides: Partial<PictureRequest> = {}): PictureRequest {
  return {
    fit: "pad",
    transpose: null,
    hflip: false,
    vflip: false,
    deinterlace: null,
    watermark: null,
    ...overrides,
  };
}

export function aVideo(overrides: Partial<VideoRequest & Common> = {}): OutputRequest {
  return {
    key: "mp4:480p",
    format: "mp4:480p",
    condition: null,
    type: "video",
    path: "/480p.mp4",
    rendition: aFormat({
      video: aPictureFormat({
        resolution: { widthPx: null, heightPx: 480 },
        rate: { mode: "bitrate", bitrateBps: 1_000_000, passes: 1 },
      }),
    }),
    picture: aPictureRequest(),
    offsetSeconds: 0,
    durationSeconds: null,
    ...overrides,
  };
}

/** What still and moving pictures have in common. */
const imageBase = () => ({
  key: "jpg:320x",
  format: "jpg:320x",
  condition: null,
  type: "image" as const,
  path: "/thumb_%.2d.jpg",
  resolution: { widthPx: 320, heightPx: null },
  picture: aPictureRequest(),
  isSquare: false,
  blur: 0,
});

export function anImage(
  overrides: Partial<Extract<ImageRequest, StillsRequest> & Common> = {},
): OutputRequest {
  return {
    ...imageBase(),
    container: "jpg",
    sampling: { by: "number", count: 3 },
    sprite: null,
    vtt: null,
    ...overrides,
  };
}

export function anAnimation(
  overrides: Partial<Extract<ImageRequest, AnimationRequest> & Common> = {},
): OutputRequest {
  return {
    ...imageBase(),
    key: "gif:320x",
    format: "gif:320x",
    path: "/preview.gif",
    container: "gif",
    scene: { number: 2, durationSeconds: 3 },
    ...overrides,
  };
}

export function aStream(overrides: Partial<HttpstreamRequest & Common> = {}): OutputRequest {
  const rendition = (heightPx: number) =>
    aFormat({
      video: aPictureFormat({
        resolution: { widthPx: null, heightPx },
        rate: { mode: "quality", quality: 4, maxrateBps: 1_000_000 },
      }),
    });
  return {
    key: "httpstream",
    format: "httpstream",
    condition: null,
    type: "httpstream",
    path: "/",
    playlistName: "master",
    variants: [rendition(240), rendition(480)],
    picture: aPictureRequest(),
    offsetSeconds: 0,
    durationSeconds: null,
    hls: { path: "/hls", version: 4, isLiveEdge: false, encryption: null },
    dash: null,
    audioTracks: "default",
    subtitles: { tracks: "none", files: [] },
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
      ultrafastEncoders: 8,
      hostedToken: "0123456789abcdef0123456789abcdef",
    },
    now,
  );
}

const A_SOUND: NonNullable<MediaInfo["audio"]> = {
  streamIndex: 1,
  codec: "aac",
  channels: 2,
  channelLayout: "stereo",
  sampleRateHz: 44_100,
  bitrateBps: 128_000,
};

/** A 20 s 720p source with sound. Its audio track is the one of `audio`, unless the tracks are given. */
export function aMediaInfo(overrides: Partial<MediaInfo> = {}): MediaInfo {
  const { audio = A_SOUND } = overrides;
  const label = { language: null, title: null, isDefault: true, isForced: false };
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
      colour: BT709,
      isInterlaced: false,
      hasAlpha: false,
    },
    audio,
    audioTracks: audio === null ? [] : [{ ...audio, ...label }],
    subtitleTracks: [],
    ...overrides,
  };
}

export function anFfprobe(): Ffprobe {
  return {
    streams: [{ index: 0, codec_type: "video", width: 1280, height: 720 }],
    format: { filename: "", duration: "20.000000", size: "5000000" },
  };
}

/** A minute and a half at 30 fps with a keyframe every two seconds, on the grid. */
function aTimeline(overrides: { seconds?: number; fps?: number; gopSeconds?: number } = {}): Timeline {
  const { seconds = 90, fps = 30, gopSeconds = 2 } = overrides;
  const frameTicks = Math.round(TICKS_PER_SECOND / fps);
  const frameCount = Math.round(seconds * fps);
  const keyTicks = (at: number) => at - (at % (gopSeconds * TICKS_PER_SECOND));
  const cuts = Array.from({ length: Math.ceil(seconds / 2) - 1 }, (_, index): Cut => {
    const frame = Math.round((index + 1) * 2 * fps);
    const ticks = frame * frameTicks;
    const key = keyTicks(ticks);
    return {
      frame,
      ticks,
      previousTicks: ticks - frameTicks,
      keyTicks: key,
      previousKeyTicks: key === 0 ? null : keyTicks(key - 1),
      isOnGrid: true,
    };
  });
  return { zeroTicks: 0, frameCount, firstTicks: 0, endTicks: frameCount * frameTicks, cuts };
}

/** The source of a test: what its ingest task reports. Without a timeline it is encoded whole. */
export type TestSource = { media: MediaInfo; timeline: Timeline | null };

/** A 20 s source is encoded whole. */
export const SHORT_SOURCE: TestSource = { media: aMediaInfo(), timeline: null };

/** A source that is encoded in chunks. */
export function aLongSource(seconds = 90): TestSource {
  return { media: aMediaInfo({ durationSeconds: seconds }), timeline: aTimeline({ seconds }) };
}

/** A work file whose checksum says nothing but who made it. */
export function aWorkFile(key: string): WorkFile {
  return { key, sizeBytes: 1_000, sha256: "0".repeat(64) };
}

/** Segments of six seconds from number `firstNumber` on, and a rest. */
function aTrack(firstNumber: number, seconds: number, sizeBytes = 1_000): PublishedTrack {
  const ticksPerSecond = 90_000;
  const segments = Array.from({ length: Math.ceil(seconds / SEGMENT_SECONDS) }, (_, index) => ({
    number: firstNumber + index,
    durationTicks: Math.round(ticksPerSecond * Math.min(SEGMENT_SECONDS, seconds - index * SEGMENT_SECONDS)),
    sizeBytes,
    keyframeBytes: null,
  }));
  const startTicks = firstNumber * SEGMENT_SECONDS * ticksPerSecond;
  return { ticksPerSecond, startTicks, codecs: ["avc1.64001f"], segments };
}

/** The result that fits a task's work. Seams fit because both sides name the frame. */
export function aResult(task: TaskRecord, source: TestSource = SHORT_SOURCE): TaskResult {
  const { work, taskId, attempt } = task;
  switch (work.kind) {
    case "ingest":
      return {
        kind: "ingest",
        mediaInfo: source.media,
        ffprobe: anFfprobe(),
        timeline: source.timeline,
        warnings: [],
      };
    case "encode": {
      const isWork = work.to === "work";
      const key = isWork ? attemptKey(work.key, attempt, work.rendition.container) : work.key;
      const sha256 = isWork ? "0".repeat(64) : null;
      const object = { key, sizeBytes: 1_000 };
      return { kind: "encode", object, sha256, ffprobe: anFfprobe(), warnings: [] };
    }
    case "chunk": {
      const edge = (cut: Cut | null) => (cut === null ? null : `frame ${cut.frame}`);
      return {
        kind: "chunk",
        parts: work.parts.map(({ startFrame, endFrame }, part) => ({
          file: aWorkFile(partKey("AbCdEfGhIjKlMn", taskId, attempt, part)),
          frameCount: (endFrame ?? startFrame + 25) - startFrame,
          extradataHash: `headers ${part}`,
        })),
        seam: { first: edge(work.span.start), next: edge(work.span.end) },
        warnings: [],
      };
    }
    case "analyze":
      return { kind: "analyze", weight: 1_000 * (work.index + 1) };
    case "assemble":
      return { kind: "assemble", object: { key: work.key, sizeBytes: 1_000 }, ffprobe: anFfprobe() };
    case "image":
      return { kind: "image", objects: work.keys.map((key) => ({ key, sizeBytes: 10 })) };
    case "animation":
      return { kind: "animation", object: { key: work.key, sizeBytes: 10 } };
    case "segment":
      return {
        kind: "segment",
        pictures: work.pictures.map((picture) => {
          const track = aTrack(work.firstNumber, work.spanSeconds ?? 20, 1_000 * (picture + 1));
          return { transport: track, fragments: track };
        }),
      };
    case "segment-sound": {
      const seconds = source.media.durationSeconds ?? 20;
      const pieces = Array.from({ length: pieceCount(work) }, (_, piece) =>
        aWorkFile(partKey("AbCdEfGhIjKlMn", taskId, attempt, piece)),
      );
      const track = { ...aTrack(0, seconds, 100), codecs: ["mp4a.40.2"] };
      return { kind: "segment-sound", pieces, transport: track, fragments: track };
    }
    case "subtitle":
      return { kind: "subtitle", cueCount: 3 };
    case "package":
      return {
        kind: "package",
        manifests: [{ format: "hls", key: "hls/master.m3u8", ffprobe: anFfprobe() }],
      };
    case "open-package":
      return { kind: "package", manifests: [{ format: "hls", key: "hls/master.m3u8", ffprobe: null }] };
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

/** The fleet lets the job use these encoders, and no others; what was on its way back is back by now. */
export function grant(state: JobState, encoders: readonly string[] = ["0"], now = T0): JobState {
  const released = state.record.leaving.map((encoder): JobEvent => ({ type: "encoder-released", encoder }));
  const { want, broken } = fleetRequest(state, now);
  // Twice: only the second one may name what the first one cleared of suspicion.
  const heard = {
    type: "fleet-replied",
    want,
    broken,
    granted: [...encoders],
    retryAfterMs: 20_000,
  } as const;
  return after(state, [...released, heard, heard], now);
}

/** Leases every startable task to `encoder` and confirms the starts. */
export function lease(state: JobState, encoder = "0", slots = 8, now = T0): JobState {
  const granted = grant(state, [...new Set([...busyEncoders(state), encoder])], now);
  const leased = decideJob(granted, { type: "capacity-found", encoder, slots, slotsFree: slots }, now).state;
  return leased.tasks
    .filter((task) => task.status === "leased" && !task.accepted)
    .reduce(
      (current, { taskId, attempt }) =>
        decideJob(current, { type: "task-started", taskId, attempt }, now).state,
      leased,
    );
}

/** The encoder reports a leased task done. */
export function finish(
  state: JobState,
  taskId: string,
  now = T0,
  source: TestSource = SHORT_SOURCE,
): JobState {
  const task = taskOf(state, taskId);
  return decideJob(state, doneReport(task, aResult(task, source)), now).state;
}

/** The report of the encoder that holds a task. */
export function doneReport(task: TaskRecord, result: TaskResult, phaseMs: PhaseMs = {}): JobEvent {
  const report = { taskId: task.taskId, attempt: task.attempt, state: "done" as const, result, phaseMs };
  return { type: "reported", encoder: task.encoder ?? "", reports: [report], expected: [] };
}

/** A job whose input is in and planned. */
export function anIngestedJob(
  overrides: Partial<JobSpec> = {},
  source: Partial<TestSource> = SHORT_SOURCE,
  slots = 8,
): JobState {
  return finish(lease(aJob(overrides), "0", slots), "ingest", T0, { ...SHORT_SOURCE, ...source });
}
