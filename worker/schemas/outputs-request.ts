/**
 * The `outputs` section: formats and what is wanted of each. A list gives one format several times; its entries
 * are told apart by key, `format:1`, `format:2` and so on where none is given.
 */
import { z } from "zod";
import { AppError } from "../domain/app-error.ts";
import { parseCondition } from "../domain/condition/condition.ts";
import { findPathConflict } from "../domain/path-conflict.ts";
import type { OutputRequest } from "../domain/job-spec.ts";
import { parseOutputFormat } from "../domain/format/output-format.ts";
import { parseHttpstreamOutput } from "./httpstream-output-request.ts";
import { parseImageOutput } from "./image-output-request.ts";
import { checkParams } from "./output-params.ts";
import { fieldPath, parseFields, readFields, type Fields } from "./request-fields.ts";
import { parseVideoOutput } from "./video-output-request.ts";

/** Coconut's limit. */
const MAX_OUTPUTS = 30;
/** Formats are echoed in every answer; leading zeros could make one as long as the request. */
const MAX_FORMAT_CHARS = 200;

const commonSchema = z.object({
  key: z
    .string({ error: "must be a string" })
    .regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, "must have 1 to 200 characters and no control characters")
    .optional(),
  if: z.string({ error: "must be a string" }).optional(),
});

/** One output as the request has it. */
type OutputEntry = { format: string; defaultKey: string; field: string; value: unknown };

/** In request order. `storagePath` counts towards the length of keys. */
export function parseOutputs(value: unknown, storagePath: string): OutputRequest[] {
  const entries = outputEntries(value);
  if (entries.length === 0) {
    throw new AppError("outputs_not_valid", { field: "outputs", rule: "must have at least one output" });
  }
  if (entries.length > MAX_OUTPUTS) {
    const rule = `has ${entries.length} outputs, at most ${MAX_OUTPUTS} are possible`;
    throw new AppError("outputs_out_of_range", { field: "outputs", rule });
  }
  const outputs = entries.map((entry) => parseOutput(entry, storagePath));
  const conflict = findPathConflict(outputs, storagePath);
  if (conflict !== null) {
    const [first, second] = conflict.map((index) => entries[index]?.field ?? "outputs");
    throw new AppError("output_path_not_valid", {
      field: `${second}.path`,
      rule: `leads to the same file as ${first}.path`,
      advice: "Change one of them, or give both an 'if' of which only one can be true.",
    });
  }
  return outputs;
}

/** Null and an empty list stand for an empty object: the format is asked for, without parameters. */
function outputEntries(value: unknown): OutputEntry[] {
  if (readFields(value) === null || typeof value !== "object" || value === null) {
    throw new AppError("outputs_not_valid", { field: "outputs" });
  }
  return Object.entries(value).flatMap(([format, output]: [string, unknown]) => {
    const field = fieldPath("outputs", [format]);
    return Array.isArray(output) && output.length > 0
      ? output.map((item: unknown, index) => ({
          format,
          defaultKey: `${format}:${index + 1}`,
          field: fieldPath(field, [index]),
          value: item,
        }))
      : [{ format, defaultKey: format, field, value: output }];
  });
}

function parseOutput({ format, defaultKey, field, value }: OutputEntry, storagePath: string): OutputRequest {
  const refuse = (rule: string): never => {
    throw new AppError("output_format_not_valid", { field: fieldPath("outputs", [format]), rule });
  };
  if (format.length > MAX_FORMAT_CHARS) {
    refuse(`is longer than ${MAX_FORMAT_CHARS} characters`);
  }
  const parsed = parseOutputFormat(format, refuse);
  const fields = value === null ? {} : readFields(value);
  if (fields === null) {
    throw new AppError("output_not_valid", { field, value, rule: "must be an object" });
  }
  checkParams(parsed.type, fields, field);
  const { key, if: condition } = parseFields(commonSchema, fields, {
    field,
    code: "output_key_not_valid",
    codes: { if: "output_condition_not_valid" },
  });
  if (condition !== undefined) {
    parseCondition(condition, `${field}.if`);
  }
  return {
    key: key ?? defaultKey,
    format,
    condition: condition ?? null,
    ...parseByType(parsed, fields, field, storagePath),
  };
}

function parseByType(
  format: ReturnType<typeof parseOutputFormat>,
  fields: Fields,
  field: string,
  storagePath: string,
): ReturnType<typeof parseVideoOutput | typeof parseImageOutput | typeof parseHttpstreamOutput> {
  switch (format.type) {
    case "video":
      return parseVideoOutput(format.rendition, fields, field, storagePath);
    case "image":
      return parseImageOutput(format, fields, field, storagePath);
    case "httpstream":
      return parseHttpstreamOutput(fields, field, storagePath);
  }
}
