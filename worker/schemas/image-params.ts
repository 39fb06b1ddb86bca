/** The parameters that only image outputs have. */
import { z } from "zod";
import type { AnimationRequest, ImageRequest, StillsRequest } from "../domain/job-spec.ts";
import { didYouMean, nameList } from "../domain/name-list.ts";
import { pathProblem } from "../domain/object-path.ts";
import type { OutputContext } from "./output-context.ts";
import { fieldPath, parseFields, readFields, type Fields } from "./request-fields.ts";

/** Coconut's limit of `number`. */
const MAX_NUMBER = 100;
/** Coconut names none for `offsets`; this many positions are a mistake. */
const MAX_OFFSETS = 1000;
const MAX_COLUMNS = 100;
const MAX_TILES = 10_000;
/** Coconut's tiles in a row. */
const DEFAULT_COLUMNS = 4;
/** Coconut's limit of excerpts; each as long as a preview can be. */
const MAX_EXCERPTS = 10;
const MAX_EXCERPT_SECONDS = 30;
/** Of all excerpts together. An encoder keeps every frame of them on its disk, and nobody waits for a longer gif. */
const MAX_ANIMATION_SECONDS = 60;

const CODE = "output_param_not_valid";

const whole = (min: number, max: number, unit = "") =>
  z
    .int({ error: `must be a whole number${unit}` })
    .min(min, min === 0 ? "must not be negative" : `must be at least ${min}`)
    .max(max, `must be at most ${max}`);
const seconds = whole(0, Number.MAX_SAFE_INTEGER, " of seconds");
const flag = z.boolean({ error: "must be true or false" });

const samplingSchema = z.object({
  number: whole(1, MAX_NUMBER).optional(),
  offsets: z
    .array(seconds, { error: "must be a list of seconds" })
    .min(1, "must name at least one time")
    .max(MAX_OFFSETS, `must name at most ${MAX_OFFSETS} times`)
    .optional(),
  // 0 lets the interval follow from the duration.
  interval: seconds.optional(),
});
const treatmentSchema = z.object({ square: flag.default(false), blur: whole(1, 5).optional() });

const spriteSchema = z.object({
  limit: whole(1, MAX_TILES).optional(),
  columns: whole(1, MAX_COLUMNS).default(DEFAULT_COLUMNS),
});
const vttSchema = z.object({
  filename: z
    .string({ error: "must be a string" })
    .regex(/^[^/{}]{1,195}\.vtt$/i, "must be a plain file name that ends with .vtt")
    .refine((name) => pathProblem(name) === null, {
      error: (issue) => pathProblem(String(issue.input)) ?? "",
    })
    .optional(),
});
const sceneSchema = z
  .object({
    number: whole(1, MAX_EXCERPTS).default(1),
    duration: whole(1, MAX_EXCERPT_SECONDS, " of seconds").default(5),
  })
  .refine(({ number, duration }) => number * duration <= MAX_ANIMATION_SECONDS, {
    error: `asks for more than ${MAX_ANIMATION_SECONDS} seconds in all (number times duration)`,
    // One complaint about a number is enough.
    when: ({ issues }) => issues.length === 0,
  });

/** Null after a problem: `output_param_not_valid`. */
export function parseTreatment(
  fields: Fields,
  { field, problems }: OutputContext,
): Pick<ImageRequest, "isSquare" | "blur"> | null {
  const treatment = parseFields(treatmentSchema, fields, { field, code: CODE }, problems);
  return treatment && { isSquare: treatment.square, blur: treatment.blur ?? 0 };
}

/** Null after a problem: `output_param_not_valid`. */
export function parseStills(
  fields: Fields,
  context: OutputContext,
): Pick<StillsRequest, "sampling" | "sprite" | "vtt"> | null {
  const sampling = parseSampling(fields, context);
  const sprite = parseSwitch("sprite", spriteSchema, fields, context);
  const vtt = parseSwitch("vtt", vttSchema, fields, context);
  return sampling === null || sprite === undefined || vtt === undefined
    ? null
    : {
        sampling,
        sprite: sprite && { columns: sprite.columns, limit: sprite.limit ?? null },
        vtt: vtt && { filename: vtt.filename ?? null },
      };
}

/** Null after a problem: `output_param_not_valid`. */
export function parseScene(value: unknown, context: OutputContext): AnimationRequest["scene"] | null {
  const scene = parseHash("scene", sceneSchema, value ?? {}, context);
  return scene && { number: scene.number, durationSeconds: scene.duration };
}

function parseSampling(fields: Fields, { field, problems }: OutputContext): StillsRequest["sampling"] | null {
  const given = ["number", "offsets", "interval"].filter((name) => fields[name] !== undefined);
  if (given.length > 1) {
    problems.add(CODE, {
      field,
      rule: `has ${nameList(given)}, which exclude each other`,
      advice: "Give one of number, offsets and interval.",
    });
  }
  const sampling = parseFields(samplingSchema, fields, { field, code: CODE }, problems);
  if (sampling === null || given.length > 1) {
    return null;
  }
  const { number, offsets, interval } = sampling;
  if (offsets !== undefined) {
    return { by: "offsets", seconds: offsets };
  }
  return interval === undefined
    ? { by: "number", count: number ?? 1 }
    : { by: "interval", seconds: interval };
}

/** `true` is a hash of defaults, `false` none (null); undefined after a problem. */
function parseSwitch<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  fields: Fields,
  context: OutputContext,
): z.output<Schema> | null | undefined {
  const value = fields[name];
  return value === undefined || value === false
    ? null
    : (parseHash(name, schema, value === true ? {} : value, context) ?? undefined);
}

function parseHash<Schema extends z.ZodObject>(
  name: string,
  schema: Schema,
  value: unknown,
  { field: output, problems }: OutputContext,
): z.output<Schema> | null {
  const field = `${output}.${name}`;
  const fields = readFields(value);
  const keys = Object.keys(schema.shape);
  if (fields === null) {
    const rule = name === "scene" ? "must be an object" : "must be true, false or an object";
    problems.add(CODE, { field, value, rule, advice: `Keys of the object: ${keys.join(", ")}.` });
    return null;
  }
  const unknown = Object.keys(fields).filter((key) => !keys.includes(key));
  for (const key of unknown) {
    const advice = didYouMean(key, keys) ?? `Remove it. Parameters: ${keys.join(", ")}.`;
    problems.add(CODE, { field: fieldPath(field, [key]), rule: `is not a parameter of ${name}`, advice });
  }
  const parsed = parseFields(schema, fields, { field, code: CODE }, problems);
  return unknown.length > 0 ? null : parsed;
}
