/**
 * Judges what a store answered: done, worth asking again, or a failure. Pure; the only place that knows S3's
 * statuses and error codes.
 */
import type { Failure } from "../contract/failure-catalogue.ts";

/** `write`: a customer's or Copra's destination. `read`: parts that this service wrote itself. */
export type S3Purpose = "write" | "read";

export type S3Verdict =
  | { kind: "ok" }
  | { kind: "retry"; failure: Failure }
  | { kind: "failed"; failure: Failure };

/** Error codes that pass, whatever their status: 400 RequestTimeout is a socket that went quiet, 409 a race. */
const PASSING_CODES = new Set([
  "RequestTimeout",
  "IncompleteBody",
  "OperationAborted",
  "InternalError",
  "ServiceUnavailable",
  "SlowDown",
]);

/** `errorCode` is the `<Code>` of an error document, null when there was none. */
export function judgeS3Reply(
  reply: { httpStatus: number; errorCode: string | null },
  purpose: S3Purpose,
): S3Verdict {
  const { httpStatus, errorCode } = reply;
  if (httpStatus >= 200 && httpStatus < 300 && errorCode === null) {
    return { kind: "ok" };
  }
  const passes =
    httpStatus >= 500 ||
    httpStatus === 408 ||
    httpStatus === 429 ||
    (errorCode !== null && PASSING_CODES.has(errorCode));
  if (purpose === "read") {
    return { kind: passes ? "retry" : "failed", failure: { code: "work_storage_unavailable", httpStatus } };
  }
  if (passes) {
    return { kind: "retry", failure: { code: "destination_unavailable", httpStatus } };
  }
  if (errorCode === "AccessControlListNotSupported") {
    return { kind: "failed", failure: { code: "destination_acl_refused", httpStatus } };
  }
  return { kind: "failed", failure: { code: refusalCode(httpStatus), httpStatus } };
}

function refusalCode(
  httpStatus: number,
): "destination_denied" | "destination_not_found" | "destination_rejected" {
  switch (httpStatus) {
    case 401:
    case 403:
      return "destination_denied";
    case 404:
      return "destination_not_found";
    default:
      // A redirect to another region or host counts as well: a signed request is not sent on to where it leads.
      return "destination_rejected";
  }
}
