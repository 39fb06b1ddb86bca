/** Where a source is cut: how many chunks, and at which of the offered cuts. All times here are output seconds. */
import { SEGMENT_SECONDS } from "../../../encoder/contract/stream.ts";
import { TICKS_PER_SECOND, type Cut, type Timeline } from "../../../encoder/contract/timeline.ts";

/** Shorter chunks cost bits: every one begins with a keyframe and a rate control that knows nothing. */
export const MIN_CHUNK_SECONDS = 14;

/** Longer ones lose too much when an encoder is lost, and leave others idle at the end. */
const MAX_CHUNK_SECONDS = 60;

/** Edges lie this far from where they are wanted at least: cuts are two seconds apart where a source is regular. */
const MIN_SLACK_SECONDS = 2;

/**
 * Encoder time of a chunk. A quarter of the two minutes that a container can be trusted for: less is lost with it, and
 * at the end of a job no slot waits long for the last chunk of another.
 */
const CHUNK_CPU_SECONDS = 30;

/**
 * Length of a chunk that has a bitrate to keep in one pass. Rate control has time to mend what it gets wrong in an
 * easy scene before a hard one, and several budgets even out: 45 s missed a rate by 4 % that 22 s met within 0.3 %.
 */
const RATED_CHUNK_SECONDS = 20;

/** How far from its place an edge may move to fall on a keyframe, as a share of the chunk: even chunks end together. */
const EDGE_TOLERANCE = 1 / 8;

/** Longest first chunk that somebody waits for. */
const MAX_EARLY_SECONDS = 2 * SEGMENT_SECONDS;

export type EdgeRules = {
  /** CPU seconds that a second of source costs. */
  cpuPerSecond: number;
  /** Chunks that are encoded at once. */
  parallelism: number;
  /** A rendition is held to a bitrate in one pass. */
  isRated: boolean;
  /** Never more chunks than this. */
  maxCount: number;
  /** Take only cuts that begin a segment of a stream. */
  beginsSegment: boolean;
  /** The first chunk is as short as a segment or two: somebody waits to play it. */
  isFirstShort: boolean;
};

type Candidate = { cut: Cut; at: number };

/** The cuts between nearly equal chunks, in order. */
export function chooseEdges(timeline: Timeline, rules: EdgeRules): Cut[] {
  const seconds = sourceSeconds(timeline);
  const candidates = timeline.cuts
    .filter((cut) => !rules.beginsSegment || isSegmentBorder(timeline, cut))
    .map((cut) => ({ cut, at: cutSeconds(timeline, cut) }));
  const spacing = seconds / (candidates.length + 1);
  const count = chunkCount(seconds, Math.max(MIN_SLACK_SECONDS, spacing), rules);
  const edges = evenEdges(candidates, seconds, count);
  return rules.isFirstShort ? [...earlyEdge(timeline, candidates, edges), ...edges] : edges;
}

/** Number of the segment that begins at the cut: the multiple of `SEGMENT_SECONDS` that its frame is the first after. */
export function segmentNumber(
  { zeroTicks }: Pick<Timeline, "zeroTicks">,
  { ticks }: Pick<Cut, "ticks">,
): number {
  return Math.floor((ticks - zeroTicks) / (SEGMENT_SECONDS * TICKS_PER_SECOND));
}

/** True when every picture of a stream has a keyframe there. */
function isSegmentBorder(timeline: Timeline, cut: Cut): boolean {
  return segmentNumber(timeline, cut) > segmentNumber(timeline, { ticks: cut.previousTicks });
}

/** An edge well before the first one; none when the first chunk is short already. */
function earlyEdge(timeline: Timeline, candidates: readonly Candidate[], [first]: readonly Cut[]): Cut[] {
  const end = first === undefined ? sourceSeconds(timeline) : cutSeconds(timeline, first);
  const early = candidates.find(
    ({ at }) => at >= SEGMENT_SECONDS && at <= MAX_EARLY_SECONDS && end - at >= SEGMENT_SECONDS,
  );
  return early === undefined ? [] : [early.cut];
}

/**
 * As few chunks as length and cost allow, rounded up to fill `parallelism` evenly, or to as many as the shortest
 * length allows. `slack` is how far edges may have to lie from where they are wanted.
 */
function chunkCount(
  seconds: number,
  slack: number,
  { cpuPerSecond, parallelism, isRated, maxCount }: EdgeRules,
): number {
  const shortest = MIN_CHUNK_SECONDS + slack;
  const byCost = CHUNK_CPU_SECONDS / cpuPerSecond;
  const byRate = isRated ? RATED_CHUNK_SECONDS : MAX_CHUNK_SECONDS;
  const longest = Math.max(shortest, Math.min(MAX_CHUNK_SECONDS - slack, byCost, byRate));
  // Two chunks of just the shortest length are still worth it.
  const most = Math.min(maxCount, Math.max(2, Math.floor(seconds / shortest)));
  const fewest = Math.min(most, Math.ceil(seconds / longest));
  const even = Math.ceil(fewest / parallelism) * parallelism;
  return even <= most ? even : most;
}

/** Fewer edges than asked for where the source offers none. */
function evenEdges(candidates: readonly Candidate[], seconds: number, count: number): Cut[] {
  const edges: Cut[] = [];
  let next = 0;
  let start = 0;
  for (let number = 1; number < count; number += 1) {
    const left = count - number;
    const from = Math.max(start + MIN_CHUNK_SECONDS, seconds - left * MAX_CHUNK_SECONDS);
    const to = Math.min(start + MAX_CHUNK_SECONDS, seconds - left * MIN_CHUNK_SECONDS);
    const wanted = (number * seconds) / count;
    const tolerance = (EDGE_TOLERANCE * seconds) / count;
    const found = bestCandidate(candidates, next, { start, end: seconds, from, to, wanted, tolerance });
    const edge = candidates[found];
    if (edge !== undefined) {
      edges.push(edge.cut);
      next = found + 1;
      start = edge.at;
    }
  }
  return edges;
}

/** Length of an output that shows the whole source. */
export function sourceSeconds({ zeroTicks, endTicks }: Timeline): number {
  return (endTicks - zeroTicks) / TICKS_PER_SECOND;
}

/** When the first frame after the cut is shown. */
export function cutSeconds({ zeroTicks }: Pick<Timeline, "zeroTicks">, cut: Cut): number {
  return (cut.ticks - zeroTicks) / TICKS_PER_SECOND;
}

/** The chunk begins at `start`; its length is right between `from` and `to`. */
type Place = { start: number; end: number; from: number; to: number; wanted: number; tolerance: number };

/** Index of the best candidate from `first` on: the best class, in it the nearest; -1 when there is none. */
function bestCandidate(candidates: readonly Candidate[], first: number, place: Place): number {
  let best = { index: -1, rank: Number.POSITIVE_INFINITY, distance: Number.POSITIVE_INFINITY };
  for (let index = first; index < candidates.length; index += 1) {
    const candidate = candidates[index];
    if (
      candidate === undefined ||
      (best.index >= 0 && candidate.at > Math.max(place.to, place.wanted + best.distance))
    ) {
      break;
    }
    const distance = Math.abs(candidate.at - place.wanted);
    const rank = rankOf(candidate, distance, place);
    if (rank !== null && (rank < best.rank || (rank === best.rank && distance < best.distance))) {
      best = { index, rank, distance };
    }
  }
  return best.index;
}

/** 0 keyframe in its place, 1 any cut in its place, 2 right length, 3 wrong length, null for slivers. */
function rankOf({ cut, at }: Candidate, distance: number, place: Place): number | null {
  if (at >= place.from && at <= place.to) {
    return distance > place.tolerance ? 2 : cut.ticks === cut.keyTicks ? 0 : 1;
  }
  const shortest = Math.min(at - place.start, place.end - at);
  return shortest < MIN_CHUNK_SECONDS / 2 ? null : 3;
}
