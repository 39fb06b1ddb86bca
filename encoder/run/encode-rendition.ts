/** One MP4 from a local source: encode, then check that the result is what was planned. */
import { join } from "node:path";
import type { Ffprobe } from "../contract/media-info.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import { tellsOfDamage } from "../ffmpeg/classify-failure.ts";
import { encodeArgs } from "../ffmpeg/encode-args.ts";
import type { ProbedMedia } from "../ffmpeg/parse-probe.ts";
import { estimateSeconds, findFlaw, leastSeconds } from "../ffmpeg/rendition-plan.ts";
import { timelineZero } from "../ffmpeg/source-timeline.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { probeFile, probeSource } from "./probe-source.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

type EncodeWork = { sourcePath: string; rendition: RenditionSpec; threads: number };

/** The finished file in `ctx.directory`, and ffprobe's view of it. */
type EncodedRendition = { path: string; ffprobe: Ffprobe };

/**
 * Encodes and checks one rendition. Seconds of the span count from the source's first picture.
 *
 * @throws TaskFailure with a code of the source, `encode_*` or `output_check_failed`
 * @throws `signal.reason` when aborted
 */
export async function encodeRendition(work: EncodeWork, ctx: WorkContext): Promise<EncodedRendition> {
  const { sourcePath, rendition, threads } = work;
  const source = await probeSource(sourcePath, ctx);
  const expectedSeconds = estimateSeconds(rendition, source);
  if (expectedSeconds === 0) {
    throw new TaskFailure(
      { code: "encode_failed" },
      { log: "the span begins at or after the end of the source" },
    );
  }
  const path = join(ctx.directory, "rendition.mp4");
  const args = encodeArgs({
    sourcePath,
    formatName: source.mediaInfo.formatName,
    zeroSeconds: timelineZero(source),
    sourceFrameRate: source.mediaInfo.video?.frameRate ?? null,
    rendition,
    threads,
    outputPath: path,
  });
  const warnings = await runFfmpeg(args, ctx, {
    expectedSeconds,
    wallLimitMs: wallLimitFor(expectedSeconds),
    onProgress: ctx.onProgress,
  });
  const result = await probeFile(path, ctx, "output_check_failed");
  checkResult(rendition, { source, result, warnings });
  ctx.onProgress(1);
  return { path, ffprobe: result.ffprobe };
}

type Outcome = { source: ProbedMedia; result: ProbedMedia; warnings: string };

function checkResult(rendition: RenditionSpec, { source, result, warnings }: Outcome): void {
  const flaw = findFlaw(rendition, result);
  if (flaw !== null) {
    throw new TaskFailure({ code: "output_check_failed" }, { log: flaw });
  }
  const seconds = result.mediaInfo.durationSeconds ?? 0;
  const least = leastSeconds(rendition, source);
  if (seconds === 0 || seconds < least) {
    // Too short because the source broke off: no other attempt can do better.
    const code = tellsOfDamage(warnings) ? "source_not_media" : "output_check_failed";
    throw new TaskFailure({ code }, { log: `duration ${seconds} s of at least ${least} s\n${warnings}` });
  }
}
