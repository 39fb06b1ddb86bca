/** The frame rate of an output: the source's own times where codec and container keep them, else a constant rate. */
import {
  CONSTANT_RATE_CONTAINERS,
  MPEG_FRAME_RATES,
  VIDEO_CODEC_FACTS,
  type Container,
  type VideoCodec,
} from "../../../encoder/contract/formats.ts";
import type { Rational } from "../../../encoder/contract/media-info.ts";

/** Of a source that does not say. */
const ASSUMED_RATE: Rational = { num: 25, den: 1 };

/** Averages of this many frames a second are mistakes of the file more often than not; so are slower ones than the least. */
const MAX_CLASSIC_FPS = 60;
const MAX_FPS = 240;
const MIN_FPS = 1;

/** An average this near to a usual rate is meant to be it. */
const USUAL_TOLERANCE = 0.001;
const USUAL_RATES: readonly Rational[] = [
  ...[10, 12, 15, 20].map((num) => ({ num, den: 1 })),
  ...MPEG_FRAME_RATES,
  ...[48, 90, 100, 120, 144, 240].map((num) => ({ num, den: 1 })),
  { num: 120_000, den: 1001 },
];

/** Decimals of an unusual rate: MPEG-4 writes numerator and denominator in 16 bits each. */
const RATE_DENOMINATOR = 1_000;

/**
 * Null keeps the source's frame times.
 *
 * @param wanted the format's rate; null for the source's.
 * @param average the source's average rate; null when unknown.
 */
export function resolveFrameRate(
  { codec, container }: { codec: VideoCodec; container: Container },
  wanted: Rational | null,
  average: Rational | null,
): Rational | null {
  if (codec === "mpeg1video" || codec === "mpeg2video") {
    return nearestRate(MPEG_FRAME_RATES, wanted ?? average ?? ASSUMED_RATE);
  }
  const { keepsFrameTimes, hasBitrate, hasQuality } = VIDEO_CODEC_FACTS[codec];
  const keepsTimes = keepsFrameTimes && !CONSTANT_RATE_CONTAINERS.includes(container);
  if (wanted !== null || keepsTimes) {
    return wanted;
  }
  const isClassic = hasBitrate && !hasQuality;
  return plausibleRate(average ?? ASSUMED_RATE, isClassic ? MAX_CLASSIC_FPS : MAX_FPS);
}

function plausibleRate(average: Rational, maxFps: number): Rational {
  const fps = Math.min(maxFps, Math.max(MIN_FPS, fpsOf(average)));
  const usual = nearestRate(USUAL_RATES, { num: fps, den: 1 });
  return Math.abs(fpsOf(usual) - fps) <= USUAL_TOLERANCE * fps
    ? usual
    : { num: Math.round(fps * RATE_DENOMINATOR), den: RATE_DENOMINATOR };
}

function nearestRate(rates: readonly Rational[], wanted: Rational): Rational {
  const distance = (rate: Rational) => Math.abs(fpsOf(rate) - fpsOf(wanted));
  return rates.reduce((best, rate) => (distance(rate) < distance(best) ? rate : best), rates[0] ?? wanted);
}

const fpsOf = ({ num, den }: Rational): number => num / den;
