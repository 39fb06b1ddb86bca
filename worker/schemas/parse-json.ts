/** Request bodies are JSON whatever their Content-Type says: Coconut's own `curl -d` example sends a form type. */
import { AppError } from "../domain/app-error.ts";

/**
 * @param bytes UTF-8.
 * @throws AppError `json_not_valid`.
 */
export function parseJson(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch (cause) {
    throw new AppError("json_not_valid", {}, { cause });
  }
}
