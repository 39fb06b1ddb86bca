/** One MP4 from a source: encode, then check that the result is what was planned. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Ffprobe } from "../contract/media-info.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import { tellsOfDamage } from "../ffmpeg/classify-failure.ts";
import { encodeArgs, type EncodePlan } from "../ffmpeg/encode-args.ts";
import type { ProbedMedia } from "../ffmpeg/probe/parse-probe.ts";
import { estimateSeconds, findFlaw, leastSeconds } from "../ffmpeg/rendition-plan.ts";
import { timelineZero, zeroStream } from "../ffmpeg/probe/source-timeline.ts";
import { FIRST_PASS_SHARE, takesTwoPasses } from "../ffmpeg/x264-args.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { probeFile, probeSource, type MediaSource } from "./probe-source.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

type EncodeWork = { source: MediaSource; rendition: RenditionSpec; threads: number };

/** The finished file in `ctx.directory`, and ffprobe's view of it. */
type EncodedRendition = { path: string; ffprobe: Ffprobe };

/**
 * Encodes and checks one rendition. Seconds of the span count from the source's first picture.
 *
 * @throws TaskFailure with a code of the source, `encode_*` or `output_check_failed`
 * @throws `signal.reason` when aborted
 */
export async function encodeRendition(work: EncodeWork, ctx: WorkContext): Promise<EncodedRendition> {
  const { rendition, threads } = work;
  const source = await probeSource(work.source, ctx);
  const expectedSeconds = estimateSeconds(rendition, source);
  if (expectedSeconds === 0) {
    throw new TaskFailure(
      { code: "encode_failed" },
      { log: "the span begins at or after the end of the source" },
    );
  }
  const path = join(ctx.directory, "rendition.mp4");
  const plan = {
    sourceUrl: work.source.url,
    formatName: source.mediaInfo.formatName,
    zeroSeconds: timelineZero(source),
    zeroStream: zeroStream(source),
    sourceFrameRate: source.mediaInfo.video?.frameRate ?? null,
    rendition,
    threads,
    outputPath: path,
  };
  const warnings = await encode(plan, expectedSeconds, ctx);
  const result = await probeFile(path, ctx, "output_check_failed");
  checkResult(rendition, { source, result, warnings });
  ctx.onProgress(1);
  return { path, ffprobe: result.ffprobe };
}

/** One pass, or two where the plan asks for them. Resolves to the warnings of the one that wrote the file. */
async function encode(
  plan: Omit<EncodePlan, "pass">,
  expectedSeconds: number | null,
  ctx: WorkContext,
): Promise<string> {
  const run = (pass: EncodePlan["pass"], from: number): Promise<string> =>
    runFfmpeg(encodeArgs({ ...plan, pass }), ctx, {
      expectedSeconds,
      wallLimitMs: wallLimitFor(expectedSeconds),
      onProgress: (fraction) =>
        ctx.onProgress(pass?.number === 1 ? FIRST_PASS_SHARE * fraction : from + (1 - from) * fraction),
    });
  const { video } = plan.rendition;
  if (video === null || !takesTwoPasses(video)) {
    return run(null, 0);
  }
  const statsName = "rendition.stats";
  await run({ number: 1, statsName }, 0);
  const warnings = await run({ number: 2, statsName }, FIRST_PASS_SHARE);
  await Promise.all(["", ".mbtree"].map((end) => rm(join(ctx.directory, statsName + end), { force: true })));
  return warnings;
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
