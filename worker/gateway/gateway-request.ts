/** Where a request to the gateway points and what it wants to store, before any operation sees it. */
import { parseObjectKey } from "../objects/object-key.ts";
import { S3Error } from "./s3-error.ts";

/** The one bucket; path style only. */
const GATEWAY_BUCKET = "copra";

/** A request that has passed every check: signature, grant, key and headers. */
export type GatewayRequest = { bucket: R2Bucket; key: string; query: URLSearchParams; request: Request };

/**
 * Reads the key out of `<mount>/copra/<key>`. As in S3, and as the signature is computed, a `+` in the path is
 * a space.
 * @throws S3Error for another bucket, for the bucket itself, and for a key that is unsafe.
 */
export function parseGatewayKey(pathname: string, mountPath: string): string {
  const [bucket = "", ...keySegments] = pathname.slice(mountPath.length).replace(/^\//, "").split("/");
  const encodedKey = keySegments.join("/");
  if (bucket === "" || (bucket === GATEWAY_BUCKET && encodedKey === "")) {
    throw new S3Error("NotImplemented", "Only operations on single objects are supported.");
  }
  if (bucket !== GATEWAY_BUCKET) {
    throw new S3Error("NoSuchBucket", `The only bucket is "${GATEWAY_BUCKET}"; address it in the path.`);
  }
  const key = parseObjectKey(encodedKey.replaceAll("+", " "));
  if (key === null) {
    throw new S3Error(
      "AccessDenied",
      "The key must be 1 to 1024 bytes of UTF-8 without control characters and without . or .. as a segment.",
    );
  }
  return key;
}

/** Headers without `x-amz-` that would change what is stored, or under which condition. */
const UNSUPPORTED_WRITE_HEADERS = [
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
];

/** `x-amz-` headers that are acted on, or that ask for nothing. */
const SUPPORTED_AMZ_HEADERS = [
  "x-amz-checksum-mode",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-user-agent",
];

/**
 * Refuses what would otherwise be silently dropped: metadata, ACLs, encryption, copies, other checksums.
 * @throws S3Error that names the header.
 */
export function checkHeaders(headers: Headers, access: "r" | "w"): void {
  for (const name of headers.keys()) {
    const isUnsupported = name.startsWith("x-amz-")
      ? !SUPPORTED_AMZ_HEADERS.includes(name)
      : access === "w" && UNSUPPORTED_WRITE_HEADERS.includes(name);
    if (isUnsupported) {
      throw new S3Error(
        "NotImplemented",
        `The header ${name} asks for something that this endpoint does not do.`,
      );
    }
  }
}
