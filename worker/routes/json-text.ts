/** JSON that an object has already written, as a response. */
import { AppError } from "../domain/app-error.ts";

/** @throws AppError `not_found` when there is none. */
export function jsonText(text: string | null, status = 200): Response {
  if (text === null) {
    throw new AppError("not_found");
  }
  return new Response(text, { status, headers: { "content-type": "application/json; charset=utf-8" } });
}
