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
  const range = request.method === "GET" ? parseByteRange(request.headers.get("range")) : null;
  const found = request.method === "HEAD" ? await bucket.head(key) : await getObject(bucket, key, range);
  if (found === null) {
    return { outcome: "not_found" };
  }
  const validators = { etag: found.httpEtag, uploadedAt: found.uploaded.getTime() };
  const decision = evaluatePreconditions(request.headers, validators);
  if (decision !== "proceed") {
    await discardBody(found);
    return decision === "precondition_failed"
      ? { outcome: "precondition_failed" }
      : { outcome: "response", response: new Response(null, { status: 304, headers: objectHeaders(found, null) }) };
  }
  if (range !== null && !ifRangeHolds(request.headers.get("if-range"), validators)) {
    await discardBody(found);
    const whole = await bucket.get(key);
    return whole === null
      ? { outcome: "not_found" }
      : { outcome: "response", response: toResponse(whole, null, defaultContentType) };
  }
  const served = range === null ? null : resolveByteRange(range, found.size);
  if (range !== null && served === null) {
    await discardBody(found);
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

function toResponse(object: R2Object | R2ObjectBody, range: ByteRange | null, defaultContentType: string): Response {
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

/** An unread R2 body would keep its connection open. */
async function discardBody(object: R2Object | R2ObjectBody): Promise<void> {
  if ("body" in object) {
    await object.body.cancel();
  }
}
