/** Where decoding of a span begins, so that its first frame comes out whole. */
import type { Cut } from "../../contract/timeline.ts";
import { TICKS_PER_SECOND } from "../../contract/timeline.ts";
import { secondsArg } from "../input-guards.ts";

/** Containers that are entered exactly at the keyframe that was asked for. Others need one more before it. */
const EXACTLY_ENTERED = ["mov", "matroska", "flv", "avi"];

/** A container without an index may count a keyframe's time as just past what was asked for. */
const UNINDEXED_SLACK_TICKS = TICKS_PER_SECOND / 100;

/**
 * Absolute source time in ticks at which to enter; null decodes from the beginning, which is always right. A fixed
 * rate may show the frame before the edge once more after it, and a deinterlacer looks at it: decoding then has to begin
 * before the edge.
 */
export function seekTicks(
  start: Cut | null,
  source: { formatName: string; needsFrameBefore: boolean },
): number | null {
  if (start === null) {
    return null;
  }
  const names = source.formatName.split(",");
  if (!EXACTLY_ENTERED.some((name) => names.includes(name))) {
    return start.previousKeyTicks === null ? null : start.previousKeyTicks - UNINDEXED_SLACK_TICKS;
  }
  const isBeforeEdge = start.keyTicks < start.ticks;
  return source.needsFrameBefore && !isBeforeEdge ? start.previousKeyTicks : start.keyTicks;
}

/** Flags of the input: times stay as the container has them, with or without a seek. */
export function seekArgs(ticks: number | null): string[] {
  if (ticks === null) {
    return [];
  }
  // What is decoded before the edge is cut off by its own time, exactly.
  return ["-seek_timestamp", "1", "-noaccurate_seek", "-ss", secondsArg(ticks / TICKS_PER_SECOND)];
}
