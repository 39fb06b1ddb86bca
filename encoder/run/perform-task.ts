/**
 * What each kind of task does, and the tasks that read the source: fetch, work, upload, result. Tasks that join stored
 * parts are join-tasks.ts's, those that make pictures picture-tasks.ts's, media work the neighbours' (encode-chunk,
 * encode-rendition …), errors run-task.ts's.
 */
import type { PictureSpec, RenditionSpec } from "../contract/output-spec.ts";
import type { TaskResult } from "../contract/report.ts";
import type { AnalyzeTask, ChunkTask, EncodeTask, IngestTask, Task } from "../contract/task.ts";
import { TICKS_PER_SECOND, type Timeline } from "../contract/timeline.ts";
import { probeWarnings } from "../ffmpeg/probe/judge-tracks.ts";
import { contentTypeOf } from "../storage/content-type.ts";
import { analyzeSpan } from "./analyze-span.ts";
import { encodeChunk } from "./encode-chunk.ts";
import { encodeRendition } from "./encode-rendition.ts";
import { hashFile } from "./hash-file.ts";
import { indexSource } from "./index-source.ts";
import { assemble } from "./join-tasks.ts";
import { makeSubtitles } from "./make-subtitles.ts";
import { withSource, withWatermarks } from "./open-inputs.ts";
import { makeAndStoreAnimation, takeAndStoreImages } from "./picture-tasks.ts";
import { probeSource } from "./probe-source.ts";
import { segmentPictures } from "./segment-picture.ts";
import { segmentSound } from "./segment-sound.ts";
import { TaskFailure } from "./task-failure.ts";
import type { TaskRun } from "./task-run.ts";
import { uploadAll, uploadFile } from "./upload-files.ts";
import { writePackage } from "./write-package.ts";

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
    case "animation":
      return makeAndStoreAnimation(task, run);
    case "segment":
      return segmentPictures(task, run);
    case "segment-sound":
      return segmentSound(task, run);
    case "subtitle":
      return makeSubtitles(task, run);
    case "package":
      return writePackage(task, run);
  }
}

function ingest(task: IngestTask, run: TaskRun): Promise<TaskResult> {
  return withSource(task, run, "fetching", async (source, ctx) => {
    const probed = await probeSource(source, ctx);
    checkDuration(probed.mediaInfo.durationSeconds, run);
    const timeline = await indexSource(source, probed, ctx);
    checkDuration(timeline && shownSeconds(timeline), run);
    return { kind: "ingest", ...probed, timeline, warnings: probeWarnings(probed) };
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
    withWatermarks(task, picturesOf(rendition), run, (watermarks) =>
      // The sound of a stream has to be there for all of its picture.
      encodeRendition({ source, rendition, fillsSpan: isWorkFile, threads, watermarks }, ctx),
    ),
  );
  const sha256 = isWorkFile ? (await hashFile(encoded.path)).sha256 : null;
  const object = await uploadFile(encoded.path, target, run);
  return { kind: "encode", object, sha256, ffprobe: encoded.ffprobe, warnings: encoded.warnings };
}

function picturesOf({ video }: RenditionSpec): PictureSpec[] {
  return video === null || video.codec === "copy" ? [] : [video.picture];
}

async function encodeAndStoreChunk(task: ChunkTask, run: TaskRun): Promise<TaskResult> {
  const pictures = task.parts.map(({ video }) => video.picture);
  const { parts, seam, warnings } = await withSource(task, run, "encoding", (source, ctx) =>
    withWatermarks(task, pictures, run, (watermarks) =>
      encodeChunk({ sourceUrl: source.url, task, watermarks }, ctx),
    ),
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
  return { kind: "chunk", parts: results, seam, warnings };
}

async function analyze(task: AnalyzeTask, run: TaskRun): Promise<TaskResult> {
  const weight = await withSource(task, run, "encoding", (source, ctx) =>
    analyzeSpan({ sourceUrl: source.url, task }, ctx),
  );
  return { kind: "analyze", weight };
}
