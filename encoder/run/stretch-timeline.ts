/** Where the segments of one stretch of a picture begin and end, and the check that they are what was planned. */
import type { StretchPicture } from "../contract/task.ts";
import { chunkClock } from "../ffmpeg/chunk/chunk-clock.ts";
import { shownTicks } from "../ffmpeg/stream/fragment-timeline.ts";
import type { Sample } from "../ffmpeg/stream/read-fragment.ts";
import type { FragmentFile } from "./fragment-file.ts";
import { checkFailed } from "./task-failure.ts";

export type StretchTimeline = {
  ticksPerSecond: number;
  codec: string;
  /** What the file's times exceed the stream's by. */
  offsetTicks: number;
  /** On the stream's clock: starts of all segments, and the end of the last one. */
  starts: [number, ...number[]];
  endTicks: number;
};

type Plan = Pick<StretchPicture, "type" | "frameRate"> & { spanSeconds: number | null };

/**
 * Reads the times of all fragments. The last picture of a fixed rate is shown as long as any other; with kept source times
 * it lasts to the end of the span, if that is known.
 *
 * @throws TaskFailure `output_check_failed` when a fragment does not begin with its only keyframe, or fragments overlap
 */
export async function readStretchTimeline(
  { init, fragments }: FragmentFile,
  plan: Plan,
): Promise<StretchTimeline> {
  const { ticksPerSecond, codec } = init;
  const starts: number[] = [];
  let last: { ticks: number; durationTicks: number } | null = null;
  for await (const { samples } of fragments()) {
    checkKeyframes(samples);
    const times = shownTicks(samples);
    const [first = 0] = times;
    if (times.some((time, index) => time <= (times[index - 1] ?? last?.ticks ?? -Infinity))) {
      throw checkFailed(`pictures of the segment at ${first} ticks are not shown one after the other`);
    }
    starts.push(first);
    last = { ticks: times.at(-1) ?? first, durationTicks: lastDuration(samples) };
  }
  const [first, ...rest] = starts;
  if (first === undefined || last === null) {
    throw checkFailed("a stretch has no pictures");
  }
  // A whole file begins at zero, an edit list apart; a chunk carries its own clock.
  const offsetTicks =
    plan.type === "whole" ? first : Math.round(chunkClock(plan.frameRate).offsetSeconds * ticksPerSecond);
  const endTicks = endOf(plan, { ticksPerSecond, firstTicks: first, last }) - offsetTicks;
  if (first < offsetTicks) {
    throw checkFailed("a stretch begins before the stream");
  }
  return {
    ticksPerSecond,
    codec,
    offsetTicks,
    starts: [first - offsetTicks, ...rest.map((ticks) => ticks - offsetTicks)],
    endTicks,
  };
}

function checkKeyframes([first, ...rest]: readonly [Sample, ...Sample[]]): void {
  const others = rest.filter(({ isKey }) => isKey).length;
  if (!first.isKey || others > 0 || rest.some(({ ptsTicks }) => ptsTicks < first.ptsTicks)) {
    throw checkFailed(`the segment at ${first.ptsTicks} ticks is not one group of pictures`);
  }
}

/** Of the picture that is shown last. */
function lastDuration(samples: readonly Sample[]): number {
  const last = samples.reduce((latest, sample) => (sample.ptsTicks > latest.ptsTicks ? sample : latest));
  return Math.max(1, last.durationTicks);
}

function endOf(
  { frameRate, spanSeconds }: Plan,
  track: { ticksPerSecond: number; firstTicks: number; last: { ticks: number; durationTicks: number } },
): number {
  const { ticksPerSecond, firstTicks, last } = track;
  if (frameRate) {
    return last.ticks + Math.round((ticksPerSecond * frameRate.den) / frameRate.num);
  }
  const planned = spanSeconds === null ? 0 : firstTicks + Math.round(spanSeconds * ticksPerSecond);
  return planned > last.ticks ? planned : last.ticks + last.durationTicks;
}
