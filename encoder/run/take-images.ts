/** Still pictures of a source. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { ImageSpec } from "../contract/output-spec.ts";
import { firstImageArgs, imageSeriesArgs, singleImageArgs } from "../ffmpeg/image-args.ts";
import { findRegularSeries, type RegularSeries } from "../ffmpeg/image-series.ts";
import type { ProbedMedia } from "../ffmpeg/probe/parse-probe.ts";
import { seekPoints } from "../ffmpeg/seek-margin.ts";
import { timelineZero } from "../ffmpeg/probe/source-timeline.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { probeSource, type MediaSource } from "./probe-source.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

type ImageWork = { source: MediaSource; image: ImageSpec; threads: number };

/** How far behind the stated end a time may lie and still mean the last frame; containers round by about a frame. */
const END_SLACK_SECONDS = 0.5;

/**
 * Takes a picture for each of `image.atSeconds`, the frame that a player shows at that time, and returns their paths
 * in that order. Times count from the source's first picture. A time at the end gives the last frame.
 *
 * @throws TaskFailure `output_frame_missing` for a time after the end; codes of the source; `encode_*`
 * @throws `signal.reason` when aborted
 */
export async function takeImages(work: ImageWork, ctx: WorkContext): Promise<string[]> {
  const probed = await probeSource(work.source, ctx);
  const zeroSeconds = timelineZero(probed);
  const endSeconds = (probed.mediaInfo.durationSeconds ?? Infinity) + END_SLACK_SECONDS;
  const atSeconds = work.image.atSeconds.map((at) => at + zeroSeconds);
  const late = atSeconds.find((at) => at > endSeconds);
  if (late !== undefined) {
    throw frameMissing(`${late} s lies after the end, ${endSeconds} s`);
  }
  const series = findRegularSeries(atSeconds);
  if (series) {
    return takeSeries(work, series, ctx);
  }
  const paths: string[] = [];
  for (const [index, at] of atSeconds.entries()) {
    paths.push(await takeOne({ ...work, probed, at, index }, ctx));
    ctx.onProgress((index + 1) / atSeconds.length);
  }
  return paths;
}

type OneImage = ImageWork & { probed: ProbedMedia; at: number; index: number };

async function takeOne(work: OneImage, ctx: WorkContext): Promise<string> {
  const { image, threads, probed, at } = work;
  const plan = { sourceUrl: work.source.url, image, threads };
  const outputPath = join(ctx.directory, `image-${work.index}.${image.format}`);
  for (const seekSeconds of seekPoints(at, probed.mediaInfo.formatName)) {
    await run(singleImageArgs({ ...plan, atSeconds: at, seekSeconds, outputPath }), { seconds: at }, ctx);
    if (await exists(outputPath)) {
      return outputPath;
    }
  }
  // Nothing begins before that time: the picture starts later than the sound, and its first frame stands for it.
  await run(firstImageArgs({ ...plan, outputPath }), { seconds: at }, ctx);
  if (await exists(outputPath)) {
    return outputPath;
  }
  throw frameMissing(`no frame could be decoded for ${at} s`);
}

async function takeSeries(work: ImageWork, series: RegularSeries, ctx: WorkContext): Promise<string[]> {
  const names = Array.from({ length: series.count }, (_, index) => `image-${index}.${work.image.format}`);
  const outputPattern = `image-%d.${work.image.format}`;
  const seconds = series.firstSeconds + series.count * series.spacingSeconds;
  // On ffmpeg's side of this run, each picture lasts one second.
  const progress = { expectedSeconds: series.count, onProgress: ctx.onProgress };
  const { image, threads } = work;
  const plan = { sourceUrl: work.source.url, image, threads, ...series, outputPattern };
  await run(imageSeriesArgs(plan), { seconds, ...progress }, ctx);
  const paths = names.map((name) => join(ctx.directory, name));
  const found = await Promise.all(paths.map(exists));
  if (found.includes(false)) {
    throw frameMissing(`${found.filter(Boolean).length} of ${series.count} pictures were taken`);
  }
  ctx.onProgress(1);
  return paths;
}

type Extent = { seconds: number; expectedSeconds?: number; onProgress?: (fraction: number) => void };

async function run(args: readonly string[], extent: Extent, ctx: WorkContext): Promise<void> {
  await runFfmpeg(args, ctx, {
    expectedSeconds: extent.expectedSeconds ?? null,
    wallLimitMs: wallLimitFor(extent.seconds),
    onProgress: extent.onProgress ?? (() => {}),
  });
}

function frameMissing(log: string): TaskFailure {
  return new TaskFailure({ code: "output_frame_missing" }, { log });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
