/**
 * S3 multipart uploads on R2's own: the upload id and the parts' ETags are R2's. As on R2, all parts but the last
 * have the same size.
 */
import { withCheckedBody } from "./checked-body.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { storedMetadata } from "./object-operations.ts";
import { S3Error } from "./s3-error.ts";
import { S3_NAMESPACE, renderXml } from "./s3-xml.ts";

/** S3's own limit on the number of parts. */
const MAX_PARTS = 10_000;

/** 10,000 parts at about 150 bytes, with room for clients that indent or repeat checksums. */
const MAX_COMPLETION_BYTES = 4 * 1024 * 1024;

export async function createMultipartUpload({ bucket, key, request }: GatewayRequest): Promise<Response> {
  const upload = await bucket.createMultipartUpload(key, { httpMetadata: storedMetadata(request.headers) });
  return xmlResponse("InitiateMultipartUploadResult", { Key: key, UploadId: upload.uploadId });
}

export async function uploadPart({ bucket, key, query, request }: GatewayRequest): Promise<Response> {
  const partNumber = parsePartNumber(query.get("partNumber") ?? "");
  const upload = bucket.resumeMultipartUpload(key, uploadIdOf(query));
  const part = await withCheckedBody(request, (body) => upload.uploadPart(partNumber, body));
  return new Response(null, { status: 200, headers: { ETag: `"${part.etag}"` } });
}

/** Safe to repeat only in the sense of S3: the second call answers NoSuchUpload, the object stays. */
export async function completeMultipartUpload({
  bucket,
  key,
  query,
  request,
}: GatewayRequest): Promise<Response> {
  const document = await withCheckedBody(request, (body) => new Response(body).text(), MAX_COMPLETION_BYTES);
  const parts = parseCompletion(document);
  const object = await bucket.resumeMultipartUpload(key, uploadIdOf(query)).complete(parts);
  const { origin, pathname } = new URL(request.url);
  return xmlResponse("CompleteMultipartUploadResult", {
    Location: origin + pathname,
    Key: key,
    ETag: object.httpEtag,
  });
}

export async function abortMultipartUpload({ bucket, key, query }: GatewayRequest): Promise<Response> {
  await bucket.resumeMultipartUpload(key, uploadIdOf(query)).abort();
  return new Response(null, { status: 204 });
}

/**
 * Reads the list of parts in `<CompleteMultipartUpload>`; elements that S3 knows beside number and ETag are skipped.
 * @throws S3Error when it lists no part, or parts out of order.
 */
function parseCompletion(document: string): R2UploadedPart[] {
  const parts = [...document.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => {
    const partNumber = /<PartNumber>\s*(\d+)\s*<\/PartNumber>/.exec(part)?.[1];
    const etag = /<ETag>\s*(?:"|&quot;|&#34;)?([^"&<\s]+)(?:"|&quot;|&#34;)?\s*<\/ETag>/.exec(part)?.[1];
    if (partNumber === undefined || etag === undefined) {
      throw new S3Error("MalformedXML", "Each Part needs a PartNumber and an ETag.");
    }
    return { partNumber: parsePartNumber(partNumber), etag };
  });
  if (parts.length === 0 || !document.includes("<CompleteMultipartUpload")) {
    throw new S3Error(
      "MalformedXML",
      "The body must be a CompleteMultipartUpload document with at least one Part.",
    );
  }
  if (parts.some((part, index) => index > 0 && part.partNumber <= (parts[index - 1]?.partNumber ?? 0))) {
    throw new S3Error(
      "InvalidPartOrder",
      "Parts must be listed once each, in ascending order of their numbers.",
    );
  }
  return parts;
}

function parsePartNumber(text: string): number {
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber < 1 || partNumber > MAX_PARTS) {
    throw new S3Error(
      "InvalidArgument",
      `partNumber is "${text}"; it must be a whole number from 1 to ${MAX_PARTS}.`,
    );
  }
  return partNumber;
}

function uploadIdOf(query: URLSearchParams): string {
  const uploadId = query.get("uploadId") ?? "";
  if (uploadId === "") {
    throw new S3Error("NoSuchUpload", "uploadId is empty.");
  }
  return uploadId;
}

function xmlResponse(root: string, children: Record<string, string>): Response {
  return new Response(renderXml(root, { Bucket: "copra", ...children }, S3_NAMESPACE), {
    headers: { "Content-Type": "application/xml" },
  });
}
