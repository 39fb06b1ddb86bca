/**
 * The encoded parts of a rendition -> one finished MP4, by copy: parts are fetched and appended one after the other,
 * the sound is added, and every frame of the result is accounted for.
 */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Ffprobe, Rational } from "../contract/media-info.ts";
import type { WorkFile } from "../contract/object-store.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import type { RenditionFiles } from "../contract/task.ts";
import { chunkClock } from "../ffmpeg/chunk/chunk-clock.ts";
import { findJoinFlaw } from "../ffmpeg/chunk/chunk-check.ts";
import { joinArgs, tellsOfDisorder } from "../ffmpeg/chunk/join-args.ts";
import type { PacketList } from "../ffmpeg/chunk/packet-list.ts";
import type { ProbedMedia } from "../ffmpeg/probe/parse-probe.ts";
import { readNumber } from "../ffmpeg/probe/probe-tree.ts";
import { findFlaw } from "../ffmpeg/rendition-plan.ts";
import { appendFragments } from "./append-fragments.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { listPackets } from "./list-packets.ts";
import { probeFile } from "./probe-source.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

/** Reads a stored part to a path. */
export type FetchPart = (
  file: WorkFile,
  path: string,
  onProgress: (fraction: number) => void,
) => Promise<void>;

/** What was fetched, in `directory`. */
export type GatheredRendition =
  | { type: "whole"; path: string }
  | { type: "chunked"; picturePath: string; audioPath: string | null; frameCount: number };

/** A joined stream may be shorter than its parts by rounding, and by nothing that is seen or heard. */
const TOLERANCE_SECONDS = 0.05;

/**
 * Fetches a rendition's parts into `ctx.directory`. Chunks are appended as they come, so that the disk holds the
 * picture once and one chunk besides.
 *
 * @throws what `fetch` throws, and TaskFailure `output_check_failed` for a chunk that is no fragmented MP4
 */
export async function gatherRendition(
  files: RenditionFiles,
  fetch: FetchPart,
  ctx: Pick<WorkContext, "directory" | "onProgress">,
): Promise<GatheredRendition> {
  if (files.type === "whole") {
    const path = join(ctx.directory, "whole.mp4");
    await fetch(files.file, path, ctx.onProgress);
    return { type: "whole", path };
  }
  const fetchCounted = countBytes([...files.chunks, ...(files.audio ? [files.audio] : [])], fetch, ctx);
  const picturePath = join(ctx.directory, "picture.mp4");
  const chunkPath = join(ctx.directory, "chunk.mp4");
  const picture = await open(picturePath, "w+");
  try {
    for (const chunk of files.chunks) {
      await fetchCounted(chunk, chunkPath);
      await appendFragments(chunkPath, picture);
      await rm(chunkPath);
    }
  } finally {
    await picture.close();
  }
  const audioPath = files.audio ? join(ctx.directory, "audio.mp4") : null;
  if (files.audio && audioPath) {
    await fetchCounted(files.audio, audioPath);
  }
  return { type: "chunked", picturePath, audioPath, frameCount: files.frameCount };
}

/**
 * Makes and checks the finished file in `ctx.directory`; what was gathered is gone afterwards.
 *
 * @throws TaskFailure `output_check_failed` when a frame or a stream is missing, doubled or out of order
 * @throws `signal.reason` when aborted
 */
export async function joinRendition(
  rendition: RenditionSpec,
  gathered: GatheredRendition,
  ctx: WorkContext,
): Promise<{ path: string; ffprobe: Ffprobe }> {
  if (gathered.type === "whole") {
    const result = await probeFile(gathered.path, ctx, "output_check_failed");
    refuse(findFlaw(rendition, result));
    return { path: gathered.path, ffprobe: result.ffprobe };
  }
  const path = join(ctx.directory, "joined.mp4");
  const frameRate = rendition.video?.frameRate ?? null;
  const { picturePath, audioPath, frameCount } = gathered;
  const sound = audioPath === null ? null : await probeFile(audioPath, ctx, "output_check_failed");
  const warnings = await runFfmpeg(joinArgs({ picturePath, audioPath, frameRate, outputPath: path }), ctx, {
    expectedSeconds: null,
    expectedFrames: frameCount,
    wallLimitMs: wallLimitFor(null),
    onProgress: ctx.onProgress,
  });
  // A variable rate may store a frame a tick later than its encoder said; a fixed one has no reason to.
  refuse(frameRate && tellsOfDisorder(warnings) ? warnings : null);
  await Promise.all([picturePath, ...(audioPath ? [audioPath] : [])].map((file) => rm(file)));
  const result = await probeFile(path, ctx, "output_check_failed");
  const packets = await listPackets(path, result.mediaInfo.durationSeconds, ctx);
  refuse(findJoinFlaw(frameRate, frameCount, packets) ?? findFlaw(rendition, result));
  refuse(findShortStream(result, { pictureSeconds: shownSeconds(frameRate, packets), sound }));
  ctx.onProgress(1);
  return { path, ffprobe: result.ffprobe };
}

/** How long the frames are shown; of a variable rate, up to the beginning of the last one. */
function shownSeconds(frameRate: Rational | null, { ptsTicks }: PacketList): number {
  const { trackTicksPerSecond, trackTicksPerUnit } = chunkClock(frameRate);
  return ((ptsTicks.at(-1) ?? 0) + (frameRate ? trackTicksPerUnit : 0)) / trackTicksPerSecond;
}

function findShortStream(
  result: ProbedMedia,
  parts: { pictureSeconds: number; sound: ProbedMedia | null },
): string | null {
  // The container's, because a track's own duration counts storage times.
  const whole = result.mediaInfo.durationSeconds ?? 0;
  if (whole < parts.pictureSeconds - TOLERANCE_SECONDS) {
    return `the file lasts ${whole} s and its picture ${parts.pictureSeconds} s`;
  }
  const sound = streamSeconds(result, result.mediaInfo.audio?.streamIndex);
  const expected = parts.sound ? streamSeconds(parts.sound, parts.sound.mediaInfo.audio?.streamIndex) : 0;
  return sound < expected - TOLERANCE_SECONDS ? `the sound lasts ${sound} s of ${expected} s` : null;
}

function streamSeconds({ ffprobe }: ProbedMedia, index: number | undefined): number {
  const stream = ffprobe.streams.find((candidate) => readNumber(candidate, "index") === index);
  return (stream && readNumber(stream, "duration")) ?? 0;
}

function refuse(flaw: string | null): void {
  if (flaw !== null) {
    throw new TaskFailure({ code: "output_check_failed" }, { log: flaw });
  }
}

/** Turns the progress of single files into that of all their bytes. */
function countBytes(
  files: readonly WorkFile[],
  fetch: FetchPart,
  ctx: Pick<WorkContext, "onProgress">,
): (file: WorkFile, path: string) => Promise<void> {
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  return async (file, path) => {
    const { sizeBytes } = file;
    await fetch(file, path, (fraction) => ctx.onProgress((doneBytes + fraction * sizeBytes) / totalBytes));
    doneBytes += sizeBytes;
  };
}
