/**
 * Checks AWS Signature Version 4 in the Authorization header against credentials that were minted here.
 * Presigned URLs are refused: nothing of Copra hands one out.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
import { AwsV4Signer } from "aws4fetch";
import type { MasterKey } from "../secrets/master-key.ts";
import { type GatewayGrant, deriveGatewaySecret, readGatewayGrant } from "./gateway-credentials.ts";
import { S3Error } from "./s3-error.ts";

/** S3's own tolerance. Twice as much only lengthens the time in which a recorded request can be replayed. */
const CLOCK_SKEW_MS = 15 * 60_000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256\s+Credential=([^/\s]+)\/(\d{8})\/([^/\s]+)\/s3\/aws4_request,\s*SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+)*),\s*Signature=([0-9a-f]{64})$/;

type Authorization = {
  accessKeyId: string;
  day: string;
  region: string;
  signedHeaders: string[];
  signature: string;
};

/**
 * Resolves to the grant of the credentials that signed the request; the body itself is not looked at.
 * @throws S3Error when the request is unsigned, wrongly signed, stale, or signed with expired credentials.
 */
export async function verifySignature(
  request: Request,
  masterKey: MasterKey,
  now: number,
): Promise<GatewayGrant> {
  const authorization = parseAuthorization(request.headers.get("authorization"));
  const datetime = checkDate(request.headers.get("x-amz-date"), authorization.day, now);
  checkSignedHeaders(request.headers, authorization.signedHeaders);
  const grant = await readGatewayGrant(masterKey, authorization.accessKeyId);
  if (grant === null) {
    throw new S3Error("InvalidAccessKeyId", "These credentials were not made by this installation.");
  }
  const expected = await expectedSignature(request, masterKey, authorization, datetime);
  const encoder = new TextEncoder();
  if (!crypto.subtle.timingSafeEqual(encoder.encode(expected), encoder.encode(authorization.signature))) {
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The signature does not fit the request and the secret access key.",
    );
  }
  if (now >= grant.expiresAt) {
    throw new S3Error(
      "AccessDenied",
      `These credentials expired at ${new Date(grant.expiresAt).toISOString()}.`,
    );
  }
  return grant;
}

function parseAuthorization(header: string | null): Authorization {
  if (header === null) {
    throw new S3Error(
      "AccessDenied",
      "The request has no Authorization header. Sign it with AWS Signature Version 4; presigned URLs are not supported.",
    );
  }
  const [, accessKeyId, day, region, signedHeaders, signature] = AUTHORIZATION.exec(header) ?? [];
  if (!accessKeyId || !day || !region || !signedHeaders || !signature) {
    throw new S3Error(
      "AuthorizationHeaderMalformed",
      "The Authorization header is not AWS4-HMAC-SHA256 for service s3.",
    );
  }
  return { accessKeyId, day, region, signedHeaders: signedHeaders.split(";"), signature };
}

/** Returns the request's own timestamp, as it was signed. */
function checkDate(datetime: string | null, day: string, now: number): string {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(datetime ?? "");
  if (datetime === null || match === null || datetime.slice(0, 8) !== day) {
    throw new S3Error(
      "AccessDenied",
      "The x-amz-date header is missing or is not of the day in the credential scope.",
    );
  }
  const [year, month, date, hour, minute, second] = match.slice(1).map(Number);
  const signedAt = Date.UTC(year ?? 0, (month ?? 0) - 1, date, hour, minute, second);
  if (Math.abs(now - signedAt) > CLOCK_SKEW_MS) {
    throw new S3Error(
      "RequestTimeTooSkewed",
      `The request was signed at ${datetime}, more than 15 minutes away from ${new Date(now).toISOString()}.`,
    );
  }
  return datetime;
}

/** An unsigned x-amz-* header could be added on the way; so all of them have to be under the signature. */
function checkSignedHeaders(headers: Headers, signed: string[]): void {
  const amazonHeaders = [...headers.keys()].filter((name) => name.startsWith("x-amz-"));
  const required = ["host", "x-amz-date", "x-amz-content-sha256", ...amazonHeaders];
  const missing = required.find((name) => !signed.includes(name));
  if (missing !== undefined) {
    throw new S3Error("AccessDenied", `The header ${missing} must be signed.`);
  }
}

async function expectedSignature(
  request: Request,
  masterKey: MasterKey,
  authorization: Authorization,
  datetime: string,
): Promise<string> {
  const headers = new Headers();
  for (const name of authorization.signedHeaders.filter((signed) => signed !== "host")) {
    headers.set(name, request.headers.get(name) ?? "");
  }
  const signer = new AwsV4Signer({
    method: request.method,
    url: request.url,
    headers,
    accessKeyId: authorization.accessKeyId,
    secretAccessKey: await deriveGatewaySecret(masterKey, authorization.accessKeyId),
    service: "s3",
    region: authorization.region,
    datetime,
    // Signs exactly the headers that the client signed, also those the library leaves out by default.
    allHeaders: true,
  });
  return signer.signature();
}
