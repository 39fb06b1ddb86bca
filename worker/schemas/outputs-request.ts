/**
 * The `outputs` section: formats and what is wanted of each. A list gives one format several times; its entries
 * are told apart by key, `format:1`, `format:2` and so on where none is given.
 */
import { z } from "zod";
import { IMAGE_CONTAINERS } from "../../encoder/contract/formats.ts";
import { parseCondition } from "../domain/condition/condition.ts";
import type { FormatString } from "../domain/format/format-string.ts";
import { findPathConflict } from "../domain/path-conflict.ts";
import type { HttpstreamRequest, ImageRequest, OutputRequest, VideoRequest } from "../domain/job-spec.ts";
import { parseHttpstreamOutput } from "./httpstream-output-request.ts";
import { parseImageOutput } from "./image-output-request.ts";
import type { OutputContext, OutputsContext } from "./output-context.ts";
import { readFormatName, type FormatName } from "./output-format.ts";
import { checkParams, type OutputKind } from "./output-params.ts";
import type { Problems } from "./problems.ts";
import { fieldPath, parseFields, readFields, type Fields } from "./request-fields.ts";
import { parseVideoOutput } from "./video-output-request.ts";

/** Coconut's limit. */
const MAX_OUTPUTS = 30;

const commonSchema = z.object({
  key: z
    .string({ error: "must be a string" })
    .regex(/^[^\p{Cc}\p{Cs}]{1,200}$/u, "must have 1 to 200 characters and no control characters")
    .optional(),
  if: z.string({ error: "must be a string" }).optional(),
});

/** The outputs of one name, as the request has them. */
type OutputGroup = { format: string; entries: OutputEntry[] };
type OutputEntry = { defaultKey: string; field: string; value: unknown };
type ParsedOutput = { field: string; output: OutputRequest };

/** In request order; null after a problem. */
export function parseOutputs(value: unknown, context: OutputsContext): OutputRequest[] | null {
  const { problems } = context;
  if (readFields(value) === null || typeof value !== "object" || value === null) {
    problems.add("outputs_not_valid", { field: "outputs" });
    return null;
  }
  const groups = Object.entries(value).map(([format, output]) => outputGroup(format, output));
  const count = groups.reduce((sum, { entries }) => sum + entries.length, 0);
  if (count === 0) {
    problems.add("outputs_not_valid", { field: "outputs", rule: "must have at least one output" });
    return null;
  }
  if (count > MAX_OUTPUTS) {
    const rule = `has ${count} outputs, at most ${MAX_OUTPUTS} are possible`;
    problems.add("outputs_out_of_range", { field: "outputs", rule });
    return null;
  }
  const parsed = groups.flatMap((group) => parseGroup(group, context));
  refuseConflict(parsed, context.storagePath, problems);
  return parsed.length === count ? parsed.map(({ output }) => output) : null;
}

/** Null and an empty list stand for an empty object. */
function outputGroup(format: string, output: unknown): OutputGroup {
  const field = fieldPath("outputs", [format]);
  const entries =
    Array.isArray(output) && output.length > 0
      ? output.map((value: unknown, index) => ({
          defaultKey: `${format}:${index + 1}`,
          field: fieldPath(field, [index]),
          value,
        }))
      : [{ defaultKey: format, field, value: output }];
  return { format, entries };
}

/** Those that have no problem. */
function parseGroup({ format, entries }: OutputGroup, context: OutputsContext): ParsedOutput[] {
  const name = readFormatName(format, context);
  return name === null
    ? []
    : entries.flatMap((entry) => {
        const output = parseOutput(entry, name, { ...context, field: entry.field });
        return output === null ? [] : [{ field: entry.field, output }];
      });
}

function parseOutput(
  { defaultKey, value }: OutputEntry,
  name: FormatName,
  context: OutputContext,
): OutputRequest | null {
  const { field, problems } = context;
  const before = problems.count();
  const fields = value === null ? {} : readFields(value);
  if (fields === null) {
    problems.add("output_not_valid", { field, value, rule: "must be an object" });
    return null;
  }
  if (Object.keys(fields).length === 0) {
    const advice =
      name.format.type === "httpstream"
        ? { advice: 'Give at least "hls": {"path": "/hls"} or "dash": {"path": "/dash"}.' }
        : {};
    problems.add("output_must_have_one_parameter", { field, rule: "has no parameters", ...advice });
    return null;
  }
  if (!checkParams(kindOf(name.format), fields, context)) {
    return null;
  }
  const common = parseFields(
    commonSchema,
    fields,
    { field, code: "output_key_not_valid", codes: { if: "output_condition_not_valid" } },
    problems,
  );
  const condition = common?.if;
  if (condition !== undefined) {
    problems.attempt(() => parseCondition(condition, `${field}.if`));
  }
  const request = parseByType(name, fields, context);
  return common === null || request === null || problems.count() > before
    ? null
    : { key: common.key ?? defaultKey, condition: condition ?? null, ...request };
}

function kindOf(format: FormatString): OutputKind {
  return format.type === "image" && IMAGE_CONTAINERS[format.container].isAnimated ? "animation" : format.type;
}

function parseByType(
  name: FormatName,
  fields: Fields,
  context: OutputContext,
): ({ format: string } & (VideoRequest | ImageRequest | HttpstreamRequest)) | null {
  const { format } = name;
  switch (format.type) {
    case "video":
      return parseVideoOutput(name, format.container, fields, context);
    case "image":
      return parseImageOutput(name, format.container, fields, context);
    case "httpstream": {
      const stream = parseHttpstreamOutput(fields, context);
      return stream && { format: name.text, ...stream };
    }
  }
}

function refuseConflict(parsed: readonly ParsedOutput[], storagePath: string, problems: Problems): void {
  const conflict = findPathConflict(
    parsed.map(({ output }) => output),
    storagePath,
  );
  if (conflict !== null) {
    const [first, second] = conflict.map((index) => parsed[index]?.field ?? "outputs");
    problems.add("output_path_not_valid", {
      field: `${second}.path`,
      rule: `leads to a file that ${first}.path leads to as well, itself, by its WebVTT file or inside a stream's package`,
      advice:
        "Change one of them, name the WebVTT files with 'vtt.filename', or give both an 'if' of which only one can be true.",
    });
  }
}
