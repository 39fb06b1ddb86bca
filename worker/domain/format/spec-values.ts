/** What the texts of single specs mean. Each parser reports what is wrong and then gives undefined. */
import type { Rational } from "../../../encoder/contract/media-info.ts";
import type { Resolution } from "../job-spec.ts";
import { didYouMean, nameList } from "../name-list.ts";
import { shortened } from "../shown-value.ts";
import { SPEC_LABELS, type Report, type SpecName } from "./format-specs.ts";
import { FRAME_RATES, RESOLUTION_PRESETS, SAMPLE_RATES_HZ } from "./output-presets.ts";
import type { Quality } from "./quality-table.ts";

/** Smaller pictures cannot be encoded by every codec, larger ones are beyond 8K. */
const MIN_SIDE_PX = 16;
const MAX_SIDE_PX = 8192;

/** Nobody wants a picture of 264 lines; many mean the codec. */
const ENCODER_NAMES: readonly string[] = ["x264", "x265"];

/** True for presets and for `1280x720`, `1280x`, `x720` and `0x720`. */
export function isResolution(text: string): boolean {
  return Object.hasOwn(RESOLUTION_PRESETS, text) || /^(\d+x\d*|x\d+)$/.test(text);
}

/** An absent side and 0 follow the aspect ratio; absent and `x` on its own stand for the source's size. */
export function parseResolution(text = "x", report: Report): Resolution | undefined {
  const preset = Object.hasOwn(RESOLUTION_PRESETS, text) ? RESOLUTION_PRESETS[text] : undefined;
  if (preset !== undefined) {
    return preset.resolution;
  }
  const match = /^(\d*)x(\d*)$/.exec(text);
  if (match === null) {
    const names = nameList([...Object.keys(RESOLUTION_PRESETS), "1280x720", "1280x", "x720"], "or");
    report(`has an unknown resolution '${shortened(text)}' (use ${names})`, {
      spec: "resolution",
      advice: didYouMean(text, Object.keys(RESOLUTION_PRESETS)),
    });
    return undefined;
  }
  if (ENCODER_NAMES.includes(text)) {
    const advice = `Write ${text.replace("x", "h")} for the codec, or 0${text} for the height.`;
    report(`has '${text}', which reads as a height of ${text.slice(1)} pixels`, {
      spec: "resolution",
      advice,
    });
    return undefined;
  }
  const widthPx = parseSide(match[1] ?? "", report);
  const heightPx = parseSide(match[2] ?? "", report);
  return widthPx === undefined || heightPx === undefined ? undefined : { widthPx, heightPx };
}

function parseSide(digits: string, report: Report): number | null | undefined {
  const sidePx = Number(digits);
  if (sidePx === 0) {
    return null;
  }
  if (sidePx >= MIN_SIDE_PX && sidePx <= MAX_SIDE_PX) {
    return sidePx;
  }
  const rule = `has a side of ${shortened(digits)} pixels, which must be from ${MIN_SIDE_PX} to ${MAX_SIDE_PX}`;
  report(rule, { spec: "resolution" });
  return undefined;
}

/** Kbit/s, and what has these limits, such as ` for mp3 at 22050hz`. */
export type BitrateLimits = { min: number; max: number; of?: string };

/** `2000k` in bits per second. */
export function parseBitrate(
  text: string,
  spec: SpecName,
  { min, max, of = "" }: BitrateLimits,
  report: Report,
): number | undefined {
  const kbps = Number(/^(\d+)k$/.exec(text)?.[1] ?? Number.NaN);
  if (kbps >= min && kbps <= max) {
    return kbps * 1000;
  }
  report(`has ${SPEC_LABELS[spec]} '${shortened(text)}', which must be from ${min}k to ${max}k${of}`, {
    spec,
  });
  return undefined;
}

/** Null keeps the source's rate. */
export function parseFrameRate(text: string | undefined, report: Report): Rational | null | undefined {
  if (text === undefined) {
    return null;
  }
  const name = /^([\d.]+)fps$/.exec(text)?.[1] ?? "";
  const rate = Object.hasOwn(FRAME_RATES, name) ? FRAME_RATES[name] : undefined;
  if (rate === undefined) {
    const names = frameRateNames(() => true);
    report(`has frame rate '${shortened(text)}', which must be ${nameList(names, "or")}`, { spec: "fps" });
  }
  return rate;
}

/** `15fps`, `23.98fps` and so on, ascending. */
export function frameRateNames(isWanted: (rate: Rational | null) => boolean): string[] {
  return Object.entries(FRAME_RATES)
    .filter(([, rate]) => isWanted(rate))
    .map(([name]) => name)
    .toSorted((a, b) => Number(a) - Number(b))
    .map((name) => `${name}fps`);
}

/** `allowed` is what the codec knows; `codec` is for the message. */
export function parseSampleRate(
  text: string,
  codec: string,
  allowed: readonly number[] | null,
  report: Report,
): number | undefined {
  const rateHz = Number(/^(\d+)hz$/.exec(text)?.[1] ?? Number.NaN);
  const rates = allowed ?? SAMPLE_RATES_HZ;
  if (rates.includes(rateHz)) {
    return rateHz;
  }
  const names = rates.map((rate) => `${rate}hz`);
  report(`has sample rate '${shortened(text)}', which for ${codec} must be ${nameList(names, "or")}`, {
    spec: "sample_rate",
  });
  return undefined;
}

export function parseQuality(text: string, report: Report): Quality | undefined {
  if (/^[1-5]$/.test(text)) {
    // SAFETY: the pattern leaves the five numbers of the type.
    return Number(text) as Quality;
  }
  report(`has quality '${shortened(text)}', which must be from 1 to 5`, { spec: "quality" });
  return undefined;
}
