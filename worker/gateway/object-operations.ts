/** The S3 operations on whole objects, each one call to the R2 binding. */
import { readObject } from "../objects/read-object.ts";
import { withCheckedBody } from "./checked-body.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { S3Error } from "./s3-error.ts";

/** S3's name for bytes of unknown type. */
const DEFAULT_CONTENT_TYPE = "binary/octet-stream";

/** GET and HEAD, with Range and conditions. */
export async function readOperation({ bucket, key, request }: GatewayRequest): Promise<Response> {
  const read = await readObject(bucket, key, request, DEFAULT_CONTENT_TYPE);
  switch (read.outcome) {
    case "response":
      return read.response;
    case "not_found":
      throw new S3Error("NoSuchKey", "There is no object with this key.");
    case "precondition_failed":
      throw new S3Error(
        "PreconditionFailed",
        "The object is not the one that the request's conditions name.",
      );
    case "range_not_satisfiable":
      throw new S3Error(
        "InvalidRange",
        `The object holds ${read.sizeBytes} bytes; the range lies outside of them.`,
        {
          "Content-Range": `bytes */${read.sizeBytes}`,
        },
      );
  }
}

export async function putObject({ bucket, key, request }: GatewayRequest): Promise<Response> {
  const httpMetadata = storedMetadata(request.headers);
  const object = await withCheckedBody(request, (body) => bucket.put(key, body, { httpMetadata }));
  return new Response(null, { status: 200, headers: { ETag: object.httpEtag } });
}

/** Succeeds whether or not the object exists, as in S3. */
export async function deleteObject({ bucket, key }: GatewayRequest): Promise<Response> {
  await bucket.delete(key);
  return new Response(null, { status: 204 });
}

/** All that is kept beside the bytes. */
export function storedMetadata(headers: Headers): R2HTTPMetadata {
  const contentType = headers.get("content-type");
  const cacheControl = headers.get("cache-control");
  return { ...(contentType !== null && { contentType }), ...(cacheControl !== null && { cacheControl }) };
}
