/**
 * Which parameters an output takes, by kind. What Coconut has and Copra has not yet is listed apart, so that the
 * answer is "not supported yet" instead of "unknown"; whoever builds one moves it up.
 */
import { didYouMean } from "../domain/name-list.ts";
import type { OutputContext } from "./output-context.ts";
import { fieldPath, type Fields } from "./request-fields.ts";

/** Coconut's limit. */
const MAX_PARAMS = 15;

const PICTURE = ["fit", "transpose", "vflip", "hflip", "watermark"] as const;
const ANY_IMAGE = ["path", "key", "if", "format", "square", "blur", ...PICTURE] as const;

/** Animations are image outputs too. */
export const OUTPUT_PARAMS = {
  video: ["path", "key", "if", "format", "offset", "duration", ...PICTURE, "deinterlace"],
  image: [...ANY_IMAGE, "number", "offsets", "interval", "sprite", "vtt"],
  animation: [...ANY_IMAGE, "scene"],
  httpstream: ["path", "key", "if", "playlist_name", "variants", "hls"],
} as const satisfies Record<string, readonly string[]>;
export type OutputKind = keyof typeof OUTPUT_PARAMS;

const PENDING: Readonly<Record<OutputKind, readonly string[]>> = {
  video: [],
  image: [],
  animation: [],
  httpstream: ["dash", "offset", "duration", "fit", "watermark"],
};

const KIND_NAMES: Readonly<Record<OutputKind, string>> = {
  video: "a video output",
  image: "an image output",
  animation: "an animated image output",
  httpstream: "an httpstream output",
};

/** Values that ask for what happens anyway: clients send them as defaults. */
const VALUES_WITHOUT_EFFECT: readonly string[] = [
  ...["vflip", "hflip", "deinterlace", "sprite", "vtt", "square"].map((name) => `${name}:false`),
  ...['fit:"pad"', "format:{}", "format:[]", "offset:0"],
];

/** Reports `params_out_of_range` and `output_param_not_valid`; false when there are too many to go on. */
export function checkParams(kind: OutputKind, fields: Fields, { field, problems }: OutputContext): boolean {
  const names = Object.keys(fields);
  if (names.length > MAX_PARAMS) {
    const rule = `has ${names.length} parameters, at most ${MAX_PARAMS} are possible`;
    problems.add("params_out_of_range", { field, rule });
    return false;
  }
  const known: readonly string[] = OUTPUT_PARAMS[kind];
  for (const name of names.filter((candidate) => !known.includes(candidate))) {
    const isPending = PENDING[kind].includes(name);
    if (!(isPending || isOfSibling(kind, name)) || !hasNoEffect(name, fields[name])) {
      problems.add("output_param_not_valid", {
        field: fieldPath(field, [name]),
        rule: isPending ? "is not supported yet" : `is not a parameter of ${KIND_NAMES[kind]}`,
        advice: isPending
          ? "Remove it."
          : (didYouMean(name, known) ?? `Remove it. Parameters: ${known.join(", ")}.`),
      });
    }
  }
  return true;
}

/** True when a parameter's value asks for what happens without it. */
export function hasNoEffect(name: string, value: unknown): boolean {
  return VALUES_WITHOUT_EFFECT.includes(`${name}:${JSON.stringify(value)}`);
}

/** Clients send the same defaults to stills and animations. */
function isOfSibling(kind: OutputKind, name: string): boolean {
  const siblings: readonly OutputKind[] =
    kind === "animation" ? ["image"] : kind === "image" ? ["video"] : [];
  return siblings.some((sibling) => OUTPUT_PARAMS[sibling].some((known) => known === name));
}
