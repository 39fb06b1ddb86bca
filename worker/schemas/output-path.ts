/** The `path` of an output: well-formed, short enough as a whole key, and with a file name that fits the format. */
import { MAX_KEY_BYTES, pathProblem, utf8Length } from "../domain/object-path.ts";
import { objectKey } from "../domain/object-location.ts";
import { longestFilled, templateProblem } from "../domain/path-template.ts";
import type { Problems } from "./problems.ts";

type PathContext = { problems: Problems; storagePath: string; reservedBytes?: number };

/** Null after `output_path_not_valid`, unless it is a path whose key leaves `reservedBytes` for what is added. */
export function parsePath(
  value: unknown,
  field: string,
  { problems, storagePath, reservedBytes = 0 }: PathContext,
): string | null {
  const problem = pathRule(value, storagePath, reservedBytes);
  if (typeof value === "string" && problem === null) {
    return value;
  }
  const shown = value === undefined ? {} : { value };
  problems.add("output_path_not_valid", { field, ...shown, rule: "is missing", ...problem });
  return null;
}

function pathRule(
  value: unknown,
  storagePath: string,
  reservedBytes: number,
): { rule: string; advice?: string } | null {
  if (typeof value !== "string") {
    return { rule: value === undefined ? "is missing" : "must be a string" };
  }
  const rule = pathProblem(value);
  if (rule !== null) {
    return { rule };
  }
  const template = templateProblem(value);
  if (template !== null) {
    const { advice } = template;
    return { rule: template.rule, ...(advice === undefined ? {} : { advice }) };
  }
  const keyBytes = utf8Length(objectKey(storagePath, longestFilled(value))) + reservedBytes;
  return keyBytes > MAX_KEY_BYTES
    ? {
        rule: `is too long: with storage.path before it and what is added behind it a key has at most ${MAX_KEY_BYTES} bytes`,
      }
    : null;
}

/** Reports `output_filename_not_valid` unless the path ends with one of the extensions, in any case. */
export function checkExtension(
  path: string,
  field: string,
  container: string,
  extensions: readonly string[],
  problems: Problems,
): void {
  const extension = /[^/]\.([^./{}]+)$/.exec(path)?.[1]?.toLowerCase();
  if (extension === undefined || !extensions.includes(extension)) {
    const names = extensions.map((name) => `.${name}`).join(" or ");
    const rule = `does not match format ${container}, whose file names end with ${names}`;
    problems.add("output_filename_not_valid", { field, value: path, rule });
  }
}
