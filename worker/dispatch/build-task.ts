/**
 * From a ledger entry to the task on the wire: adds what is not kept in the ledger, credentials and URLs.
 * Nothing of this is stored or logged.
 */
import type { ObjectRef, ObjectStoreConfig } from "../../encoder/contract/object-store.ts";
import type { PictureSpec, RenditionSpec } from "../../encoder/contract/output-spec.ts";
import type { Task } from "../../encoder/contract/task.ts";
import { CONTRACT_VERSION } from "../../encoder/contract/version.ts";
import type { JobRecord, JobState, SourceSpan, TaskRecord, TaskWork } from "../domain/job-record.ts";
import type { JobSecrets } from "../domain/job-spec.ts";
import { attemptKey, hostedObjectPrefix, workPrefix } from "../domain/object-keys.ts";
import { chunkParts, renditionFiles } from "../domain/ledger/part-files.ts";
import { needsWholeEncoder } from "../domain/ledger/startable-tasks.ts";
import { thumbnailsVtt } from "../domain/plan/thumbnails-vtt.ts";
import { mintGatewayCredentials } from "../gateway/gateway-credentials.ts";
import type { MasterKey } from "../secrets/master-key.ts";

/** Hosted files never change under their URL. */
const HOSTED_CACHE_CONTROL = "public, max-age=86400";

export type TaskContext = {
  secrets: JobSecrets;
  masterKey: MasterKey;
  gatewayOrigin: string;
};

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
  switch (work.kind) {
    case "ingest":
      return { ...base, kind: "ingest", source };
    case "encode": {
      const { threads, rendition, to } = work;
      const object =
        to === "work"
          ? await workObject(record, attemptKey(work.key, task.attempt, rendition.container), context)
          : await outputObject(record, work.key, context);
      const watermarkUrls = watermarksOf(picturesOf(rendition), context);
      const isWorkFile = to === "work";
      return { ...base, kind: "encode", source, threads, rendition, watermarkUrls, object, isWorkFile };
    }
    case "chunk": {
      const { threads, span, isExact } = work;
      const workStore = await gatewayStore(record, workPrefix(record.id), {}, context);
      const parts = chunkParts(record.id, tasks, task);
      const pictures = parts.map(({ video }) => video.picture);
      const watermarkUrls = watermarksOf(pictures, context);
      const ofSource = spanOf(record, span, source);
      return { ...base, kind: "chunk", threads, ...ofSource, isExact, parts, watermarkUrls, workStore };
    }
    case "analyze":
      return { ...base, kind: "analyze", threads: work.threads, ...spanOf(record, work.span, source) };
    case "assemble": {
      const workStore = await gatewayStore(record, workPrefix(record.id), {}, context);
      const object = await outputObject(record, work.key, context);
      const files = renditionFiles(tasks, task.taskId, 0, work.files);
      return { ...base, kind: "assemble", rendition: work.rendition, files, workStore, object };
    }
    case "image": {
      const { store, keyPrefix } = await destination(record, context);
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
    case "package": {
      const { store, keyPrefix } = await destination(record, context);
      const workStore = await gatewayStore(record, workPrefix(record.id), {}, context);
      const renditions = work.renditions.map(({ rendition, files }, variant) => ({
        rendition,
        files: renditionFiles(tasks, task.taskId, variant, files),
      }));
      const { playlistName, segmentSeconds } = work;
      const hls = { store, prefix: keyPrefix + work.prefix, playlistName, segmentSeconds };
      return { ...base, kind: "package", renditions, workStore, hls };
    }
  }
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

async function outputObject(record: JobRecord, key: string, context: TaskContext): Promise<ObjectRef> {
  const { store, keyPrefix } = await destination(record, context);
  return { store, key: keyPrefix + key };
}

/** The customer's store, or Copra's own with keys below the job's hosted prefix. */
async function destination(
  record: JobRecord,
  context: TaskContext,
): Promise<{ store: ObjectStoreConfig; keyPrefix: string }> {
  const { storage } = record.spec;
  if (storage.service === "coconut") {
    const keyPrefix = hostedObjectPrefix(record.hostedPrefix);
    return {
      store: await gatewayStore(record, keyPrefix, { "cache-control": HOSTED_CACHE_CONTROL }, context),
      keyPrefix,
    };
  }
  if (context.secrets.storageCredentials === null) {
    throw new Error(`Job ${record.id} has no storage credentials.`);
  }
  const { endpoint, region, bucket, addressing, objectHeaders } = storage;
  const credentials = context.secrets.storageCredentials;
  return {
    store: { endpoint, region, bucket, addressing, credentials, objectHeaders, network: "public" },
    keyPrefix: "",
  };
}

async function workObject(record: JobRecord, key: string, context: TaskContext): Promise<ObjectRef> {
  return { store: await gatewayStore(record, workPrefix(record.id), {}, context), key };
}

async function gatewayStore(
  record: JobRecord,
  prefix: string,
  objectHeaders: Record<string, string>,
  { masterKey, gatewayOrigin }: TaskContext,
): Promise<ObjectStoreConfig> {
  const credentials = await mintGatewayCredentials({
    masterKey,
    prefix,
    access: "rw",
    // No sooner: a long encode would lose its file at the upload. After it a forgotten encoder is shut out.
    expiresAt: record.deadlineAt,
  });
  return {
    endpoint: `${gatewayOrigin}/s3`,
    region: "auto",
    bucket: "copra",
    addressing: "path",
    credentials,
    objectHeaders,
    network: "own",
  };
}
