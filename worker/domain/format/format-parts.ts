/** The smallest pieces of a format string: how a list of specs is taken apart, and resolutions and bitrates. */
import type { Resolution } from "../job-spec.ts";
import { RESOLUTION_PRESETS } from "./output-presets.ts";
import { shortened } from "../shown-value.ts";

/** Throws; `rule` ends a sentence that begins with the format. */
export type Refuse = (rule: string) => never;

/** Smaller pictures cannot be encoded by every codec, larger ones are beyond 8K. */
const MIN_SIDE_PX = 16;
const MAX_SIDE_PX = 8192;

/**
 * Sorts `a_b_c`, in any order, by kind: the first kind whose test says yes. `track` names the part in errors.
 * An empty part has no specs.
 */
export function sortSpecs<Kind extends string>(
  part: string,
  track: string,
  tests: Record<Kind, (spec: string) => boolean>,
  refuse: Refuse,
): Partial<Record<Kind, string>> {
  const sorted: Partial<Record<Kind, string>> = {};
  // SAFETY: the keys of a literal record of tests are its kinds.
  const kinds = Object.keys(tests) as Kind[];
  for (const spec of part === "" ? [] : part.split("_")) {
    const kind = kinds.find((candidate) => tests[candidate](spec));
    if (kind === undefined) {
      return refuse(`has an unknown ${track} part '${shortened(spec)}' (known: ${kinds.join(", ")})`);
    }
    if (sorted[kind] !== undefined) {
      return refuse(`has two values for the ${track} ${kind}: '${sorted[kind]}' and '${shortened(spec)}'`);
    }
    sorted[kind] = spec;
  }
  return sorted;
}

/** True for presets and for `1280x720`, `1280x`, `x720` and `0x720`. */
export function isResolution(spec: string): boolean {
  return Object.hasOwn(RESOLUTION_PRESETS, spec) || /^\d*x\d*$/.test(spec);
}

/** An absent side and 0 follow the aspect ratio. */
export function parseResolution(spec: string, refuse: Refuse): Resolution {
  const preset = Object.hasOwn(RESOLUTION_PRESETS, spec) ? RESOLUTION_PRESETS[spec] : undefined;
  if (preset !== undefined) {
    return preset.resolution;
  }
  const match = /^(\d*)x(\d*)$/.exec(spec);
  if (match === null) {
    const names = Object.keys(RESOLUTION_PRESETS).join(", ");
    return refuse(`has an unknown resolution '${shortened(spec)}' (use ${names}, 1280x720, 1280x or x720)`);
  }
  return { widthPx: parseSide(match[1] ?? "", refuse), heightPx: parseSide(match[2] ?? "", refuse) };
}

/** `2000k` in bits per second. */
export function parseBitrate(
  spec: string,
  name: string,
  minKbps: number,
  maxKbps: number,
  refuse: Refuse,
): number {
  const kbps = Number(/^(\d+)k$/.exec(spec)?.[1] ?? Number.NaN);
  return kbps >= minKbps && kbps <= maxKbps
    ? kbps * 1000
    : refuse(`has ${name} '${shortened(spec)}', which must be from ${minKbps}k to ${maxKbps}k`);
}

function parseSide(digits: string, refuse: Refuse): number | null {
  const sidePx = Number(digits);
  if (sidePx === 0) {
    return null;
  }
  return sidePx >= MIN_SIDE_PX && sidePx <= MAX_SIDE_PX
    ? sidePx
    : refuse(
        `has a side of ${shortened(digits)} pixels, which must be from ${MIN_SIDE_PX} to ${MAX_SIDE_PX}`,
      );
}
