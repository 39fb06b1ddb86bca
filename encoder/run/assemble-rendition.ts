/**
 * The encoded parts of a rendition -> one finished file, by copy: parts are fetched and appended one after the other,
 * the sound is added, and every frame of the result is accounted for.
 */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { CONTAINERS } from "../contract/formats.ts";
import type { Ffprobe, Rational } from "../contract/media-info.ts";
import type { WorkFile } from "../contract/object-store.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import type { RenditionFiles } from "../contract/task.ts";
import { findJoinFlaw } from "../ffmpeg/chunk/chunk-check.ts";
import { joinArgs, tellsOfDisorder } from "../ffmpeg/chunk/join-args.ts";
import type { PacketList } from "../ffmpeg/chunk/packet-list.ts";
import type { ProbedMedia } from "../ffmpeg/probe/parse-probe.ts";
import { isMovFamily } from "../ffmpeg/codec/container-args.ts";
import { readNumber, readObject, readText } from "../ffmpeg/probe/probe-tree.ts";
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

/**
 * A joined stream may be shorter than its parts by rounding, and by nothing that is seen or heard. A transport stream
 * tells when its last packet begins, which may hold a second of sound.
 */
const TOLERANCE_SECONDS = 0.05;
const PACKET_TOLERANCE_SECONDS = 1.5;

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
    const path = join(ctx.directory, "whole");
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
  const audioPath = files.audio ? join(ctx.directory, "sound") : null;
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
  const { container, video, audio, isFragmented } = rendition;
  if (video === null || video.codec === "copy") {
    throw new Error("only an encoded picture is joined from chunks");
  }
  const path = join(ctx.directory, `joined.${CONTAINERS[container].extensions[0]}`);
  const { frameRate } = video;
  const codecs = { video: video.codec, audio: audio?.codec ?? null };
  const { picturePath, audioPath, frameCount } = gathered;
  const sound = audioPath === null ? null : await probeFile(audioPath, ctx, "output_check_failed");
  const plan = { ...rendition, picturePath, audioPath, codecs, frameRate, outputPath: path };
  const warnings = await runFfmpeg(joinArgs(plan), ctx, {
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
  const clock = { frameRate, isExact: isMovFamily(container) && !isFragmented };
  refuse(findJoinFlaw(clock, frameCount, packets) ?? findFlaw(rendition, result));
  const tolerance = container === "mpegts" ? PACKET_TOLERANCE_SECONDS : TOLERANCE_SECONDS;
  refuse(findShortStream(result, { pictureSeconds: shownSeconds(frameRate, packets), sound, tolerance }));
  ctx.onProgress(1);
  return { path, ffprobe: result.ffprobe };
}

/** How long the frames are shown; of a variable rate, up to the beginning of the last one. */
function shownSeconds(frameRate: Rational | null, { ptsTicks, secondsPerTick }: PacketList): number {
  const ticks = (ptsTicks.at(-1) ?? 0) - (ptsTicks[0] ?? 0);
  return ticks * (secondsPerTick ?? 0) + (frameRate ? frameRate.den / frameRate.num : 0);
}

function findShortStream(
  result: ProbedMedia,
  parts: { pictureSeconds: number; sound: ProbedMedia | null; tolerance: number },
): string | null {
  // The container's, because a track's own duration counts storage times.
  const whole = result.mediaInfo.durationSeconds ?? 0;
  if (whole < parts.pictureSeconds - parts.tolerance) {
    return `the file lasts ${whole} s and its picture ${parts.pictureSeconds} s`;
  }
  const sound = streamSeconds(result, result.mediaInfo.audio?.streamIndex);
  const expected = parts.sound && streamSeconds(parts.sound, parts.sound.mediaInfo.audio?.streamIndex);
  return sound !== null && expected !== null && sound < expected - parts.tolerance
    ? `the sound lasts ${sound} s of ${expected} s`
    : null;
}

/** Of one track; null in a container that knows only its own length. */
function streamSeconds({ ffprobe }: ProbedMedia, index: number | undefined): number | null {
  const stream = ffprobe.streams.find((candidate) => readNumber(candidate, "index") === index);
  if (stream === undefined) {
    return null;
  }
  // Matroska keeps it in a tag, as hours, minutes and seconds.
  const tag = readText(readObject(stream, "tags"), "DURATION")?.split(":").map(Number) ?? [];
  const [hours = Number.NaN, minutes = 0, seconds = 0] = tag;
  const tagged = 3600 * hours + 60 * minutes + seconds;
  return readNumber(stream, "duration") ?? (Number.isFinite(tagged) ? tagged : null);
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
