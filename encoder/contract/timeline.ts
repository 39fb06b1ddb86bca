/**
 * Where a source can be cut. All times are absolute source times, as the container has them, in one unit in which
 * the frames of every usual rate fall on whole ticks. An encoder measures them once; the plan and every chunk use
 * the same integers, so that neighbours agree on their edge.
 */
import { z } from "zod";

/**
 * A multiple of 24000, 30000, 60000, 90000 and 1000: frames of 23.976 to 59.94 fps, of MPEG-TS and of Matroska fall
 * on whole ticks. Times of other clocks are rounded to the nearest tick, always from the source's own timestamp.
 */
export const TICKS_PER_SECOND = 360_000;

/** Output seconds between the cuts that are offered besides keyframes. Segments of streams last a multiple of it. */
export const CUT_GRID_SECONDS = 2;

const ticks = z.int();

/** The border between two shown frames: `frame` is the first one after it. */
export const cutSchema = z.object({
  /** 0-based number among the source's shown frames; never 0. */
  frame: z.int().positive(),
  ticks,
  /** Time of the frame before. The middle of the two is a border that no rounding can move across a frame. */
  previousTicks: ticks,
  /** The last keyframe at or before `frame`: equal to `ticks` when the frame is one itself. */
  keyTicks: ticks,
  /** The keyframe before that one; null when there is none. */
  previousKeyTicks: ticks.nullable(),
  /** It is the first frame at or after a multiple of `CUT_GRID_SECONDS` on the outputs' clock. */
  isOnGrid: z.boolean(),
});
export type Cut = z.infer<typeof cutSchema>;

export const timelineSchema = z.object({
  /** Where the outputs' clock starts: the first picture, or the earliest stream if the picture is meant to be late. */
  zeroTicks: ticks,
  frameCount: z.int().positive(),
  firstTicks: ticks,
  /** End of the last frame. */
  endTicks: ticks,
  /** In order, at most `MAX_CUTS`. */
  cuts: z.array(cutSchema),
});
export type Timeline = z.infer<typeof timelineSchema>;

/** Keeps a day-long source's report below a few hundred kilobytes. */
export const MAX_CUTS = 4_000;
