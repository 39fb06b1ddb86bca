/**
 * From a ledger entry to the task on the wire: adds what is not kept in the ledger, credentials and URLs.
 * Nothing of this is stored or logged.
 */
import type { PictureSpec, RenditionSpec } from "../../encoder/contract/output-spec.ts";
import type { ChunkTask, Task } from "../../encoder/contract/task.ts";
import { CONTRACT_VERSION } from "../../encoder/contract/version.ts";
import type {
  ChunkWork,
  JobRecord,
  JobState,
  SourceSpan,
  TaskRecord,
  TaskWork,
} from "../domain/job-record.ts";
import { attemptKey } from "../domain/object-keys.ts";
import { chunkParts, renditionFiles } from "../domain/ledger/part-files.ts";
import { needsWholeEncoder } from "../domain/ledger/startable-tasks.ts";
import { thumbnailsVtt } from "../domain/plan/thumbnails-vtt.ts";
import { buildStreamTask, isStreamWork } from "./build-stream-task.ts";
import { destination, outputObject, workStore, type TaskContext } from "./task-stores.ts";

/** The complete task of a leased ledger entry. */
export async function buildTask(state: JobState, task: TaskRecord, context: TaskContext): Promise<Task> {
  const { record, tasks } = state;
  const base = {
    contract: CONTRACT_VERSION,
    jobId: record.id,
    taskId: task.taskId,
    attempt: task.attempt,
    slots: needsWholeEncoder(task) ? record.encoderSlots : 1,
  } as const;
  const source = { url: context.secrets.inputUrl };
  const { work } = task;
  if (isStreamWork(work)) {
    return buildStreamTask(state, task, work, base, context);
  }
  switch (work.kind) {
    case "ingest":
      return { ...base, kind: "ingest", source };
    case "encode": {
      const { threads, rendition, to } = work;
      const object =
        to === "work"
          ? {
              store: await workStore(record, context),
              key: attemptKey(work.key, task.attempt, rendition.container),
            }
          : await outputObject(record, work.key, context);
      const watermarkUrls = watermarksOf(picturesOf(rendition), context);
      const isWorkFile = to === "work";
      return { ...base, kind: "encode", source, threads, rendition, watermarkUrls, object, isWorkFile };
    }
    case "chunk":
      return { ...base, kind: "chunk", ...(await chunkOf(state, task, work, context)) };
    case "analyze":
      return { ...base, kind: "analyze", threads: work.threads, ...spanOf(record, work.span, source) };
    case "assemble": {
      const store = await workStore(record, context);
      const object = await outputObject(record, work.key, context);
      const files = renditionFiles(tasks, task.taskId, work.files);
      return { ...base, kind: "assemble", rendition: work.rendition, files, workStore: store, object };
    }
    case "image": {
      const { store, keyPrefix } = await destination(record, "file", context);
      const { threads, image } = work;
      const keys = work.keys.map((key) => keyPrefix + key);
      const watermarkUrls = watermarksOf([image.picture], context);
      const vtt = vttFile(work, keyPrefix);
      return { ...base, kind: "image", source, threads, image, watermarkUrls, store, keys, vtt };
    }
    case "animation": {
      const { threads, animation } = work;
      const object = await outputObject(record, work.key, context);
      const watermarkUrls = watermarksOf([animation.picture], context);
      return { ...base, kind: "animation", source, threads, animation, watermarkUrls, object };
    }
  }
}

async function chunkOf(
  { record, tasks }: JobState,
  task: TaskRecord,
  { threads, span, isExact }: ChunkWork,
  context: TaskContext,
): Promise<Omit<ChunkTask, "kind" | "contract" | "jobId" | "taskId" | "attempt" | "slots">> {
  const parts = chunkParts(record.id, tasks, task);
  const pictures = parts.map(({ video }) => video.picture);
  const watermarkUrls = watermarksOf(pictures, context);
  const ofSource = spanOf(record, span, { url: context.secrets.inputUrl });
  const store = await workStore(record, context);
  return { threads, ...ofSource, isExact, parts, watermarkUrls, workStore: store };
}

/** The WebVTT file with its text, which names the pictures as they lie beside it. */
function vttFile(
  { image, keys, vtt }: Extract<TaskWork, { kind: "image" }>,
  keyPrefix: string,
): Extract<Task, { kind: "image" }>["vtt"] {
  return vtt === null ? null : { key: keyPrefix + vtt.key, text: thumbnailsVtt({ image, keys, vtt }) };
}

function picturesOf({ video }: RenditionSpec): PictureSpec[] {
  return video === null || video.codec === "copy" ? [] : [video.picture];
}

/** All marks of the job, because pictures name theirs by its place; none where no picture has one. */
function watermarksOf(pictures: readonly PictureSpec[], { secrets }: TaskContext): string[] {
  return pictures.some(({ watermark }) => watermark !== null) ? secrets.watermarkUrls : [];
}

/** A span with what is known of the source, so that the encoder need not probe it again. */
function spanOf({ id, input }: JobRecord, span: SourceSpan, source: { url: string }) {
  const { mediaInfo } = input;
  if (mediaInfo === null || mediaInfo.video === null) {
    throw new Error(`Job ${id} has no picture to cut.`);
  }
  return {
    source,
    formatName: mediaInfo.formatName,
    sourceFrameRate: mediaInfo.video.frameRate,
    videoStreamIndex: mediaInfo.video.streamIndex,
    ...span,
  };
}
