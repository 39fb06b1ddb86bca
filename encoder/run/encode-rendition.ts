/** One file from a source: encode, then check that the result is what was planned. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CONTAINERS } from "../contract/formats.ts";
import type { Ffprobe } from "../contract/media-info.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import type { Warning } from "../contract/warning-catalogue.ts";
import { adtsLengthArgs, parseAdtsLength } from "../ffmpeg/codec/adts-length.ts";
import { findCopyFailure } from "../ffmpeg/codec/copy-failure.ts";
import { FIRST_PASS_SHARE, takesTwoPasses } from "../ffmpeg/codec/video-codec-args.ts";
import { encodeArgs, type EncodePlan } from "../ffmpeg/encode-args.ts";
import { findWarnings, tellsOfDamage } from "../ffmpeg/find-warnings.ts";
import type { ProbedMedia } from "../ffmpeg/probe/parse-probe.ts";
import { timelineZero, zeroStream } from "../ffmpeg/probe/source-timeline.ts";
import { estimateSeconds, findFlaw, leastSeconds, trackCodecs } from "../ffmpeg/rendition-plan.ts";
import { runFfmpeg, runFfprobe, wallLimitFor } from "./ffmpeg.ts";
import { watermarkUrl, type OpenWatermarks } from "./open-watermarks.ts";
import { probeFile, probeSource, type MediaSource } from "./probe-source.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

/**
 * Said by FFmpeg's older encoders and x264 when even their coarsest picture needs more bits. A single pass then goes as
 * low as it can instead of giving up.
 */
const RATE_BELOW_REACH = /bitrate too low for this video|requested bitrate is too low/;

type EncodeWork = {
  source: MediaSource;
  rendition: RenditionSpec;
  /** As for `encodeArgs`. */
  fillsSpan?: boolean;
  threads: number;
  watermarks: OpenWatermarks;
};

/** The finished file in `ctx.directory`, ffprobe's view of it, and what was wrong with the source. */
type EncodedRendition = { path: string; ffprobe: Ffprobe; warnings: Warning[] };

/**
 * Encodes and checks one rendition. Seconds of the span count from the source's first picture.
 *
 * @throws TaskFailure with a code of the source, `copy_not_possible`, `encode_*` or `output_check_failed`
 * @throws `signal.reason` when aborted
 */
export async function encodeRendition(work: EncodeWork, ctx: WorkContext): Promise<EncodedRendition> {
  const { rendition, threads } = work;
  const { video } = rendition;
  const source = await probeSource(work.source, ctx);
  const expectedSeconds = estimateSeconds(rendition, source);
  if (expectedSeconds === 0) {
    throw new TaskFailure(
      { code: "encode_failed" },
      { log: "the span begins at or after the end of the source" },
    );
  }
  const path = join(ctx.directory, `rendition.${CONTAINERS[rendition.container].extensions[0]}`);
  const plan = {
    sourceUrl: work.source.url,
    watermarkUrl:
      video === null || video.codec === "copy" ? null : watermarkUrl(video.picture, work.watermarks),
    formatName: source.mediaInfo.formatName,
    zeroSeconds: timelineZero(source),
    zeroStream: zeroStream(source),
    sourceFrameRate: source.mediaInfo.video?.frameRate ?? null,
    rendition,
    fillsSpan: work.fillsSpan ?? false,
    codecs: trackCodecs(rendition, source),
    threads,
    outputPath: path,
  };
  const warnings = await encode(plan, expectedSeconds, ctx).catch((error: unknown) => {
    throw toCopyFailure(error, plan);
  });
  refuseCopy(plan, warnings);
  const result = await probeFile(path, ctx, "output_check_failed");
  checkResult(rendition, { source, result, warnings, seconds: await lengthOf(path, plan, result, ctx) });
  ctx.onProgress(1);
  return { path, ffprobe: result.ffprobe, warnings: findWarnings(warnings) };
}

type Plan = Omit<EncodePlan, "pass">;

/** One pass, or two where the plan asks for them. Resolves to the warnings of the one that wrote the file. */
async function encode(plan: Plan, expectedSeconds: number | null, ctx: WorkContext): Promise<string> {
  const run = (pass: EncodePlan["pass"], from: number): Promise<string> =>
    runFfmpeg(encodeArgs({ ...plan, pass }), ctx, {
      expectedSeconds,
      wallLimitMs: wallLimitFor(expectedSeconds),
      onProgress: (fraction) =>
        ctx.onProgress(pass?.number === 1 ? FIRST_PASS_SHARE * fraction : from + (1 - from) * fraction),
    });
  const { video } = plan.rendition;
  if (video === null || video.codec === "copy" || !takesTwoPasses(video, { isChunk: false })) {
    return run(null, 0);
  }
  const statsName = "rendition.stats";
  await run({ number: 1, statsName }, 0);
  const warnings = await run({ number: 2, statsName }, FIRST_PASS_SHARE).catch((error: unknown) => {
    if (error instanceof TaskFailure && RATE_BELOW_REACH.test(error.log ?? "")) {
      return run(null, FIRST_PASS_SHARE);
    }
    throw error;
  });
  const statistics = (await readdir(ctx.directory)).filter((name) => name.startsWith(statsName));
  await Promise.all(statistics.map((name) => rm(join(ctx.directory, name))));
  return warnings;
}

/** A muxer that refuses a track ends the run; `copy` is then what has to change. */
function toCopyFailure(error: unknown, { rendition, codecs }: Plan): unknown {
  if (!(error instanceof TaskFailure) || error.failure.code !== "encode_failed") {
    return error;
  }
  const failure = findCopyFailure(rendition, codecs, error.log ?? "");
  return failure === null ? error : new TaskFailure(failure, { cause: error, log: error.log ?? "" });
}

/** Some write the track all the same, as something that no player knows. */
function refuseCopy({ rendition, codecs }: Plan, warnings: string): void {
  const failure = findCopyFailure(rendition, codecs, warnings);
  if (failure !== null) {
    throw new TaskFailure(failure, { log: warnings });
  }
}

async function lengthOf(path: string, plan: Plan, result: ProbedMedia, ctx: WorkContext): Promise<number> {
  return plan.rendition.container === "aac"
    ? parseAdtsLength(await runFfprobe(adtsLengthArgs(path), ctx, "output_check_failed"))
    : (result.mediaInfo.durationSeconds ?? 0);
}

type Outcome = { source: ProbedMedia; result: ProbedMedia; warnings: string; seconds: number };

function checkResult(rendition: RenditionSpec, { source, result, warnings, seconds }: Outcome): void {
  const flaw = findFlaw(rendition, result);
  if (flaw !== null) {
    throw new TaskFailure({ code: "output_check_failed" }, { log: flaw });
  }
  const least = leastSeconds(rendition, source);
  if (seconds === 0 || seconds < least) {
    // Too short because the source broke off: no other attempt can do better.
    const code = tellsOfDamage(warnings) ? "source_not_media" : "output_check_failed";
    throw new TaskFailure({ code }, { log: `duration ${seconds} s of at least ${least} s\n${warnings}` });
  }
}
