/**
 * Whether a source is encoded in chunks, and in which: spans of the source, and the frames of each rendition in
 * them. Pure: the same source and request give the same plan.
 */
import type { Container, VideoCodec } from "../../../encoder/contract/formats.ts";
import type { MediaInfo, Rational } from "../../../encoder/contract/media-info.ts";
import type { RenditionSpec, VideoSpec } from "../../../encoder/contract/output-spec.ts";
import { TICKS_PER_SECOND, type Cut, type Timeline } from "../../../encoder/contract/timeline.ts";
import { chooseEdges, cutSeconds, MIN_CHUNK_SECONDS, sourceSeconds } from "./chunk-edges.ts";
import { decodeCost, encodeCost } from "./encode-cost.ts";
import type { SourceSpan } from "../job-record.ts";

/** What can be joined from separately encoded pieces by copy; everything else is encoded whole. */
const JOINABLE: Readonly<Partial<Record<Container, readonly VideoCodec[]>>> = {
  mp4: ["h264", "hevc", "vp9", "av1"],
  mov: ["h264", "hevc"],
  mkv: ["h264", "hevc", "vp9", "av1"],
  webm: ["vp9", "av1"],
  mpegts: ["h264", "hevc"],
  flv: ["h264"],
};

/** Longer sources are always cut: nothing that runs for minutes survives a container that is stopped. */
const LONG_SOURCE_SECONDS = 60;

/** So are shorter ones that are this much work, if two chunks come out of it. */
const LONG_ENCODE_CPU_SECONDS = 60;

/** One process encodes no more pictures at once: they share its memory. */
const MAX_RENDITIONS_PER_CHUNK = 16;

/** Keeps the ledger of a day-long source with hundreds of renditions within what one object can go through. */
const MAX_CHUNK_TASKS = 4_000;

export type ChunkPlan = {
  spans: SourceSpan[];
  /** Renditions, by their place in the request, that one process encodes together. */
  groups: number[][];
};

/** The picture of a rendition that is encoded and can be joined, and shows the whole source; null for any other. */
export function chunkablePicture({ container, video, span }: RenditionSpec): VideoSpec | null {
  if (video === null || video.codec === "copy") {
    return null;
  }
  const isWhole = span.startSeconds === 0 && span.durationSeconds === null;
  return isWhole && (JOINABLE[container] ?? []).includes(video.codec) ? video : null;
}

/** `parallelism`: tasks that the job may run at once. `isLiveEdge`: somebody plays while it is encoded. */
export type ChunkOptions = { parallelism: number; isLiveEdge: boolean };

/**
 * The chunks of a source, or null when it is encoded whole.
 *
 * @param videos pictures that can be chunked.
 */
export function planChunks(
  timeline: Timeline | null,
  media: MediaInfo,
  videos: readonly VideoSpec[],
  { parallelism, isLiveEdge }: ChunkOptions,
): ChunkPlan | null {
  const source = media.video;
  if (timeline === null || source === null || videos.length === 0) {
    return null;
  }
  const seconds = sourceSeconds(timeline);
  const decoding = decodeCost(source);
  const costs = videos.map((video) => encodeCost(video, source));
  const total = decoding + costs.reduce((sum, cost) => sum + cost, 0);
  const isLong = seconds > LONG_SOURCE_SECONDS || total * seconds > LONG_ENCODE_CPU_SECONDS;
  if (!isLong || seconds < 2 * MIN_CHUNK_SECONDS) {
    return null;
  }
  const groups = shareOut(costs);
  const dearest = Math.max(
    ...groups.map((group) => decoding + group.reduce((sum, index) => sum + (costs[index] ?? 0), 0)),
  );
  const edges = chooseEdges(timeline, {
    cpuPerSecond: dearest,
    parallelism: Math.ceil(parallelism / groups.length),
    maxCount: Math.floor(MAX_CHUNK_TASKS / groups.length),
    isRated: videos.some(({ rate }) => rate.mode === "bitrate" && rate.passes === 1),
    beginsSegment: videos.some((video) => video.keyframeIntervalSeconds !== null),
    isFirstShort: isLiveEdge,
  });
  return edges.length === 0 ? null : { spans: spansBetween(timeline, edges), groups };
}

/** The whole source as one chunk: all pictures come from one decode. */
export function planOneChunk(timeline: Timeline, media: MediaInfo, videos: readonly VideoSpec[]): ChunkPlan {
  const source = media.video;
  const costs = videos.map((video) => (source === null ? 0 : encodeCost(video, source)));
  return { spans: spansBetween(timeline, []), groups: shareOut(costs) };
}

/** Output frames of one rendition in a span, `endFrame` the first one after it. */
export function spanFrames(
  video: VideoSpec,
  span: SourceSpan,
  frameCount: number,
): { startFrame: number; endFrame: number | null } {
  const last = video.frameRate === null ? frameCount : null;
  return {
    startFrame: span.start === null ? 0 : frameAt(video, span.start, span.zeroTicks),
    endFrame: span.end === null ? last : frameAt(video, span.end, span.zeroTicks),
  };
}

/**
 * A kept rate numbers frames as the source does. A fixed one has its first frame at or after the cut there; that of
 * a packaged rendition is a keyframe at a multiple of its interval, and the cut is the first source frame after it.
 */
function frameAt(video: VideoSpec, cut: Cut, zeroTicks: number): number {
  if (video.frameRate === null) {
    return cut.frame;
  }
  const ticks = cut.ticks - zeroTicks;
  const interval = (video.keyframeIntervalSeconds ?? 0) * TICKS_PER_SECOND;
  return firstFrameFrom(interval === 0 ? ticks : Math.floor(ticks / interval) * interval, video.frameRate);
}

function firstFrameFrom(ticks: number, { num, den }: Rational): number {
  return Math.ceil((ticks * num) / (den * TICKS_PER_SECOND));
}

/** Nearly equal rows of neighbours, each small enough for one process. */
function shareOut(costs: readonly number[]): number[][] {
  const groupCount = Math.ceil(costs.length / MAX_RENDITIONS_PER_CHUNK);
  const size = Math.ceil(costs.length / groupCount);
  return Array.from({ length: groupCount }, (_, group) =>
    costs.map((_cost, index) => index).slice(group * size, (group + 1) * size),
  );
}

function spansBetween(timeline: Timeline, edges: readonly Cut[]): SourceSpan[] {
  const { zeroTicks } = timeline;
  const borders = [null, ...edges, null];
  return borders.slice(1).map((end, index) => {
    const start = borders[index] ?? null;
    const from = start === null ? 0 : cutSeconds(timeline, start);
    const to = end === null ? sourceSeconds(timeline) : cutSeconds(timeline, end);
    return { zeroTicks, start, end, spanSeconds: to - from };
  });
}
