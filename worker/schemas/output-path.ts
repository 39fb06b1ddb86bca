/** The `path` of an output: well-formed, short enough as a whole key, and with a file name that fits the format. */
import { AppError } from "../domain/app-error.ts";
import { MAX_KEY_BYTES, pathProblem, utf8Length } from "../domain/object-path.ts";
import { objectKey } from "../domain/object-location.ts";

/** @throws AppError `output_path_not_valid` unless it is a path whose key leaves `reservedBytes` for what is added. */
export function parsePath(value: unknown, field: string, storagePath: string, reservedBytes = 0): string {
  const refuse = (rule: string): never => {
    throw new AppError("output_path_not_valid", { field, ...(value === undefined ? {} : { value }), rule });
  };
  if (value === undefined) {
    return refuse("is missing");
  }
  if (typeof value !== "string") {
    return refuse("must be a string");
  }
  const problem = pathProblem(value);
  if (problem !== null) {
    refuse(problem);
  }
  if (utf8Length(objectKey(storagePath, value)) + reservedBytes > MAX_KEY_BYTES) {
    refuse(
      `is too long: with storage.path before it and what is added behind it a key has at most ${MAX_KEY_BYTES} bytes`,
    );
  }
  return value;
}

/** @throws AppError `output_filename_not_valid` unless the path ends with one of the extensions, in any case. */
export function checkExtension(
  path: string,
  field: string,
  container: string,
  extensions: readonly string[],
): void {
  const extension = /[^/]\.([^./]+)$/.exec(path)?.[1]?.toLowerCase();
  if (extension === undefined || !extensions.includes(extension)) {
    const names = extensions.map((name) => `.${name}`).join(" or ");
    const rule = `does not match format ${container}, whose file names end with ${names}`;
    throw new AppError("output_filename_not_valid", { field, value: path, rule });
  }
}
