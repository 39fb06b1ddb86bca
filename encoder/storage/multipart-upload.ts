/**
 * One multipart upload: create, parts, complete; aborted at the store whenever it does not end well. Repeating
 * single requests is s3-call.ts's.
 */
import type { ObjectRef } from "../contract/object-store.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import { TaskFailure } from "../run/task-failure.ts";
import { type PartPlan, partRange } from "./part-plan.ts";
import { createPatience, type Patience } from "./patience.ts";
import { callS3, type S3Network, type S3Reply } from "./s3-call.ts";
import { completeUploadXml, elementText } from "./s3-xml.ts";

/** More would only raise the memory of a Worker that serves as the gateway. */
const PARTS_AT_ONCE = 2;

/** How long the end of a failed or cancelled upload may take: a process that is told to stop has 10 s in all. */
const ABORT_BUDGET_MS = 4_000;

/** An upload may vanish at the store, by a lifecycle rule or a restart; it is begun anew this often. */
const MAX_UPLOADS = 3;

export type MultipartUpload = {
  ref: ObjectRef;
  file: Blob;
  plan: PartPlan;
  /** Of the object: content type and the store's object headers. */
  headers: Record<string, string>;
  network: S3Network;
  patience: Patience;
  signal: AbortSignal;
  onSent: (bytes: number) => void;
};

/**
 * Uploads the file in the parts of the plan, at most two at once.
 * @throws TaskFailure `destination_*`; the signal's reason when it is aborted.
 */
export async function uploadMultipart(upload: MultipartUpload): Promise<void> {
  for (let uploadNumber = 1; ; uploadNumber += 1) {
    const uploadId = await createUpload(upload);
    try {
      const etags = await uploadParts(upload, uploadId);
      if (etags !== null && (await completeUpload(upload, uploadId, etags))) {
        return;
      }
      if (uploadNumber >= MAX_UPLOADS) {
        throw new TaskFailure(
          { code: "destination_unavailable", httpStatus: 404 },
          { log: "the upload kept vanishing" },
        );
      }
    } catch (error) {
      await abortUpload(upload, uploadId);
      throw error;
    }
  }
}

async function createUpload(upload: MultipartUpload): Promise<string> {
  const { ref, headers, network, patience, signal } = upload;
  const reply = await callS3(
    { ref, purpose: "write", method: "POST", query: { uploads: "" }, headers },
    network,
    patience,
    signal,
  );
  const uploadId = elementText(reply.text, "UploadId");
  if (uploadId === null) {
    throw new TaskFailure(
      { code: "destination_rejected", httpStatus: reply.httpStatus },
      { log: "no UploadId" },
    );
  }
  return uploadId;
}

/** ETags in the order of the parts; null when the store no longer knows the upload. */
async function uploadParts(upload: MultipartUpload, uploadId: string): Promise<string[] | null> {
  const { ref, file, plan, network, patience, signal, onSent } = upload;
  const partIndexes = Array.from({ length: plan.partCount }, (_, index) => index);
  const etags = await mapConcurrently(partIndexes, PARTS_AT_ONCE, signal, async (partIndex, _, shared) => {
    const { startByte, endByte } = partRange(plan, partIndex);
    const query = { partNumber: String(partIndex + 1), uploadId };
    const body = file.slice(startByte, endByte);
    const reply = await callS3(
      { ref, purpose: "write", method: "PUT", query, body, onSent, accepts: isUploadGone },
      network,
      patience,
      shared,
    );
    return isUploadGone(reply) ? null : partEtag(reply);
  });
  const known = etags.filter((etag) => etag !== null);
  return known.length === etags.length ? known : null;
}

/** ETags are passed on as they are and never compared with a checksum: stores compute them differently. */
function partEtag(reply: S3Reply): string {
  const etag = reply.headers["etag"];
  if (etag === undefined) {
    throw new TaskFailure(
      { code: "destination_rejected", httpStatus: reply.httpStatus },
      { log: "no part ETag" },
    );
  }
  return etag;
}

/**
 * True when the object is there. The reply to a first completion may be lost: asking again then finds the
 * upload gone, and only the object's own size tells that from an upload that vanished.
 */
async function completeUpload(upload: MultipartUpload, uploadId: string, etags: string[]): Promise<boolean> {
  const { ref, network, patience, signal, plan } = upload;
  const reply = await callS3(
    {
      ref,
      purpose: "write",
      method: "POST",
      query: { uploadId },
      headers: { "content-type": "application/xml" },
      body: new Blob([completeUploadXml(etags)]),
      accepts: isUploadGone,
    },
    network,
    patience,
    signal,
  );
  if (!isUploadGone(reply)) {
    return true;
  }
  const head = await callS3(
    { ref, purpose: "write", method: "HEAD", accepts: ({ httpStatus }) => httpStatus === 404 },
    network,
    patience,
    signal,
  );
  return head.httpStatus === 200 && Number(head.headers["content-length"]) === plan.sizeBytes;
}

/** Parts of an upload that is never completed are stored and billed until a lifecycle rule finds them. */
async function abortUpload(upload: MultipartUpload, uploadId: string): Promise<void> {
  const { ref, network } = upload;
  const budget = createPatience(ABORT_BUDGET_MS);
  const neverAborted = new AbortController().signal;
  await callS3(
    {
      ref,
      purpose: "write",
      method: "DELETE",
      query: { uploadId },
      accepts: ({ httpStatus }) => httpStatus === 404,
    },
    network,
    budget,
    neverAborted,
  ).catch(() => undefined);
}

function isUploadGone(reply: S3Reply): boolean {
  return reply.errorCode === "NoSuchUpload";
}
