/** Source timestamps -> ticks, exactly as FFmpeg's `settb=1/360000` moves a frame's time. */
import { greatestCommonDivisor } from "../greatest-common-divisor.ts";
import type { Rational } from "../../contract/media-info.ts";
import { TICKS_PER_SECOND } from "../../contract/timeline.ts";

/**
 * A function from a timestamp of this time base to ticks: to the nearest, halves away from zero (`av_rescale_q`).
 * Null for a time base in which times of `MAX_TIMESTAMP` have no exact tick; no demuxer makes one.
 */
export function tickClock(timeBase: Rational): ((timestamp: number) => number) | null {
  const common = greatestCommonDivisor(timeBase.num * TICKS_PER_SECOND, timeBase.den);
  const num = (timeBase.num * TICKS_PER_SECOND) / common;
  const den = timeBase.den / common;
  // Both products below stay whole numbers that a double holds.
  if (num * den > Number.MAX_SAFE_INTEGER / 2) {
    return null;
  }
  return (timestamp) => {
    const size = Math.abs(timestamp);
    const whole = Math.floor(size / den);
    const ticks = whole * num + Math.floor(((size - whole * den) * num + Math.floor(den / 2)) / den);
    return timestamp < 0 ? -ticks : ticks;
  };
}
