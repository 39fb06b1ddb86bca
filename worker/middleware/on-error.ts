/** The one place where errors become responses: Coconut's envelope of exactly three keys, always JSON. */
import type { Context } from "hono";
import { AppError } from "../domain/app-error.ts";
import { errorText, log } from "../log.ts";

/** A known error speaks for itself; anything else is a 500 whose details stay in the log. */
export function onError(error: Error, c: Context): Response {
  if (error instanceof AppError) {
    return errorResponse(error);
  }
  const requestId = crypto.randomUUID();
  log("error", "request.failed", {
    requestId,
    method: c.req.method,
    path: c.req.path,
    error: errorText(error),
  });
  return errorResponse(new AppError("internal_error"), { "x-request-id": requestId });
}

/** The envelope of an error. */
export function errorResponse(error: AppError, extraHeaders: Record<string, string> = {}): Response {
  const challenge = error.httpStatus === 401 ? { "www-authenticate": 'Basic realm="Application"' } : {};
  const body = { message: error.message, error_code: error.code, status: "error" };
  return Response.json(body, { status: error.httpStatus, headers: { ...challenge, ...extraHeaders } });
}
