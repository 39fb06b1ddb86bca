/**
 * How `hls` and `dash` of a stream are read: an object, and beside it the flat names that Coconut's first API had, such
 * as `dash_widevine_pssh`.
 */
import { didYouMean } from "../domain/name-list.ts";
import type { OutputContext } from "./output-context.ts";
import { fieldPath, readFields, type Fields } from "./request-fields.ts";

const CODE = "output_param_not_valid";

/** What a package takes: names of its own, and those that a flat name can stand for. */
export const PACKAGE_PARAMS = {
  hls: {
    own: ["path", "version", "live_edge", "encryption", "variants"],
    keys: ["encryption_key", "encryption_key_uri"],
  },
  dash: {
    own: ["path", "hlsfmp4", "variants"],
    keys: [
      ...["encryption_key", "encryption_key_id", "encryption_scheme", "widevine_pssh", "widevine_laurl"],
      ...["playready_pssh", "playready_laurl", "fairplay_key_uri", "clearkey_laurl"],
    ],
  },
} as const satisfies Record<string, { own: readonly string[]; keys: readonly string[] }>;
export type PackageName = keyof typeof PACKAGE_PARAMS;

/** `hls_encryption_key` and so on. */
export function flatNames(name: PackageName): string[] {
  return PACKAGE_PARAMS[name].keys.map((key) => `${name}_${key}`);
}

/** A value and where in the request it stands. */
export type Given = { value: unknown; field: string };

export type PackageFields = {
  field: string;
  /** The object as it was given. */
  fields: Fields;
  /** What the object and the flat names say of encryption. */
  keys: ReadonlyMap<string, Given>;
};

/** Null when the package is not asked for, undefined after a problem: `output_param_not_valid`. */
export function readPackage(
  name: PackageName,
  params: Fields,
  context: OutputContext,
): PackageFields | null | undefined {
  const { problems } = context;
  const field = `${context.field}.${name}`;
  const value = params[name];
  const flat = flatNames(name).filter((flatName) => params[flatName] !== undefined);
  if (value === undefined) {
    for (const flatName of flat) {
      const advice = `Give ${name} too, such as "${name}": {"path": "/${name}"}, or remove it.`;
      problems.add(CODE, { field: `${context.field}.${flatName}`, rule: `belongs to ${name}`, advice });
    }
    return flat.length > 0 ? undefined : null;
  }
  const fields = readFields(value);
  if (fields === null) {
    problems.add(CODE, { field, value, rule: "must be an object", advice: `Write {"path": "/${name}"}.` });
    return undefined;
  }
  refuseUnknown(name, fields, field, context);
  return { field, fields, keys: collectKeys(name, fields, params, context) };
}

function refuseUnknown(name: PackageName, fields: Fields, field: string, { problems }: OutputContext): void {
  const { own, keys } = PACKAGE_PARAMS[name];
  const known: readonly string[] = [...own, ...keys];
  const flat = flatNames(name);
  for (const param of Object.keys(fields).filter((key) => !known.includes(key) && !flat.includes(key))) {
    const advice = didYouMean(param, known) ?? `Remove it. Parameters: ${known.join(", ")}.`;
    problems.add(CODE, { field: fieldPath(field, [param]), rule: `is not a parameter of ${name}`, advice });
  }
}

function collectKeys(
  name: PackageName,
  fields: Fields,
  params: Fields,
  { field, problems }: OutputContext,
): Map<string, Given> {
  const found = new Map<string, Given>();
  for (const key of PACKAGE_PARAMS[name].keys) {
    const flatName = `${name}_${key}`;
    const places: Given[] = [
      { value: fields[key], field: `${field}.${name}.${key}` },
      { value: fields[flatName], field: `${field}.${name}.${flatName}` },
      { value: params[flatName], field: `${field}.${flatName}` },
    ].filter(({ value }) => value !== undefined);
    const [first, second] = places;
    if (first !== undefined) {
      found.set(key, first);
    }
    if (second !== undefined) {
      const advice = `Keep ${first?.field ?? key} and remove the other.`;
      problems.add(CODE, { field: second.field, rule: "says what another parameter says too", advice });
    }
  }
  return found;
}
