/** The stores that tasks on the wire read and write: the customer's or Copra's own, with credentials and headers. */
import type { ObjectRef, ObjectStoreConfig } from "../../encoder/contract/object-store.ts";
import type { JobRecord } from "../domain/job-record.ts";
import type { JobSecrets } from "../domain/job-spec.ts";
import { hostedObjectPrefix, workPrefix } from "../domain/object-keys.ts";
import { mintGatewayCredentials } from "../gateway/gateway-credentials.ts";
import type { MasterKey } from "../secrets/master-key.ts";

export type TaskContext = {
  secrets: JobSecrets;
  masterKey: MasterKey;
  gatewayOrigin: string;
};

/** How soon what is stored may be something else: a file, media of a stream, its manifests, and those that still grow. */
type Lifetime = "file" | "media" | "manifest" | "open";

/** Hosted files are gone after a day. */
const HOSTED_CACHE: Record<Lifetime, string> = {
  file: "public, max-age=86400",
  media: "public, max-age=86400",
  manifest: "public, max-age=60",
  open: "public, max-age=2",
};

/**
 * In buckets whose owners say nothing of caches. Files are left to them. Nothing is immutable: another job may write the
 * same path, and a segment that is made again takes the place of the first.
 */
const BUCKET_CACHE: Record<Lifetime, string | null> = {
  file: null,
  media: "public, max-age=86400",
  manifest: "public, max-age=60",
  open: "public, max-age=2",
};

/** Headers by which an owner has spoken. */
const CACHE_HEADERS: readonly string[] = ["cache-control", "expires"];

/** The customer's store, or Copra's own with keys below the job's hosted prefix. */
export async function destination(
  record: JobRecord,
  lifetime: Lifetime,
  context: TaskContext,
): Promise<{ store: ObjectStoreConfig; keyPrefix: string }> {
  const { storage } = record.spec;
  if (storage.service === "coconut") {
    const keyPrefix = hostedObjectPrefix(record.hostedPrefix);
    const headers = { "cache-control": HOSTED_CACHE[lifetime] };
    return { store: await gatewayStore(record, keyPrefix, headers, context), keyPrefix };
  }
  if (context.secrets.storageCredentials === null) {
    throw new Error(`Job ${record.id} has no storage credentials.`);
  }
  const { endpoint, region, bucket, addressing } = storage;
  const credentials = context.secrets.storageCredentials;
  const objectHeaders = withCache(storage.objectHeaders, BUCKET_CACHE[lifetime]);
  return {
    store: { endpoint, region, bucket, addressing, credentials, objectHeaders, network: "public" },
    keyPrefix: "",
  };
}

function withCache(headers: Record<string, string>, cacheControl: string | null): Record<string, string> {
  const isSaid = Object.keys(headers).some((name) => CACHE_HEADERS.includes(name.toLowerCase()));
  return isSaid || cacheControl === null ? headers : { ...headers, "cache-control": cacheControl };
}

/** An output's file. */
export async function outputObject(record: JobRecord, key: string, context: TaskContext): Promise<ObjectRef> {
  const { store, keyPrefix } = await destination(record, "file", context);
  return { store, key: keyPrefix + key };
}

/** Where encoded parts of the job lie. */
export function workStore(record: JobRecord, context: TaskContext): Promise<ObjectStoreConfig> {
  return gatewayStore(record, workPrefix(record.id), {}, context);
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
