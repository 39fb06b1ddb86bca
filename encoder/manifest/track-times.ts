/** Times of a published track, from its list of segments. */
import type { SegmentList } from "../contract/stream.ts";

/** Start of every segment, in the track's ticks. */
export function segmentStarts({ startTicks, segments }: SegmentList): number[] {
  let ticks = startTicks;
  return segments.map(({ durationTicks }) => {
    const start = ticks;
    ticks += durationTicks;
    return start;
  });
}

/** When the last segment ends, in seconds on the output's clock. */
export function endSeconds(list: SegmentList): number {
  const { startTicks, segments, ticksPerSecond } = list;
  return segments.reduce((ticks, segment) => ticks + segment.durationTicks, startTicks) / ticksPerSecond;
}

/**
 * Length of every segment in whole microseconds. The borders are rounded, not the lengths, so that what is left over
 * does not add up: any run of segments is as long as its media to the microsecond.
 */
export function segmentMicroseconds(list: SegmentList): number[] {
  const { ticksPerSecond, segments } = list;
  return segmentStarts(list).map((start, index) => {
    const end = start + (segments[index]?.durationTicks ?? 0);
    return toMicroseconds(end, ticksPerSecond) - toMicroseconds(start, ticksPerSecond);
  });
}

function toMicroseconds(ticks: number, ticksPerSecond: number): number {
  return Math.round((ticks / ticksPerSecond) * 1e6);
}

/** Seconds to the microsecond, such as `6.006000`. */
export function microsecondsText(microseconds: number): string {
  return (microseconds / 1e6).toFixed(6);
}

/** A segment, or a run of them, as rates are counted from it. */
export type Extent = { durationSeconds: number; sizeBytes: number };

export function segmentExtents({ ticksPerSecond, segments }: SegmentList): Extent[] {
  return segments.map(({ durationTicks, sizeBytes }) => ({
    durationSeconds: durationTicks / ticksPerSecond,
    sizeBytes,
  }));
}

/** Its keyframes alone, each shown until the next; null where one of them is not known. */
export function keyframeExtents({ ticksPerSecond, segments }: SegmentList): Extent[] | null {
  const extents = segments.flatMap(({ durationTicks, keyframeBytes }) =>
    keyframeBytes === null
      ? []
      : [{ durationSeconds: durationTicks / ticksPerSecond, sizeBytes: keyframeBytes }],
  );
  return extents.length === segments.length ? extents : null;
}
