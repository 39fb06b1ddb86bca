/** The H.264 level that a stream needs, and the ceiling that a level puts on its bits (ITU-T H.264, Annex A). */
import { H264_LEVELS, levelBitrateKbps, type H264LevelLimits } from "../../contract/h264-levels.ts";
import type { Rational } from "../../contract/media-info.ts";

/** With B-frames as references of B-frames, x264 asks for this many frames whatever else is set. */
const BUFFERED_FRAMES = 4;

/** Of a source that does not say: more than usual, so that the level is hardly ever too low. */
const UNKNOWN_RATE: Rational = { num: 60, den: 1 };

/** A ceiling of the bit rate over a window. */
export type RateCap = { maxrateBps: number; bufferBits: number };

type Demand = {
  widthPx: number;
  heightPx: number;
  frameRate: Rational | null;
  /** Of `VIDEO_PROFILES`. */
  profile: string;
  /** Null when nothing limits the bit rate; the level then says nothing of it. */
  cap: RateCap | null;
};

/** The lowest level that allows it, such as `3.1`; the highest one for more than any allows. */
export function h264Level({ widthPx, heightPx, frameRate, profile, cap }: Demand): string {
  const widthMb = Math.ceil(widthPx / 16);
  const heightMb = Math.ceil(heightPx / 16);
  const frameMb = widthMb * heightMb;
  const { num, den } = frameRate ?? UNKNOWN_RATE;
  const fits = (limits: H264LevelLimits): boolean => {
    const ceiling = h264Ceiling(limits.level, profile);
    return (
      frameMb <= limits.macroblocksPerFrame &&
      Math.max(widthMb, heightMb) ** 2 <= 8 * limits.macroblocksPerFrame &&
      frameMb * num <= limits.macroblocksPerSecond * den &&
      frameMb * BUFFERED_FRAMES <= limits.bufferMacroblocks &&
      (cap === null || (cap.maxrateBps <= ceiling.maxrateBps && cap.bufferBits <= ceiling.bufferBits))
    );
  };
  return ((H264_LEVELS.find(fits)?.level ?? 62) / 10).toFixed(1);
}

/** The most bits that a stream of this level may have; without bounds for a level that there is not. */
export function h264Ceiling(level: number, profile: string): RateCap {
  const limits = H264_LEVELS.find((row) => row.level === level);
  const bitrateKbps = levelBitrateKbps("h264", level, profile);
  if (limits === undefined || bitrateKbps === null) {
    return { maxrateBps: Infinity, bufferBits: Infinity };
  }
  const factor = bitrateKbps / limits.bitrateKbps;
  return { maxrateBps: bitrateKbps * 1000, bufferBits: limits.bufferKbit * factor * 1000 };
}
