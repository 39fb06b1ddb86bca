/** Builders of tasks, complete but for what a test is about. */
import { randomBytes } from "node:crypto";
import type { ObjectStoreConfig, WorkFile } from "../../encoder/contract/object-store.ts";
import type {
  AnalyzeTask,
  AssembleTask,
  ChunkTask,
  EncodeTask,
  ImageTask,
  IngestTask,
  PackageTask,
  SegmentSoundTask,
  SegmentTask,
  SubtitleTask,
} from "../../encoder/contract/task.ts";
import { CONTRACT_VERSION } from "../../encoder/contract/version.ts";
import { aLadder, somePackages } from "./ladders.ts";
import { anImageSpec, aRenditionSpec, aVideoSpec } from "./output-specs.ts";

const SOURCE_URL = "https://media.example.com/source.mp4";

/** A store that is never asked; tests that upload give a real one. */
const NOWHERE: ObjectStoreConfig = {
  endpoint: "https://s3.example.com",
  region: "test-region",
  bucket: "test-bucket",
  addressing: "path",
  credentials: { accessKeyId: "AKTEST", secretAccessKey: "secret" },
  objectHeaders: {},
  network: "own",
};

export function aJobId(): string {
  return randomBytes(7).toString("hex");
}

const base = () =>
  ({ contract: CONTRACT_VERSION, jobId: aJobId(), taskId: "task-1", attempt: 1, slots: 1 }) as const;

export function anIngestTask(changes: Partial<IngestTask> = {}): IngestTask {
  return { ...base(), kind: "ingest", source: { url: SOURCE_URL }, ...changes };
}

export function anEncodeTask(changes: Partial<EncodeTask> = {}): EncodeTask {
  return {
    ...base(),
    kind: "encode",
    source: { url: SOURCE_URL },
    threads: 1,
    rendition: aRenditionSpec(),
    watermarkUrls: [],
    object: { store: NOWHERE, key: "out/video.mp4" },
    isWorkFile: false,
    ...changes,
  };
}

/** The whole of a one-second source. */
const span = {
  source: { url: SOURCE_URL },
  threads: 1,
  formatName: "mov,mp4,m4a,3gp,3g2,mj2",
  sourceFrameRate: { num: 25, den: 1 },
  videoStreamIndex: 0,
  zeroTicks: 0,
  start: null,
  end: null,
  spanSeconds: 1,
} as const;

export function aChunkTask(changes: Partial<ChunkTask> = {}): ChunkTask {
  return {
    ...base(),
    kind: "chunk",
    ...span,
    isExact: false,
    parts: [{ video: aVideoSpec(), startFrame: 0, endFrame: 25, key: "work/chunk.mp4" }],
    watermarkUrls: [],
    workStore: NOWHERE,
    ...changes,
  };
}

export function anAnalyzeTask(changes: Partial<AnalyzeTask> = {}): AnalyzeTask {
  return { ...base(), kind: "analyze", ...span, ...changes };
}

/** A stored part that nobody has looked at. */
function aWorkFile(changes: Partial<WorkFile> = {}): WorkFile {
  return { key: "work/a.mp4", sizeBytes: 1, sha256: "0".repeat(64), ...changes };
}

export function anAssembleTask(changes: Partial<AssembleTask> = {}): AssembleTask {
  return {
    ...base(),
    kind: "assemble",
    rendition: aRenditionSpec({ audio: null }),
    files: { type: "chunked", chunks: [aWorkFile()], frameCount: 25, audio: null },
    workStore: NOWHERE,
    object: { store: NOWHERE, key: "out/video.mp4" },
    ...changes,
  };
}

export function anImageTask(changes: Partial<ImageTask> = {}): ImageTask {
  return {
    ...base(),
    kind: "image",
    source: { url: SOURCE_URL },
    threads: 1,
    image: anImageSpec(),
    watermarkUrls: [],
    store: NOWHERE,
    keys: ["out/image.png"],
    vtt: null,
    ...changes,
  };
}

export function aPackageTask(changes: Partial<PackageTask> = {}): PackageTask {
  return {
    ...base(),
    kind: "package",
    ladder: aLadder(),
    packages: somePackages(),
    isOpen: false,
    ...changes,
  };
}

/** One picture without sound, for fragmented MP4. */
export function aSegmentTask(changes: Partial<SegmentTask> = {}): SegmentTask {
  return {
    ...base(),
    kind: "segment",
    workStore: NOWHERE,
    firstNumber: 0,
    spanSeconds: null,
    pictures: [
      {
        type: "whole",
        file: aWorkFile(),
        frameRate: { num: 25, den: 1 },
        codec: "h264",
        sound: null,
        folders: { transport: null, fragments: "video/1" },
      },
    ],
    transport: null,
    fragments: { store: NOWHERE, prefix: "dash", encryption: null },
    ...changes,
  };
}

/** A sound of both packages that no picture is muxed with. */
export function aSegmentSoundTask(changes: Partial<SegmentSoundTask> = {}): SegmentSoundTask {
  return {
    ...base(),
    kind: "segment-sound",
    workStore: NOWHERE,
    file: aWorkFile(),
    pieces: null,
    folders: { transport: "audio-1", fragments: "audio/1" },
    transport: { store: NOWHERE, prefix: "hls", encryption: null },
    fragments: { store: NOWHERE, prefix: "dash", encryption: null },
    ...changes,
  };
}

/** A file with subtitles, of which all is stored. */
export function aSubtitleTask(changes: Partial<SubtitleTask> = {}): SubtitleTask {
  return {
    ...base(),
    kind: "subtitle",
    source: { url: "https://media.example.com/subtitles.srt" },
    streamIndex: null,
    span: { startSeconds: 0, durationSeconds: null },
    targets: [{ object: { store: NOWHERE, key: "text/en-1/subtitles.vtt" }, isTransport: false }],
    ...changes,
  };
}
