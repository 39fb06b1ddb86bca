/** Which parameters an output takes, by kind. */
import { didYouMean } from "../domain/name-list.ts";
import type { OutputContext } from "./output-context.ts";
import { fieldPath, type Fields } from "./request-fields.ts";
import { flatNames } from "./stream-package.ts";

/** Coconut's limit. */
const MAX_PARAMS = 15;

const PICTURE = ["fit", "transpose", "vflip", "hflip", "watermark"] as const;
const ANY_IMAGE = ["path", "key", "if", "format", "square", "blur", ...PICTURE] as const;

/** Animations are image outputs too. */
export const OUTPUT_PARAMS = {
  video: ["path", "key", "if", "format", "offset", "duration", ...PICTURE, "deinterlace"],
  image: [...ANY_IMAGE, "number", "offsets", "interval", "sprite", "vtt"],
  animation: [...ANY_IMAGE, "scene"],
  httpstream: [
    ...["path", "key", "if", "playlist_name", "variants", "hls", "dash", "audio_tracks", "subtitles"],
    ...["offset", "duration", ...PICTURE, "deinterlace"],
  ],
} as const satisfies Record<string, readonly string[]>;
export type OutputKind = keyof typeof OUTPUT_PARAMS;

/** Names of Coconut's first API that still mean something; none that a message should advise. */
const FLAT_NAMES: readonly string[] = [...flatNames("hls"), ...flatNames("dash")];

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
    const isTaken =
      (kind === "httpstream" && FLAT_NAMES.includes(name)) ||
      (isOfSibling(kind, name) && hasNoEffect(name, fields[name]));
    if (!isTaken) {
      problems.add("output_param_not_valid", {
        field: fieldPath(field, [name]),
        rule: `is not a parameter of ${KIND_NAMES[kind]}`,
        advice: didYouMean(name, known) ?? `Remove it. Parameters: ${known.join(", ")}.`,
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
