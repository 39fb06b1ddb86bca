/**
 * What each kind of task does, and the tasks that read the source: fetch, work, upload, result. Tasks that join stored
 * parts are join-tasks.ts's, media work the neighbours' (encode-chunk, encode-rendition, take-images …), errors
 * run-task.ts's.
 */
import type { TaskPhase, TaskResult } from "../contract/report.ts";
import type { AnalyzeTask, ChunkTask, EncodeTask, ImageTask, IngestTask, Task } from "../contract/task.ts";
import { TICKS_PER_SECOND, type Timeline } from "../contract/timeline.ts";
import type { SourceLease } from "../source/source-cache.ts";
import { contentTypeOf } from "../storage/content-type.ts";
import { analyzeSpan } from "./analyze-span.ts";
import { encodeChunk } from "./encode-chunk.ts";
import { encodeRendition } from "./encode-rendition.ts";
import { hashFile } from "./hash-file.ts";
import { indexSource } from "./index-source.ts";
import { assemble, packageAndPublish } from "./join-tasks.ts";
import { probeSource } from "./probe-source.ts";
import { takeImages } from "./take-images.ts";
import { TaskFailure } from "./task-failure.ts";
import { type TaskRun, workContext } from "./task-run.ts";
import { uploadAll, uploadFile } from "./upload-files.ts";
import type { WorkContext } from "./work-context.ts";

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
    case "chunk":
      return encodeAndStoreChunk(task, run);
    case "analyze":
      return analyze(task, run);
    case "assemble":
      return assemble(task, run);
    case "image":
      return takeAndStoreImages(task, run);
    case "package":
      return packageAndPublish(task, run);
  }
}

function ingest(task: IngestTask, run: TaskRun): Promise<TaskResult> {
  return withSource(task, run, "fetching", async (source, ctx) => {
    const probed = await probeSource(source, ctx);
    checkDuration(probed.mediaInfo.durationSeconds, run);
    const timeline = await indexSource(source, probed, ctx);
    checkDuration(timeline && shownSeconds(timeline), run);
    return { kind: "ingest", ...probed, timeline };
  });
}

function shownSeconds({ zeroTicks, endTicks }: Timeline): number {
  return (endTicks - zeroTicks) / TICKS_PER_SECOND;
}

function checkDuration(seconds: number | null, { services }: TaskRun): void {
  const maxSeconds = services.sourceMaxSeconds;
  if ((seconds ?? 0) > maxSeconds) {
    const limit = `a duration of at most ${maxSeconds} s`;
    throw new TaskFailure({ code: "source_limits_exceeded", limit });
  }
}

async function encode(task: EncodeTask, run: TaskRun): Promise<TaskResult> {
  const { rendition, threads, object: target, isWorkFile } = task;
  const encoded = await withSource(task, run, "encoding", (source, ctx) =>
    encodeRendition({ source, rendition, threads }, ctx),
  );
  const sha256 = isWorkFile ? (await hashFile(encoded.path)).sha256 : null;
  const object = await uploadFile(encoded.path, target, run);
  return { kind: "encode", object, sha256, ffprobe: encoded.ffprobe };
}

async function encodeAndStoreChunk(task: ChunkTask, run: TaskRun): Promise<TaskResult> {
  const { parts, seam } = await withSource(task, run, "encoding", (source, ctx) =>
    encodeChunk({ sourceUrl: source.url, task }, ctx),
  );
  run.onProgress("uploading", 0);
  const files = task.parts.flatMap(({ key }, index) => {
    const part = parts[index];
    return part ? [{ ...part, key, contentType: contentTypeOf(key) }] : [];
  });
  const hashes = await Promise.all(files.map((file) => hashFile(file.path)));
  await uploadAll(files, task.workStore, run, (done) => done / files.length);
  const results = files.flatMap(({ key, frameCount, extradataHash }, index) => {
    const hash = hashes[index];
    return hash ? [{ file: { key, ...hash }, frameCount, extradataHash }] : [];
  });
  return { kind: "chunk", parts: results, seam };
}

async function analyze(task: AnalyzeTask, run: TaskRun): Promise<TaskResult> {
  const weight = await withSource(task, run, "encoding", (source, ctx) =>
    analyzeSpan({ sourceUrl: source.url, task }, ctx),
  );
  return { kind: "analyze", weight };
}

async function takeAndStoreImages(task: ImageTask, run: TaskRun): Promise<TaskResult> {
  const { image, threads } = task;
  const paths = await withSource(task, run, "encoding", (source, ctx) =>
    takeImages({ source, image, threads }, ctx),
  );
  const uploads = task.keys.map((key, index) => {
    const file = paths[index];
    if (file === undefined) {
      const log = `${paths.length} of ${task.keys.length} images`;
      throw new TaskFailure({ code: "output_frame_missing" }, { log });
    }
    return { path: file, key, contentType: contentTypeOf(key) };
  });
  const objects = await uploadAll(uploads, task.store, run, (done) => done / uploads.length);
  return { kind: "image", objects };
}

/**
 * Media work on an open source. A source that fails for good ends the work's processes, and its failure is the work's:
 * FFmpeg alone would take it for the end of the file.
 */
async function withSource<Result>(
  task: IngestTask | EncodeTask | ChunkTask | AnalyzeTask | ImageTask,
  run: TaskRun,
  phase: TaskPhase,
  work: (source: SourceLease, ctx: WorkContext) => Promise<Result>,
): Promise<Result> {
  const lease = await run.services.sources.acquire(task.jobId, task.source.url, {
    signal: run.signal,
    onProgress: (fraction) => run.onProgress("fetching", fraction),
  });
  try {
    const signal = AbortSignal.any([run.signal, lease.failed]);
    const result = await work(lease, await workContext(run, phase, signal));
    signal.throwIfAborted();
    return result;
  } catch (error) {
    run.signal.throwIfAborted();
    throw lease.failed.aborted ? lease.failed.reason : error;
  } finally {
    lease.release();
  }
}
