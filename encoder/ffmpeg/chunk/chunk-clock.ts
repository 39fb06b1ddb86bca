/**
 * The clock of a rendition's chunks. Every chunk carries the times of the finished output plus one offset, so that
 * chunks are joined by appending them.
 */
import { greatestCommonDivisor } from "../greatest-common-divisor.ts";
import type { Rational } from "../../contract/media-info.ts";
import { TICKS_PER_SECOND } from "../../contract/timeline.ts";

/**
 * B-frames are stored before they are shown, and a fragmented MP4 has no place for a storage time below zero. Ten
 * seconds is more than any encoder looks ahead.
 */
const MIN_OFFSET_SECONDS = 10;

/** Coarser clocks round the start of the sound away when they are joined. */
const MIN_TRACK_TICKS_PER_SECOND = 10_000;

/** FFmpeg's own resolution of seconds on its command line. */
const MICROSECONDS = 1_000_000;

export type ChunkClock = {
  /** Of the MP4 track; a multiple of the rate, so that every frame falls on a tick. */
  trackTicksPerSecond: number;
  /** What is added to each time, in frames of a fixed rate or ticks of a kept one. */
  offsetUnits: number;
  /** The same in track ticks and in seconds, a whole number of microseconds. */
  offsetTrackTicks: number;
  offsetSeconds: number;
  /** Track ticks of one frame of a fixed rate, or of one tick of a kept one. */
  trackTicksPerUnit: number;
};

/** The clock of a fixed rate, or of kept source times for null. */
export function chunkClock(frameRate: Rational | null): ChunkClock {
  const { num, den } = frameRate ?? { num: TICKS_PER_SECOND, den: 1 };
  const trackTicksPerSecond = num * Math.ceil(MIN_TRACK_TICKS_PER_SECOND / num);
  const trackTicksPerUnit = (trackTicksPerSecond / num) * den;
  // So many frames last a whole number of microseconds.
  const step = num / greatestCommonDivisor(num, den * MICROSECONDS);
  const offsetUnits = step * Math.ceil((MIN_OFFSET_SECONDS * num) / den / step);
  return {
    trackTicksPerSecond,
    offsetUnits,
    offsetTrackTicks: offsetUnits * trackTicksPerUnit,
    offsetSeconds: (offsetUnits * den) / num,
    trackTicksPerUnit,
  };
}
