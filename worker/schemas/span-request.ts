/** `offset` and `duration`: the part of the source that an output shows. */
import { z } from "zod";
import type { OutputContext } from "./output-context.ts";
import { parseFields, type Fields } from "./request-fields.ts";

const seconds = (min: number) =>
  z.int({ error: "must be a whole number of seconds" }).min(min, `must be at least ${min}`);

const spanSchema = z.object({ offset: seconds(0).default(0), duration: seconds(1).optional() });

/** Null after a problem: `output_param_not_valid`. */
export function parseSpan(
  fields: Fields,
  { field, problems }: OutputContext,
): { offsetSeconds: number; durationSeconds: number | null } | null {
  const span = parseFields(spanSchema, fields, { field, code: "output_param_not_valid" }, problems);
  return span && { offsetSeconds: span.offset, durationSeconds: span.duration ?? null };
}
