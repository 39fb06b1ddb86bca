/** Builders of tasks, complete but for what a test is about. */
import { randomBytes } from "node:crypto";
import type { ObjectStoreConfig } from "../../encoder/contract/object-store.ts";
import type { EncodeTask, ImageTask, IngestTask, PackageTask } from "../../encoder/contract/task.ts";
import { CONTRACT_VERSION } from "../../encoder/contract/version.ts";
import { anImageSpec, aRenditionSpec } from "./output-specs.ts";

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

const base = () => ({ contract: CONTRACT_VERSION, jobId: aJobId(), taskId: "task-1", attempt: 1 }) as const;

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
    store: NOWHERE,
    keys: ["out/image.png"],
    ...changes,
  };
}

export function aPackageTask(changes: Partial<PackageTask> = {}): PackageTask {
  return {
    ...base(),
    kind: "package",
    renditions: [{ object: { store: NOWHERE, key: "work/a.mp4" }, hasVideo: true, hasAudio: true }],
    hls: { store: NOWHERE, prefix: "hls", playlistName: "master", segmentSeconds: 1 },
    ...changes,
  };
}
