/** Finds out where a source can be cut. An MP4's index is read by itself; of other files every byte is read once. */
import type { Timeline } from "../contract/timeline.ts";
import { findCuttableStream, type CuttableStream } from "../ffmpeg/timeline/cuttable-stream.ts";
import type { FrameList } from "../ffmpeg/timeline/frame-list.ts";
import { readMovIndex } from "../ffmpeg/timeline/mov-index.ts";
import { createPacketIndex, packetIndexArgs } from "../ffmpeg/timeline/packet-index.ts";
import type { ProbedMedia } from "../ffmpeg/probe/parse-probe.ts";
import { buildTimeline } from "../ffmpeg/timeline/timeline.ts";
import { readFfprobeLines } from "./ffmpeg.ts";
import type { MediaSource } from "./probe-source.ts";
import { readMoov, type ReadBytes } from "./read-moov.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

type IndexContext = Pick<WorkContext, "tools" | "directory" | "signal">;

type IndexedSource = MediaSource & { read: ReadBytes };

/**
 * The timeline of the source's picture. Null when it has none or cannot be cut: such a source is encoded in one
 * piece, which also finds out whether it is damaged.
 *
 * @throws what `source.read` throws
 * @throws `signal.reason` when aborted
 */
export async function indexSource(
  source: IndexedSource,
  probed: ProbedMedia,
  ctx: IndexContext,
): Promise<Timeline | null> {
  const stream = findCuttableStream(probed);
  if (stream === null) {
    return null;
  }
  const frames = await listFrames(source, stream, ctx);
  return frames && buildTimeline(frames, stream);
}

async function listFrames(
  source: IndexedSource,
  stream: CuttableStream,
  ctx: IndexContext,
): Promise<FrameList | null> {
  if (stream.container !== "mov") {
    return listShownPackets(source, stream, ctx);
  }
  const reading = await readMoov(source, ctx.signal);
  if (reading.state === "truncated") {
    return null;
  }
  const frames = reading.state === "read" ? readMovIndex(reading.moov, stream.trackId) : null;
  // FFmpeg has to see the same beginning in it.
  const isSame = frames !== null && isSameBase(frames, stream) && frames.pts[0] === stream.startPts;
  return isSame ? frames : listShownPackets(source, stream, ctx);
}

function isSameBase({ timeBase }: FrameList, stream: CuttableStream): boolean {
  return timeBase.num === stream.timeBase.num && timeBase.den === stream.timeBase.den;
}

async function listShownPackets(
  source: MediaSource,
  stream: CuttableStream,
  ctx: IndexContext,
): Promise<FrameList | null> {
  const index = createPacketIndex(stream);
  const useless = new AbortController();
  const around = { ...ctx, signal: AbortSignal.any([ctx.signal, useless.signal]) };
  try {
    await readFfprobeLines(packetIndexArgs(source.url, stream.streamIndex), around, {
      mediaSeconds: stream.durationSeconds,
      unmatched: "source_not_media",
      onLine: (line) => {
        if (!index.add(line)) {
          useless.abort();
        }
      },
    });
  } catch (error) {
    ctx.signal.throwIfAborted();
    // No packet list, no cuts. What is wrong with the source, the encode tells better.
    if (useless.signal.aborted || error instanceof TaskFailure) {
      return null;
    }
    throw error;
  }
  return index.finish();
}
