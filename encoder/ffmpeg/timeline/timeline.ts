/** The shown frames of a picture -> where it can be cut. */
import {
  CUT_GRID_SECONDS,
  MAX_CUTS,
  TICKS_PER_SECOND,
  type Cut,
  type Timeline,
} from "../../contract/timeline.ts";
import { SEGMENT_SECONDS } from "../../contract/stream.ts";
import type { FrameList } from "./frame-list.ts";
import { MUXER_DELAY_SECONDS } from "../probe/source-timeline.ts";
import { tickClock } from "./tick-clock.ts";

/** A picture that rests for longer is a clock that jumped, or cannot be told from one. */
const MAX_STEP_TICKS = 10 * TICKS_PER_SECOND;

/** With a single keyframe every chunk decodes the source from its beginning; that pays for a short one only. */
const MAX_LONE_KEYFRAME_TICKS = 60 * TICKS_PER_SECOND;

/** Chunks are many times longer, so keyframes that follow each other more closely add nothing. */
const MIN_KEYFRAME_SPACING_TICKS = TICKS_PER_SECOND / 2;

/** Twice what a source may claim to last. What lasts longer has forged times. */
const MAX_LENGTH_TICKS = 48 * 3600 * TICKS_PER_SECOND;

const GRID_TICKS = CUT_GRID_SECONDS * TICKS_PER_SECOND;
const SEGMENT_TICKS = SEGMENT_SECONDS * TICKS_PER_SECOND;

/** What ffprobe says of the beginning: of the picture in units of its time base, and of the earliest stream. */
type Starts = { startPts: number; containerStartSeconds: number };

/**
 * The timeline of a picture; null when it cannot be cut: fewer than two frames, times that are doubled or jump, no
 * keyframe where one is needed.
 */
export function buildTimeline(frames: FrameList, starts: Starts): Timeline | null {
  const toTicks = tickClock(frames.timeBase);
  const { pts, isKey } = frames;
  if (toTicks === null || pts.length < 2) {
    return null;
  }
  const ticks = pts.map(toTicks);
  const firstTicks = ticks[0] ?? 0;
  const lastTicks = ticks.at(-1) ?? 0;
  const steps = stepsOf(ticks);
  const usualStep = steps[steps.length >> 1] ?? 0;
  if ((steps[0] ?? 0) <= 0 || (steps.at(-1) ?? 0) > MAX_STEP_TICKS) {
    return null;
  }
  if (lastTicks - firstTicks > MAX_LENGTH_TICKS) {
    return null;
  }
  if (toTicks(frames.largestFallback) > usualStep || !hasKeyframes(isKey, lastTicks - firstTicks)) {
    return null;
  }
  const zeroTicks = zeroOf(toTicks(starts.startPts), starts.containerStartSeconds);
  // Frames from before the beginning: what becomes of them, only the encode knows.
  if (firstTicks < zeroTicks) {
    return null;
  }
  const lastDuration = toTicks((pts.at(-1) ?? 0) + frames.lastDuration) - lastTicks;
  const endTicks =
    lastTicks + (lastDuration > 0 && lastDuration <= MAX_STEP_TICKS ? lastDuration : usualStep);
  const cuts = thinOut(findCuts({ ticks, isKey, zeroTicks, minStep: usualStep / 2 }), {
    zeroTicks,
    firstTicks,
    endTicks,
  });
  return { zeroTicks, frameCount: ticks.length, firstTicks, endTicks, cuts };
}

/** Times between neighbours, from the shortest to the longest. */
function stepsOf(ticks: Float64Array): Float64Array {
  return ticks
    .subarray(1)
    .map((time, index) => time - (ticks[index] ?? 0))
    .sort();
}

function hasKeyframes(isKey: Uint8Array, lengthTicks: number): boolean {
  const first = isKey.indexOf(1);
  return first !== -1 && (isKey.indexOf(1, first + 1) !== -1 || lengthTicks <= MAX_LONE_KEYFRAME_TICKS);
}

/** The rule of `timelineZero`, on ticks: a picture that is meant to be late keeps the file's start as its zero. */
function zeroOf(pictureTicks: number, containerStartSeconds: number): number {
  const fileTicks = Math.round(containerStartSeconds * TICKS_PER_SECOND);
  const late = pictureTicks - fileTicks;
  // One tick is what the file's start in microseconds may be off.
  return late >= -1 && late <= MUXER_DELAY_SECONDS * TICKS_PER_SECOND ? pictureTicks : fileTicks;
}

type Frames = { ticks: Float64Array; isKey: Uint8Array; zeroTicks: number; minStep: number };

/** Every keyframe, not too densely, and the first frame at or after every multiple of the grid. */
function findCuts({ ticks, isKey, zeroTicks, minStep }: Frames): Cut[] {
  const cuts: Cut[] = [];
  const gridAt = (time: number): number => Math.floor((time - zeroTicks) / GRID_TICKS);
  let [keyTicks, previousKeyTicks]: [number | null, number | null] = [null, null];
  let lastKeyCut = Number.NEGATIVE_INFINITY;
  for (let frame = 0; frame < ticks.length; frame += 1) {
    const time = ticks[frame] ?? 0;
    const before = ticks[frame - 1] ?? time;
    if (isKey[frame] === 1) {
      [keyTicks, previousKeyTicks] = [time, keyTicks];
    }
    const isOnGrid = gridAt(time) > gridAt(before);
    const isSpacedKey = keyTicks === time && time - lastKeyCut >= MIN_KEYFRAME_SPACING_TICKS;
    // A whole number lies strictly between two neighbours only when they are two ticks apart.
    const isApart = time - before >= Math.max(2, minStep);
    if (frame > 0 && keyTicks !== null && isApart && (isOnGrid || isSpacedKey)) {
      cuts.push({ frame, ticks: time, previousTicks: before, keyTicks, previousKeyTicks, isOnGrid });
      lastKeyCut = isSpacedKey ? time : lastKeyCut;
    }
  }
  return cuts;
}

/**
 * At most `MAX_CUTS`, evenly over the source: one of every span of equal length, where a segment of a stream begins if
 * there is one, else on the grid.
 */
function thinOut(
  cuts: Cut[],
  { zeroTicks, firstTicks, endTicks }: Pick<Timeline, "zeroTicks" | "firstTicks" | "endTicks">,
): Cut[] {
  if (cuts.length <= MAX_CUTS) {
    return cuts;
  }
  const segmentAt = (time: number): number => Math.floor((time - zeroTicks) / SEGMENT_TICKS);
  const rank = (cut: Cut): number =>
    (segmentAt(cut.ticks) > segmentAt(cut.previousTicks) ? 4 : 0) +
    (cut.isOnGrid ? 2 : 0) +
    (cut.keyTicks === cut.ticks ? 1 : 0);
  const best = new Map<number, Cut>();
  for (const cut of cuts) {
    const span = Math.floor(((cut.ticks - firstTicks) / (endTicks - firstTicks)) * MAX_CUTS);
    const rival = best.get(span);
    if (rival === undefined || rank(cut) > rank(rival)) {
      best.set(span, cut);
    }
  }
  return [...best.values()];
}
