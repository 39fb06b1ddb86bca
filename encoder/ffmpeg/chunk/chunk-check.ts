/** Is an encoded chunk what was planned, and is a joined picture whole? Every frame's time is looked at. */
import type { Rational } from "../../contract/media-info.ts";
import type { ChunkPart } from "../../contract/task.ts";
import { chunkClock } from "./chunk-clock.ts";
import type { SourceSpan } from "./chunk-graph.ts";
import type { PacketList } from "./packet-list.ts";

type Part = Pick<ChunkPart, "video" | "startFrame" | "endFrame">;

type Trust = {
  /**
   * Every frame of the source was decoded, so that at an end of the source, where an index and a decoder may
   * disagree, the decoder is right.
   */
  isExact: boolean;
};

/** The first way in which a chunk is not what was planned, for the log; null when it is right. */
export function findChunkFlaw(
  span: SourceSpan,
  part: Part,
  packets: PacketList,
  { isExact }: Trust,
): string | null {
  const { ptsTicks, extradataHash } = packets;
  const planned = part.endFrame === null ? null : part.endFrame - part.startFrame;
  // VP9 has no headers besides its pictures.
  if (ptsTicks.length === 0 || (extradataHash === "" && part.video.codec !== "vp9")) {
    return "no picture";
  }
  if (planned !== null && ptsTicks.length !== planned && !(isExact && isOpen(span, part))) {
    return `${ptsTicks.length} frames instead of ${planned}`;
  }
  return part.video.frameRate === null
    ? findKeptFlaw(span, ptsTicks)
    : findFixedFlaw(part.video.frameRate, part.startFrame, ptsTicks);
}

/** At the source's beginning a decoder may leave out frames; a fixed rate fills that place, and not the end's. */
function isOpen(span: SourceSpan, { video }: Part): boolean {
  return span.end === null || (span.start === null && video.frameRate === null);
}

/** How the container of a joined file keeps times. */
type JoinedClock = {
  /** Of the rendition; null for kept source times. */
  frameRate: Rational | null;
  /** Storage times are written, and the clock is that of the chunks: every frame is on its tick. */
  isExact: boolean;
};

/**
 * A container with a clock of its own rounds each time to its tick, and may move all of them alike to keep storage
 * times above zero.
 */
const ROUNDING_TICKS = 1.01;

/** The first way in which a joined picture is not whole, for the log; null when it is. */
export function findJoinFlaw(clock: JoinedClock, frameCount: number, packets: PacketList): string | null {
  const { ptsTicks, isStoredInOrder, secondsPerTick } = packets;
  if (ptsTicks.length !== frameCount) {
    return `${ptsTicks.length} frames instead of ${frameCount}`;
  }
  if (clock.isExact && !isStoredInOrder) {
    return "packets are not stored in order";
  }
  const { frameRate, isExact } = clock;
  const wrong =
    frameRate === null
      ? findRepeat(ptsTicks)
      : isExact
        ? ptsTicks.findIndex((pts, index) => pts !== index * chunkClock(frameRate).trackTicksPerUnit)
        : findUneven(ptsTicks, frameRate.den / frameRate.num / (secondsPerTick ?? Number.NaN));
  return wrong === -1 ? null : `frame ${wrong} is at tick ${ptsTicks[wrong]}`;
}

/** Index of the first frame that is not as many ticks behind the first one as it should be. */
function findUneven(ptsTicks: Float64Array, ticksPerFrame: number): number {
  const first = ptsTicks[0] ?? Number.NaN;
  return ptsTicks.findIndex(
    (pts, index) => !(Math.abs(pts - first - index * ticksPerFrame) <= ROUNDING_TICKS),
  );
}

function findFixedFlaw(frameRate: Rational, startFrame: number, ptsTicks: Float64Array): string | null {
  const { offsetTrackTicks, trackTicksPerUnit } = chunkClock(frameRate);
  const wrong = ptsTicks.findIndex(
    (pts, index) => pts !== offsetTrackTicks + (startFrame + index) * trackTicksPerUnit,
  );
  return wrong === -1 ? null : `frame ${startFrame + wrong} is at tick ${ptsTicks[wrong]}`;
}

function findKeptFlaw({ start, end, zeroTicks }: SourceSpan, ptsTicks: Float64Array): string | null {
  const { offsetTrackTicks } = chunkClock(null);
  const repeat = findRepeat(ptsTicks);
  if (repeat !== -1) {
    return `two frames at tick ${ptsTicks[repeat]}`;
  }
  const first = offsetTrackTicks + (start === null ? 0 : start.ticks - zeroTicks);
  if (ptsTicks[0] !== first) {
    return `the first frame is at tick ${ptsTicks[0]} instead of ${first}`;
  }
  const last = end === null ? null : offsetTrackTicks + end.previousTicks - zeroTicks;
  return last === null || ptsTicks.at(-1) === last
    ? null
    : `the last frame is at tick ${ptsTicks.at(-1)} instead of ${last}`;
}

/** Index of the first frame that shares its time with the one before, or has none. */
function findRepeat(ptsTicks: Float64Array): number {
  return ptsTicks.findIndex((pts, index) => !(index === 0 || pts > (ptsTicks[index - 1] ?? Number.NaN)));
}
