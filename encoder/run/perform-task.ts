/**
 * What each kind of task does: fetch, work, upload, result. Media work is the neighbours' (probe-source,
 * encode-rendition, take-images, package-hls); errors are run-task.ts's.
 */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { WrittenObject } from "../contract/object-store.ts";
import type { TaskPhase, TaskResult } from "../contract/report.ts";
import type { EncodeTask, ImageTask, IngestTask, PackageTask, Task } from "../contract/task.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import type { SourceCache } from "../source/source-cache.ts";
import { contentTypeOf } from "../storage/content-type.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { encodeRendition } from "./encode-rendition.ts";
import type { FfmpegTools } from "./ffmpeg.ts";
import { packageHls } from "./package-hls.ts";
import { probeSource } from "./probe-source.ts";
import { publishWaves } from "./publish-order.ts";
import { takeImages } from "./take-images.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

/** Small objects are bound by round trips, not by bandwidth; more at once runs into stores' rate limits. */
const OBJECTS_AT_ONCE = 4;

export type TaskServices = {
  tools: FfmpegTools;
  sources: SourceCache;
  objects: ObjectStore;
  sourceMaxSeconds: number;
};

export type TaskRun = {
  services: TaskServices;
  /** An empty directory of this attempt's own. */
  directory: string;
  signal: AbortSignal;
  onProgress: (phase: TaskPhase, fraction: number) => void;
};

/**
 * Does the task's work; everything that the result names is durable in its store when the promise resolves.
 * @throws TaskFailure, the signal's reason when it is aborted, and errors of the file system as they are.
 */
export function performTask(task: Task, run: TaskRun): Promise<TaskResult> {
  switch (task.kind) {
    case "ingest":
      return ingest(task, run);
    case "encode":
      return encode(task, run);
    case "image":
      return takeAndStoreImages(task, run);
    case "package":
      return packageAndPublish(task, run);
  }
}

function ingest(task: IngestTask, run: TaskRun): Promise<TaskResult> {
  return withSource(task, run, async (sourcePath) => {
    const { mediaInfo, ffprobe } = await probeSource(sourcePath, await workContext(run, "fetching"));
    const maxSeconds = run.services.sourceMaxSeconds;
    if ((mediaInfo.durationSeconds ?? 0) > maxSeconds) {
      throw new TaskFailure({
        code: "source_limits_exceeded",
        limit: `a duration of at most ${maxSeconds} s`,
      });
    }
    return { kind: "ingest", mediaInfo, ffprobe };
  });
}

function encode(task: EncodeTask, run: TaskRun): Promise<TaskResult> {
  return withSource(task, run, async (sourcePath) => {
    const { rendition, threads } = task;
    const encoded = await encodeRendition(
      { sourcePath, rendition, threads },
      await workContext(run, "encoding"),
    );
    run.onProgress("uploading", 0);
    const file = { path: encoded.path, contentType: contentTypeOf(task.object.key) };
    const object = await run.services.objects.putFile(task.object, file, {
      signal: run.signal,
      onProgress: (fraction) => run.onProgress("uploading", fraction),
    });
    return { kind: "encode", object, ffprobe: encoded.ffprobe };
  });
}

function takeAndStoreImages(task: ImageTask, run: TaskRun): Promise<TaskResult> {
  return withSource(task, run, async (sourcePath) => {
    const { image, threads } = task;
    const paths = await takeImages({ sourcePath, image, threads }, await workContext(run, "encoding"));
    const uploads = task.keys.map((key, index) => {
      const file = paths[index];
      if (file === undefined) {
        throw new TaskFailure(
          { code: "output_frame_missing" },
          { log: `${paths.length} of ${task.keys.length} images` },
        );
      }
      return { path: file, key, contentType: contentTypeOf(key) };
    });
    const objects = await uploadAll(uploads, task.store, run, (done) => done / uploads.length);
    return { kind: "image", objects };
  });
}

async function packageAndPublish(task: PackageTask, run: TaskRun): Promise<TaskResult> {
  const { hls } = task;
  const renditions = await fetchRenditions(task, run);
  const { playlistName, segmentSeconds } = hls;
  const { files, ffprobe } = await packageHls(
    { renditions, playlistName, segmentSeconds },
    await workContext(run, "packaging"),
  );
  run.onProgress("uploading", 0);
  const toKey = (name: string): string => (hls.prefix === "" ? name : `${hls.prefix}/${name}`);
  const written: WrittenObject[] = [];
  for (const wave of publishWaves(files)) {
    const uploads = wave.map(({ path: file, name, contentType }) => ({
      path: file,
      key: toKey(name),
      contentType,
    }));
    const before = written.length;
    written.push(...(await uploadAll(uploads, hls.store, run, (done) => (before + done) / files.length)));
  }
  const master = written.at(-1);
  if (master === undefined) {
    throw new Error("the package has no files");
  }
  const sizeBytes = written.reduce((sum, object) => sum + object.sizeBytes, 0);
  return { kind: "package", masterKey: master.key, objectCount: written.length, sizeBytes, ffprobe };
}

/** One after the other: together they would only share the bandwidth. */
async function fetchRenditions(
  task: PackageTask,
  run: TaskRun,
): Promise<{ path: string; hasVideo: boolean; hasAudio: boolean }[]> {
  const fetched = [];
  for (const [index, { object, hasVideo, hasAudio }] of task.renditions.entries()) {
    const file = path.join(run.directory, `rendition-${index}.mp4`);
    await run.services.objects.getToFile(object, file, {
      signal: run.signal,
      onProgress: (fraction) => run.onProgress("fetching", (index + fraction) / task.renditions.length),
    });
    fetched.push({ path: file, hasVideo, hasAudio });
  }
  return fetched;
}

/** Uploads in any order, a few at once; results are in the order of `uploads`. */
function uploadAll(
  uploads: readonly { path: string; key: string; contentType: string }[],
  store: ImageTask["store"],
  run: TaskRun,
  toFraction: (doneCount: number) => number,
): Promise<WrittenObject[]> {
  let doneCount = 0;
  return mapConcurrently(uploads, OBJECTS_AT_ONCE, run.signal, async ({ key, ...file }, _, signal) => {
    const object = await run.services.objects.putFile({ store, key }, file, { signal });
    doneCount += 1;
    run.onProgress("uploading", toFraction(doneCount));
    return object;
  });
}

async function withSource(
  task: IngestTask | EncodeTask | ImageTask,
  run: TaskRun,
  work: (sourcePath: string) => Promise<TaskResult>,
): Promise<TaskResult> {
  const lease = await run.services.sources.acquire(task.jobId, task.source.url, {
    signal: run.signal,
    onProgress: (fraction) => run.onProgress("fetching", fraction),
  });
  try {
    return await work(lease.path);
  } finally {
    lease.release();
  }
}

/** Media work gets an empty directory, apart from what was fetched for it. */
async function workContext(run: TaskRun, phase: TaskPhase): Promise<WorkContext> {
  if (phase !== "fetching") {
    run.onProgress(phase, 0);
  }
  const directory = path.join(run.directory, "work");
  await mkdir(directory);
  return {
    tools: run.services.tools,
    directory,
    signal: run.signal,
    onProgress: (fraction) => run.onProgress(phase, fraction),
  };
}
