/** A refusal that the caller is told about. Turned into a response in one place, the error middleware. */
import { errorHttpStatus, errorMessage, type ErrorCode, type ErrorParams } from "./error-catalogue.ts";

/** `message` is public. `cause` is for the log and never leaves the service. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly httpStatus: number;

  /** `problemCount`: how many things are wrong with the request, this one included. */
  constructor(
    code: ErrorCode,
    params: ErrorParams = {},
    { cause, problemCount = 1 }: { cause?: unknown; problemCount?: number } = {},
  ) {
    const more = problemCount > 1 ? ` This is the first of ${problemCount} problems found.` : "";
    super(`${errorMessage(code, params)}${more}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.params = params;
    this.httpStatus = errorHttpStatus(code);
  }

  /** The offending field, such as `outputs.mp4:720p.path`; null when the request as a whole is refused. */
  get path(): string | null {
    return this.params.field ?? null;
  }
}
