/** Request bodies are JSON whatever their Content-Type says: Coconut's own `curl -d` example sends a form type. */
import { AppError } from "../domain/app-error.ts";

/** @throws AppError `json_not_valid`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("json_not_valid", {}, { cause });
  }
}
