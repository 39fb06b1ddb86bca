/**
 * How a hash of the request is read: what counts as one, what counts as absent, and how a zod schema's complaint
 * becomes the API's error.
 */
import type { z } from "zod";
import type { ErrorCode } from "../domain/error-catalogue.ts";
import { shortened } from "../domain/shown-value.ts";
import type { Problems } from "./problems.ts";

export type Fields = Record<string, unknown>;

export type FieldContext = {
  /** Path of the hash in the request, such as `storage` or `outputs.mp4:720p`. */
  field: string;
  /** Code of a refused field, unless `codes` has one for it. */
  code: ErrorCode;
  codes?: Readonly<Record<string, ErrorCode>>;
};

/**
 * The fields of a hash without those that are null: Go clients send null for what is unset. An empty list is an
 * empty hash: PHP clients cannot tell them apart. Null for anything that is no hash.
 */
export function readFields(value: unknown): Fields | null {
  if (Array.isArray(value)) {
    return value.length === 0 ? {} : null;
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))
    : null;
}

/**
 * Checks fields against a schema whose messages are rules: the ends of sentences that begin with the field.
 * Fields that the schema does not name are left out. Null after a problem; each refused field is one.
 */
export function parseFields<Schema extends z.ZodType>(
  schema: Schema,
  fields: Fields,
  context: FieldContext,
  problems: Problems,
): z.output<Schema> | null {
  const result = schema.safeParse(fields, { reportInput: true });
  if (result.success) {
    return result.data;
  }
  for (const { path, input, message } of result.error.issues) {
    problems.add(context.codes?.[String(path[0] ?? "")] ?? context.code, {
      field: fieldPath(context.field, path),
      ...(input === undefined ? { rule: "is missing" } : { value: input, rule: message }),
    });
  }
  return null;
}

/** `outputs.jpg:400x[0].path`; long names are cut. */
export function fieldPath(base: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (joined, part) =>
      typeof part === "number" ? `${joined}[${part}]` : `${joined}.${shortened(String(part))}`,
    base,
  );
}
