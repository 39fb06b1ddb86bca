/**
 * Judges what can go wrong between the encoder and a source's server: which failure it is and whether another
 * try in place may help. Pure; the loop that tries again is in stream-source.ts.
 */
import type { Failure } from "../contract/failure-catalogue.ts";
import { isAddressForbidden } from "./public-dialer.ts";

/** One try that went wrong. `failure` is what the task reports when no further try is made. */
export class SourceSetback extends Error {
  override readonly name = "SourceSetback";
  readonly failure: Failure;
  readonly mayRetry: boolean;
  readonly retryAfterMs: number | null;

  constructor(
    failure: Failure,
    options: { mayRetry: boolean; retryAfterMs?: number | null; cause?: unknown },
  ) {
    super(failure.code, options.cause === undefined ? undefined : { cause: options.cause });
    this.failure = failure;
    this.mayRetry = options.mayRetry;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Null for the status that carries the whole file. What a range is answered with is open-source.ts's. */
export function judgeSourceStatus(httpStatus: number): { failure: Failure; mayRetry: boolean } | null {
  if (httpStatus === 200) {
    return null;
  }
  if (httpStatus === 401 || httpStatus === 403) {
    return { failure: { code: "source_denied", httpStatus }, mayRetry: false };
  }
  if (httpStatus === 404 || httpStatus === 410) {
    return { failure: { code: "source_not_found", httpStatus }, mayRetry: false };
  }
  if (httpStatus === 204 || httpStatus === 205) {
    return { failure: { code: "source_empty" }, mayRetry: false };
  }
  if (httpStatus >= 500 || [408, 425, 429].includes(httpStatus)) {
    return { failure: { code: "source_server_error", httpStatus }, mayRetry: true };
  }
  return { failure: { code: "source_http_error", httpStatus }, mayRetry: false };
}

/**
 * Judges an error of the connection. `stage` says whether the response's headers had arrived: before them the
 * server "could not be reached", after them the transfer "broke off" or stalled.
 */
export function judgeTransportError(
  error: unknown,
  stage: "headers" | "body",
): { failure: Failure; mayRetry: boolean } {
  if (isAddressForbidden(error)) {
    return { failure: { code: "source_address_forbidden" }, mayRetry: false };
  }
  if (stage === "headers") {
    return { failure: { code: "source_unreachable" }, mayRetry: true };
  }
  const code = error instanceof Error && "code" in error ? error.code : null;
  return {
    failure: { code: code === "UND_ERR_BODY_TIMEOUT" ? "source_too_slow" : "source_interrupted" },
    mayRetry: true,
  };
}
