/** Says what a file is, before anything is planned or encoded from it. */
import { stat } from "node:fs/promises";
import type { FailureCode } from "../contract/failure-catalogue.ts";
import { readSign } from "../ffmpeg/classify-failure.ts";
import { fileUrl } from "../ffmpeg/input-guards.ts";
import { explainEmptyProbe, findUnusableTrack } from "../ffmpeg/probe/judge-tracks.ts";
import { isStill, parseProbe, type ProbedMedia, withFrameOf } from "../ffmpeg/probe/parse-probe.ts";
import { probeArgs, probeStillArgs } from "../ffmpeg/probe/probe-args.ts";
import { findExceededLimit } from "../ffmpeg/probe/source-limits.ts";
import { runFfprobe, runFfprobeAloud } from "./ffmpeg.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

type ProbeContext = Pick<WorkContext, "tools" | "directory" | "signal">;

/** Where FFmpeg reads a source: what `fileUrl` gives, or an address of the loopback range cache. */
export type MediaSource = { url: string; sizeBytes: number };

/**
 * Probes a customer's file.
 *
 * @throws TaskFailure `source_empty`, `source_not_media`, `source_limits_exceeded`, `source_encrypted`,
 *   `colour_not_supported`, and `video_not_decodable` or `audio_not_decodable` of a file that has nothing else
 * @throws `signal.reason` when aborted
 */
export async function probeSource(source: MediaSource, ctx: ProbeContext): Promise<ProbedMedia> {
  if (source.sizeBytes === 0) {
    throw new TaskFailure({ code: "source_empty" });
  }
  const probed = await readSource(source, ctx).catch((error: unknown) => {
    // ffprobe reads a few megabytes of any honest file: one that uses up its time or memory was made to.
    if (error instanceof TaskFailure && error.failure.code.startsWith("encode_")) {
      const limit = "the time and memory it takes to find out what it is";
      throw new TaskFailure({ code: "source_limits_exceeded", limit }, { cause: error });
    }
    throw error;
  });
  const limit = findExceededLimit(probed.mediaInfo, probed.ffprobe);
  if (limit !== null) {
    throw new TaskFailure({ code: "source_limits_exceeded", limit });
  }
  const unusable = findUnusableTrack(probed);
  if (unusable !== null) {
    throw new TaskFailure(unusable);
  }
  return probed;
}

async function readSource({ url, sizeBytes }: MediaSource, ctx: ProbeContext): Promise<ProbedMedia> {
  const { stdout, stderrTail } = await runFfprobeAloud(probeArgs(url), ctx, "source_not_media");
  const probed = parseProbe(stdout, sizeBytes);
  if (probed === null) {
    const failure = readSign(stderrTail) ?? explainEmptyProbe(stdout) ?? { code: "source_not_media" };
    throw new TaskFailure(failure, { log: `ffprobe found no stream that can be used\n${stderrTail}` });
  }
  return isStill(probed)
    ? withFrameOf(probed, await runFfprobe(probeStillArgs(url), ctx, "source_not_media"))
    : probed;
}

/** Probes a file that the encoder made; `unmatched` is the failure when it is not readable media. */
export async function probeFile(
  path: string,
  ctx: ProbeContext,
  unmatched: FailureCode,
): Promise<ProbedMedia> {
  const { size } = await stat(path);
  const probed = parseProbe(await runFfprobe(probeArgs(fileUrl(path)), ctx, unmatched), size);
  if (probed === null) {
    throw new TaskFailure({ code: unmatched }, { log: "ffprobe found no stream that can be used" });
  }
  return probed;
}
