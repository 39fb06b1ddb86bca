/** The object store over S3's protocol: single and multipart uploads, downloads to disk, head and delete. */
import { openAsBlob } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Dispatcher } from "undici";
import type { ObjectRef, ObjectStoreConfig } from "../contract/object-store.ts";
import type { RetryPace } from "../retry-delay.ts";
import { TaskFailure } from "../run/task-failure.ts";
import { writeFully } from "../write-fully.ts";
import { uploadMultipart } from "./multipart-upload.ts";
import type { ObjectStore, TransferOptions } from "./object-store.ts";
import { PART_RULE, type PartRule, planParts } from "./part-plan.ts";
import { createPatience } from "./patience.ts";
import { callS3, type S3Network, type S3Reply } from "./s3-call.ts";

export type S3StoreOptions = {
  /** For customers' endpoints: checks addresses. */
  publicDispatcher: Dispatcher;
  /** For Copra's own gateway. */
  ownDispatcher: Dispatcher;
  /** How long a store may go without accepting anything before a transfer fails. */
  budgetMs: number;
  partRule?: PartRule;
  pace?: RetryPace;
  stallTimeoutMs?: number;
};

/** Completing an upload of thousands of parts takes some stores a minute. */
const STALL_TIMEOUT_MS = 90_000;
/** Doubling from 0.4 s, capped so that a store that recovers is used again soon. */
const PACE: RetryPace = { baseMs: 400, maxMs: 15_000 };

export function createS3Store(options: S3StoreOptions): ObjectStore {
  const dispatchers: Record<ObjectStoreConfig["network"], Dispatcher> = {
    public: options.publicDispatcher,
    own: options.ownDispatcher,
  };
  const network: S3Network = {
    dispatcherFor: (name) => dispatchers[name],
    pace: options.pace ?? PACE,
    stallTimeoutMs: options.stallTimeoutMs ?? STALL_TIMEOUT_MS,
  };
  const newPatience = () => createPatience(options.budgetMs);
  return {
    putFile: async (ref, file, transfer) => {
      const sizeBytes = await putFile(ref, file, transfer, network, options);
      return { key: ref.key, sizeBytes };
    },
    getToFile: async (ref, path, transfer) => {
      const handle = await open(path, "w");
      try {
        return await getToFile(ref, handle, transfer, network, options.budgetMs);
      } finally {
        await handle.close();
      }
    },
    head: async (ref, { signal }) => {
      const call = { ref, purpose: "read", method: "HEAD", accepts: isMissing } as const;
      const reply = await callS3(call, network, newPatience(), signal);
      return isMissing(reply) ? null : { sizeBytes: Number(reply.headers["content-length"]) };
    },
    remove: async (ref, { signal }) => {
      const call = { ref, purpose: "write", method: "DELETE", accepts: isMissing } as const;
      await callS3(call, network, newPatience(), signal);
    },
  };
}

async function putFile(
  ref: ObjectRef,
  file: { path: string; contentType: string },
  transfer: TransferOptions,
  network: S3Network,
  options: S3StoreOptions,
): Promise<number> {
  const { signal } = transfer;
  const blob = await openAsBlob(file.path);
  const plan = planParts(blob.size, options.partRule ?? PART_RULE);
  if (plan === null) {
    throw new TaskFailure({ code: "encode_output_too_large" });
  }
  const headers = { ...ref.store.objectHeaders, "content-type": file.contentType };
  const patience = createPatience(options.budgetMs);
  let sentBytes = 0;
  const onSent = (bytes: number): void => {
    sentBytes += bytes;
    // Parts that are sent twice count twice; a fraction never goes beyond the whole.
    transfer.onProgress?.(Math.min(1, sentBytes / Math.max(1, blob.size)));
  };
  if (plan.partCount === 1) {
    await callS3(
      { ref, purpose: "write", method: "PUT", headers, body: blob, onSent },
      network,
      patience,
      signal,
    );
  } else {
    await uploadMultipart({ ref, file: blob, plan, headers, network, patience, signal, onSent });
  }
  return blob.size;
}

/** Continues a broken transfer where it stood: a work object's key is written once, so its bytes do not change. */
async function getToFile(
  ref: ObjectRef,
  handle: FileHandle,
  transfer: TransferOptions,
  network: S3Network,
  budgetMs: number,
): Promise<{ sizeBytes: number }> {
  const patience = createPatience(budgetMs);
  let offsetBytes = 0;
  const receive = async (reply: S3Reply, body: AsyncIterable<Buffer>): Promise<void> => {
    offsetBytes = reply.httpStatus === 206 ? offsetBytes : 0;
    const totalBytes = offsetBytes + Number(reply.headers["content-length"]);
    for await (const chunk of body) {
      await writeFully(handle, chunk, offsetBytes);
      offsetBytes += chunk.length;
      patience.renew();
      transfer.onProgress?.(Math.min(1, offsetBytes / totalBytes));
    }
  };
  const headers = (): Record<string, string> => (offsetBytes === 0 ? {} : { range: `bytes=${offsetBytes}-` });
  await callS3({ ref, purpose: "read", method: "GET", headers, receive }, network, patience, transfer.signal);
  await handle.truncate(offsetBytes);
  return { sizeBytes: offsetBytes };
}

function isMissing(reply: S3Reply): boolean {
  return reply.httpStatus === 404;
}
