/** The shown frames of a picture, as its container lists them: what a timeline is made of. */
import type { Rational } from "../../contract/media-info.ts";

export type FrameList = {
  timeBase: Rational;
  /** Times in units of the time base, rising. */
  pts: Float64Array;
  /** 1 where decoding can begin. */
  isKey: Uint8Array;
  /** Of the last frame, in units of the time base; 0 when the container does not say. */
  lastDuration: number;
  /** How far the clock of storage ever falls back, in units of the time base; 0 when it only rises. */
  largestFallback: number;
};

/** Six days at 12 frames a second, or a day at 69. A list that is longer was made to be. */
export const MAX_FRAMES = 6_000_000;

/** The largest timestamp of either sign that is taken: two of them and a flag still fit into a double. */
export const MAX_TIMESTAMP = 2 ** 50;

/** A frame as one number, so that millions of them are sorted without an object each. */
export function packFrame(pts: number, isKey: boolean): number {
  return pts * 2 + (isKey ? 1 : 0);
}

/** Sorts packed frames in place and takes them apart. */
export function unpackFrames(packed: Float64Array): { pts: Float64Array; isKey: Uint8Array } {
  const pts = packed.sort();
  const isKey = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index += 1) {
    const frame = packed[index] ?? 0;
    pts[index] = Math.floor(frame / 2);
    isKey[index] = frame - 2 * Math.floor(frame / 2);
  }
  return { pts, isKey };
}
