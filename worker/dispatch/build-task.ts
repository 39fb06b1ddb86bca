/**
 * From a ledger entry to the task on the wire: adds what is not kept in the ledger, credentials and URLs.
 * Nothing of this is stored or logged.
 */
import type { ObjectRef, ObjectStoreConfig } from "../../encoder/contract/object-store.ts";
import type { Task } from "../../encoder/contract/task.ts";
import { CONTRACT_VERSION } from "../../encoder/contract/version.ts";
import type { JobRecord, JobState, TaskRecord } from "../domain/job-record.ts";
import type { JobSecrets } from "../domain/job-spec.ts";
import { attemptKey, hostedObjectPrefix, workPrefix } from "../domain/object-keys.ts";
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
  const { record } = state;
  const base = {
    contract: CONTRACT_VERSION,
    jobId: record.id,
    taskId: task.taskId,
    attempt: task.attempt,
  } as const;
  const source = { url: context.secrets.inputUrl };
  const { work } = task;
  switch (work.kind) {
    case "ingest":
      return { ...base, kind: "ingest", source };
    case "encode": {
      const object =
        work.to === "work"
          ? await workObject(record, task, context)
          : await outputObject(record, work.key, context);
      return { ...base, kind: "encode", source, threads: work.threads, rendition: work.rendition, object };
    }
    case "image": {
      const { store, keyPrefix } = await destination(record, context);
      const keys = work.keys.map((key) => keyPrefix + key);
      return { ...base, kind: "image", source, threads: work.threads, image: work.image, store, keys };
    }
    case "package": {
      const { store, keyPrefix } = await destination(record, context);
      const renditions = await Promise.all(
        work.renditions.map(async ({ taskId, hasVideo, hasAudio }) => ({
          object: await workObject(record, taskById(state, taskId), context),
          hasVideo,
          hasAudio,
        })),
      );
      const { playlistName, segmentSeconds } = work;
      return {
        ...base,
        kind: "package",
        renditions,
        hls: { store, prefix: keyPrefix + work.prefix, playlistName, segmentSeconds },
      };
    }
  }
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

/** The object that the named attempt of a task wrote, or is to write. */
async function workObject(record: JobRecord, task: TaskRecord, context: TaskContext): Promise<ObjectRef> {
  if (task.work.kind !== "encode") {
    throw new Error(`Task ${task.taskId} makes no work file.`);
  }
  const store = await gatewayStore(record, workPrefix(record.id), {}, context);
  return { store, key: attemptKey(task.work.key, task.attempt) };
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

function taskById(state: JobState, taskId: string): TaskRecord {
  const task = state.tasks.find((candidate) => candidate.taskId === taskId);
  if (task === undefined) {
    throw new Error(`Job ${state.record.id} has no task ${taskId}.`);
  }
  return task;
}
