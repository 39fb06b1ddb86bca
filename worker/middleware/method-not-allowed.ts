/** The answer to a known path with a method that it does not have. */
import type { Handler } from "hono";
import { AppError } from "../domain/app-error.ts";
import { errorResponse } from "./on-error.ts";

/** Last handler of a path; `allowed` becomes the `Allow` header. */
export function methodNotAllowed(allowed: string): Handler {
  return function methodNotAllowed() {
    return errorResponse(new AppError("method_not_allowed"), { allow: allowed });
  };
}
