/** One GET or HEAD of one R2 object with ranges and conditions; what a refusal looks like is the caller's choice. */
import { type ByteRange, type ByteRangeRequest, parseByteRange, resolveByteRange } from "./byte-range.ts";
import { evaluatePreconditions, ifRangeHolds } from "./preconditions.ts";

export type ObjectRead =
  /** 200, 206 or 304, with every header that describes the object. */
  | { outcome: "response"; response: Response }
  | { outcome: "not_found" }
  | { outcome: "precondition_failed" }
  | { outcome: "range_not_satisfiable"; sizeBytes: number };

/**
 * Reads `key` as the request's method and headers ask. The body is a stream.
 * `defaultContentType` stands in for objects that were stored without a type.
 */
export async function readObject(
  bucket: R2Bucket,
  key: string,
  request: Request,
  defaultContentType: string,
): Promise<ObjectRead> {
  let range = parseByteRange(request.headers.get("range"));
  if (request.method === "HEAD" || isConditional(request.headers)) {
    // Asked first, so that a 304 never opens the object's body.
    const head = await bucket.head(key);
    if (head === null) {
      return { outcome: "not_found" };
    }
    const validators = { etag: head.httpEtag, uploadedAt: head.uploaded.getTime() };
    const decision = evaluatePreconditions(request.headers, validators);
    if (decision === "precondition_failed") {
      return { outcome: "precondition_failed" };
    }
    if (decision === "not_modified") {
      return {
        outcome: "response",
        response: new Response(null, { status: 304, headers: objectHeaders(head, null) }),
      };
    }
    if (request.method === "HEAD") {
      return { outcome: "response", response: toResponse(head, null, defaultContentType) };
    }
    range = ifRangeHolds(request.headers.get("if-range"), validators) ? range : null;
  }
  return readBytes(bucket, key, range, defaultContentType);
}

function isConditional(headers: Headers): boolean {
  return [...headers.keys()].some((name) => name.startsWith("if-"));
}

async function readBytes(
  bucket: R2Bucket,
  key: string,
  range: ByteRangeRequest | null,
  defaultContentType: string,
): Promise<ObjectRead> {
  const found = await getObject(bucket, key, range);
  if (found === null) {
    return { outcome: "not_found" };
  }
  const served = range === null ? null : resolveByteRange(range, found.size);
  if (range !== null && served === null) {
    if ("body" in found) {
      // An unread body would keep its connection open.
      await found.body.cancel();
    }
    return { outcome: "range_not_satisfiable", sizeBytes: found.size };
  }
  return { outcome: "response", response: toResponse(found, served, defaultContentType) };
}

/** Size, version and bytes come from one call, so that they belong together even while the key is overwritten. */
async function getObject(
  bucket: R2Bucket,
  key: string,
  range: ByteRangeRequest | null,
): Promise<R2Object | R2ObjectBody | null> {
  if (range === null) {
    return bucket.get(key);
  }
  try {
    return await bucket.get(key, { range: toR2Range(range) });
  } catch (error) {
    // R2 throws on a range beyond the end; only the object's size tells that apart from a real failure.
    const head = await bucket.head(key);
    if (head !== null && resolveByteRange(range, head.size) !== null) {
      throw error;
    }
    return head;
  }
}

function toR2Range(range: ByteRangeRequest): R2Range {
  if ("suffixBytes" in range) {
    return { suffix: range.suffixBytes };
  }
  const { firstByte, lastByte } = range;
  return lastByte === null ? { offset: firstByte } : { offset: firstByte, length: lastByte - firstByte + 1 };
}

function toResponse(
  object: R2Object | R2ObjectBody,
  range: ByteRange | null,
  defaultContentType: string,
): Response {
  const headers = objectHeaders(object, range);
  headers.set("Content-Type", object.httpMetadata?.contentType ?? defaultContentType);
  headers.set("Content-Length", String(range?.lengthBytes ?? object.size));
  const body = "body" in object ? object.body : null;
  return new Response(body, { status: range === null ? 200 : 206, headers });
}

/** The headers that a 304 carries as well. */
function objectHeaders(object: R2Object, range: ByteRange | null): Headers {
  const headers = new Headers({
    ETag: object.httpEtag,
    "Last-Modified": object.uploaded.toUTCString(),
    "Accept-Ranges": "bytes",
  });
  if (object.httpMetadata?.cacheControl !== undefined) {
    headers.set("Cache-Control", object.httpMetadata.cacheControl);
  }
  if (range !== null) {
    const lastByte = range.offsetBytes + range.lengthBytes - 1;
    headers.set("Content-Range", `bytes ${range.offsetBytes}-${lastByte}/${object.size}`);
  }
  return headers;
}
