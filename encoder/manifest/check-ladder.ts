/** The look at a ladder before the first manifest is written: whether players could switch between its tracks. */
import type { Rational } from "../contract/media-info.ts";
import type { Ladder, LadderPicture, PlacedTrack } from "../contract/stream.ts";
import { endSeconds, segmentStarts } from "./track-times.ts";

/** Borders of pictures of one rate may differ by what a clock of 90 kHz rounds away, and by nothing more. */
const SAME_TIME_SECONDS = 0.001;

/** What is wrong, in words for the log; null for a sound ladder. Tracks of an open one may be of different lengths. */
export function ladderProblem(ladder: Ladder, isOpen: boolean): string | null {
  const tracks = [...ladder.pictures, ...ladder.sounds].flatMap(({ transport, fragments }) =>
    [transport, fragments].filter((track) => track !== null),
  );
  return (
    firstProblem(tracks, trackProblem) ??
    firstProblem(ladder.pictures, packagesProblem) ??
    firstProblem(ladder.pictures, (one) =>
      firstProblem(ladder.pictures, (other) => alignmentProblem(one, other, isOpen)),
    )
  );
}

function firstProblem<Item>(items: readonly Item[], problemOf: (item: Item) => string | null): string | null {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== null) {
      return problem;
    }
  }
  return null;
}

function trackProblem({ folder, segments }: PlacedTrack): string | null {
  if (segments.length === 0) {
    return `${folder} has no segments`;
  }
  const falling = segments.findIndex(({ number }, index) => number <= (segments[index - 1]?.number ?? -1));
  return falling === -1 ? null : `${folder} numbers segment ${falling} no higher than the one before`;
}

/** The same picture has the same borders in both packages. */
function packagesProblem({ transport, fragments }: LadderPicture): string | null {
  return transport && fragments && !isAlike(transport, fragments, false)
    ? `${transport.folder} and ${fragments.folder} are cut at different times`
    : null;
}

/** Different rates have no common frames to cut at and are not compared. */
function alignmentProblem(one: LadderPicture, other: LadderPicture, isOpen: boolean): string | null {
  const own = one.transport ?? one.fragments;
  const compared = other.transport ?? other.fragments;
  return own && compared && isSameRate(one.frameRate, other.frameRate) && !isAlike(own, compared, isOpen)
    ? `${own.folder} and ${compared.folder} have one frame rate and are cut at different times`
    : null;
}

function isAlike(one: PlacedTrack, other: PlacedTrack, isOpen: boolean): boolean {
  const starts = startSeconds(one);
  const otherStarts = startSeconds(other);
  const common = Math.min(starts.length, otherStarts.length);
  const isSameLength = starts.length === otherStarts.length && isSame(endSeconds(one), endSeconds(other));
  return (
    (isOpen || isSameLength) &&
    starts.slice(0, common).every((start, index) => isSame(start, otherStarts[index] ?? Infinity))
  );
}

function startSeconds(track: PlacedTrack): number[] {
  return segmentStarts(track).map((ticks) => ticks / track.ticksPerSecond);
}

function isSame(seconds: number, otherSeconds: number): boolean {
  return Math.abs(seconds - otherSeconds) <= SAME_TIME_SECONDS;
}

function isSameRate(one: Rational | null, other: Rational | null): boolean {
  return one !== null && other !== null && one.num * other.den === other.num * one.den;
}
