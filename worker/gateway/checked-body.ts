/**
 * The body of an upload: of known length, compared with the digests that the client declared, and never held in
 * memory as a whole.
 */
import { hex } from "@scure/base";
import { decodeBase64 } from "hono/utils/encode";
import { S3Error, type S3ErrorCode } from "./s3-error.ts";

/**
 * What Cloudflare lets through to a Worker on the Free and Pro plans. Refused here as well, so that a laptop does
 * not accept what production would not.
 */
const MAX_BODY_BYTES = 100_000_000;

type DeclaredDigest = { algorithm: "SHA-256" | "MD5"; hex: string; mismatch: S3ErrorCode };

/**
 * Hands `store` a body that R2 may take, and gives back its result. With a declared digest that does not fit, the
 * stream fails before its last bytes, so that R2 stores nothing.
 * @throws S3Error when the length is missing or too large, when a digest does not fit, or when the body has a form
 *   that cannot be checked.
 */
export async function withCheckedBody<Stored>(
  request: Request,
  store: (body: ReadableStream | string) => Promise<Stored>,
  maxBytes = MAX_BODY_BYTES,
): Promise<Stored> {
  const sizeBytes = declaredLength(request.headers, maxBytes);
  const digests = declaredDigests(request.headers);
  if (digests.length === 0) {
    return store(request.body ?? "");
  }
  let mismatch: S3Error | null = null;
  const noteMismatch = (error: S3Error) => {
    mismatch = error;
  };
  const source = request.body ?? new Blob([]).stream();
  const body = digests
    .reduce((stream, digest) => stream.pipeThrough(verifyingStream(digest, noteMismatch)), source)
    .pipeThrough(new FixedLengthStream(sizeBytes));
  try {
    return await store(body);
  } catch (error) {
    // A stream's error comes back out of R2 as a plain text; the original says more.
    throw mismatch ?? error;
  }
}

function declaredLength(headers: Headers, maxBytes: number): number {
  const text = headers.get("content-length");
  if (text === null || !/^\d+$/.test(text)) {
    throw new S3Error("MissingContentLength", "The request must carry a Content-Length header.");
  }
  if (Number(text) > maxBytes) {
    throw new S3Error(
      "EntityTooLarge",
      `The body holds ${text} bytes; ${maxBytes} are allowed. Upload it in parts.`,
    );
  }
  return Number(text);
}

function declaredDigests(headers: Headers): DeclaredDigest[] {
  const digests: DeclaredDigest[] = [];
  const sha256 = headers.get("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  if (sha256.startsWith("STREAMING-")) {
    throw new S3Error(
      "NotImplemented",
      "Bodies in aws-chunked form are not supported. Send UNSIGNED-PAYLOAD or the SHA-256 as x-amz-content-sha256.",
    );
  }
  if (sha256 !== "UNSIGNED-PAYLOAD") {
    if (!/^[0-9a-f]{64}$/.test(sha256)) {
      throw new S3Error(
        "InvalidDigest",
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD or 64 lower-case hex digits.",
      );
    }
    digests.push({ algorithm: "SHA-256", hex: sha256, mismatch: "XAmzContentSHA256Mismatch" });
  }
  const md5 = headers.get("content-md5");
  if (md5 !== null) {
    if (!/^[A-Za-z0-9+/]{22}==$/.test(md5)) {
      throw new S3Error("InvalidDigest", "Content-MD5 must be 16 bytes in base64.");
    }
    digests.push({ algorithm: "MD5", hex: hex.encode(decodeBase64(md5)), mismatch: "BadDigest" });
  }
  return digests;
}

/** Passes bytes on, always one chunk late: the last one leaves only when the digest of all of them fits. */
function verifyingStream(
  declared: DeclaredDigest,
  noteMismatch: (error: S3Error) => void,
): TransformStream<Uint8Array, Uint8Array> {
  const digestStream = new crypto.DigestStream(declared.algorithm);
  const writer = digestStream.getWriter();
  let held: Uint8Array | null = null;
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(chunk, controller) {
      await writer.write(chunk);
      if (held !== null) {
        controller.enqueue(held);
      }
      held = chunk;
    },
    async flush(controller) {
      await writer.close();
      const actual = hex.encode(new Uint8Array(await digestStream.digest));
      if (actual !== declared.hex) {
        const message = `The body's ${declared.algorithm} is ${actual}; the request declares ${declared.hex}.`;
        const error = new S3Error(declared.mismatch, message);
        noteMismatch(error);
        throw error;
      }
      if (held !== null) {
        controller.enqueue(held);
      }
    },
  });
}
