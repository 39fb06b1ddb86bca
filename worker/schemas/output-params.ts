/**
 * Which parameters an output takes, by type. What Coconut has and Copra has not yet is listed apart, so that the
 * answer is "not supported yet" instead of "unknown"; whoever builds one moves it up.
 */
import { AppError } from "../domain/app-error.ts";
import type { OutputType } from "../domain/job-spec.ts";
import { fieldPath, type Fields } from "./request-fields.ts";

/** Coconut's limit. */
const MAX_PARAMS = 15;

type ParamTable = { built: readonly string[]; pending: readonly string[] };

const PARAMS: Readonly<Record<OutputType, ParamTable>> = {
  video: {
    built: ["path", "key", "if", "offset", "duration"],
    pending: ["format", "fit", "transpose", "vflip", "hflip", "deinterlace", "watermark"],
  },
  image: {
    built: ["path", "key", "if", "number", "offsets", "interval"],
    pending: [
      ...["format", "sprite", "vtt", "square", "blur", "scene"],
      ...["fit", "transpose", "vflip", "hflip", "watermark"],
    ],
  },
  httpstream: {
    built: ["path", "key", "if", "playlist_name", "variants", "hls"],
    pending: ["dash", "offset", "duration", "fit", "watermark"],
  },
};

/** Values of pending parameters that ask for what happens anyway: clients send them as defaults. */
const VALUES_WITHOUT_EFFECT: readonly string[] = [
  ...["vflip", "hflip", "deinterlace", "sprite", "vtt", "square"].map((name) => `${name}:false`),
  ...['fit:"pad"', "format:{}", "format:[]", "offset:0"],
];

/** @throws AppError `params_out_of_range`, `output_param_not_valid` */
export function checkParams(type: OutputType, fields: Fields, field: string): void {
  const names = Object.keys(fields);
  if (names.length > MAX_PARAMS) {
    throw new AppError("params_out_of_range", {
      field,
      rule: `has ${names.length} parameters, at most ${MAX_PARAMS} are possible`,
    });
  }
  const { built, pending } = PARAMS[type];
  for (const name of names.filter((candidate) => !built.includes(candidate))) {
    if (!pending.includes(name)) {
      throw new AppError("output_param_not_valid", {
        field: fieldPath(field, [name]),
        rule: `is not a parameter of ${type === "image" ? "an" : "a"} ${type} output`,
        advice: `Remove it. Parameters: ${built.join(", ")}.`,
      });
    }
    if (!VALUES_WITHOUT_EFFECT.includes(`${name}:${JSON.stringify(fields[name])}`)) {
      const rule = "is not supported yet";
      const advice =
        name === "format"
          ? "Put its values into the output's name, such as mp4:720p::quality=4."
          : "Remove it.";
      throw new AppError("output_param_not_valid", { field: fieldPath(field, [name]), rule, advice });
    }
  }
}
