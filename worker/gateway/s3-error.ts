/** What the gateway refuses, in S3's own codes, so that any S3 client understands it. */
import { renderXml } from "./s3-xml.ts";

/**
 * S3 error code to HTTP status.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const S3_ERROR_STATUS = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  BadDigest: 400,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3ErrorCode = keyof typeof S3_ERROR_STATUS;

/** Thrown anywhere in the gateway; becomes a response in one place. */
export class S3Error extends Error {
  override readonly name = "S3Error";
  readonly code: S3ErrorCode;
  /** Extra response headers, such as `Content-Range` of a 416. */
  readonly headers: Record<string, string>;

  constructor(code: S3ErrorCode, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

/** The XML answer to a refusal. `resource` is the path of the request. */
export function toS3ErrorResponse(error: S3Error, resource: string): Response {
  const body = renderXml("Error", { Code: error.code, Message: error.message, Resource: resource }, null);
  return new Response(body, {
    status: S3_ERROR_STATUS[error.code],
    headers: { ...error.headers, "Content-Type": "application/xml" },
  });
}

/**
 * R2's error number, which its messages end with, to what it means to an S3 client.
 * @see https://developers.cloudflare.com/r2/api/error-codes/
 */
const R2_ERRORS: Record<string, { code: S3ErrorCode; message: string }> = {
  "10011": { code: "EntityTooSmall", message: "Every part but the last must hold at least 5 MiB." },
  "10020": { code: "KeyTooLongError", message: "The key is not valid; it may hold at most 1024 bytes." },
  "10024": {
    code: "NoSuchUpload",
    message: "This upload does not exist, was aborted or is already complete.",
  },
  "10025": { code: "InvalidPart", message: "A part was not uploaded, or its ETag is another one." },
  "10048": { code: "InvalidPart", message: "All parts but the last must have the same size." },
  "10058": { code: "SlowDown", message: "The same key is written too often. Try again later." },
};

/** Translates what an R2 call threw; anything unknown is handed back unchanged. */
export function fromR2Error(error: unknown): unknown {
  const number = error instanceof Error ? /\((\d{5})\)$/.exec(error.message)?.[1] : undefined;
  const known = number === undefined ? undefined : R2_ERRORS[number];
  return known === undefined ? error : new S3Error(known.code, known.message);
}
