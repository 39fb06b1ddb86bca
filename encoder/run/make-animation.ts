/** Moving pictures of a source: excerpts of it, one after the other. */
import { join } from "node:path";
import type { AnimationSpec } from "../contract/output-spec.ts";
import {
  gifArgs,
  paletteArgs,
  webpAnimationArgs,
  type AnimationFrames,
} from "../ffmpeg/image/animation-args.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { watermarkUrl, type OpenWatermarks } from "./open-watermarks.ts";
import { probeSource, type MediaSource } from "./probe-source.ts";
import { picturePattern, soughtTimes, takePictureSeries, type PictureWork } from "./take-pictures.ts";
import type { WorkContext } from "./work-context.ts";

type AnimationWork = {
  source: MediaSource;
  animation: AnimationSpec;
  threads: number;
  watermarks: OpenWatermarks;
};

/** Share of the work that is done when all frames are taken. */
const FRAMES_SHARE = 0.7;

/**
 * Makes the moving picture and returns its path. Its frames are taken like stills, at equal distances through each
 * excerpt, and lie ready as lossless files when it is encoded.
 *
 * @throws TaskFailure `output_frame_missing` for an excerpt after the end; codes of the source; `encode_*`
 * @throws `signal.reason` when aborted
 */
export async function makeAnimation(work: AnimationWork, ctx: WorkContext): Promise<string> {
  const { animation } = work;
  const probed = await probeSource(work.source, ctx);
  const frames: PictureWork = {
    sourceUrl: work.source.url,
    sourceStreamIndex: animation.sourceStreamIndex,
    picture: animation.picture,
    watermarkUrl: watermarkUrl(animation.picture, work.watermarks),
    format: "tile",
    threads: work.threads,
    name: "frame",
    probed,
  };
  const count = await takeExcerpts(frames, animation, ctx);
  const ready = {
    frames: { framePattern: picturePattern(frames), frameRate: animation.frameRate },
    count,
  };
  return animation.format === "gif" ? encodeGif(ready, ctx) : encodeWebp(ready, ctx);
}

/** Takes the frames of all excerpts, numbered from 0 without a gap, and returns how many there are. */
async function takeExcerpts(
  frames: PictureWork,
  { excerpts, frameRate }: AnimationSpec,
  ctx: WorkContext,
): Promise<number> {
  const starts = soughtTimes(
    excerpts.map(({ startSeconds }) => startSeconds),
    frames.probed,
  );
  let taken = 0;
  for (const [index, { durationSeconds }] of excerpts.entries()) {
    const series = {
      firstSeconds: starts[index] ?? 0,
      spacingSeconds: frameRate.den / frameRate.num,
      count: Math.max(1, Math.round((durationSeconds * frameRate.num) / frameRate.den)),
    };
    const onProgress = (fraction: number) =>
      ctx.onProgress(((index + fraction) / excerpts.length) * FRAMES_SHARE);
    await takePictureSeries(frames, { series, firstNumber: taken }, { ...ctx, onProgress });
    taken += series.count;
  }
  return taken;
}

type Ready = { frames: AnimationFrames; count: number };

async function encodeGif(ready: Ready, ctx: WorkContext): Promise<string> {
  const palettePath = join(ctx.directory, "palette.png");
  const outputPath = join(ctx.directory, "animation.gif");
  const half = (FRAMES_SHARE + 1) / 2;
  await encode(paletteArgs({ ...ready.frames, palettePath }), ready, { from: FRAMES_SHARE, to: half }, ctx);
  await encode(gifArgs({ ...ready.frames, palettePath, outputPath }), ready, { from: half, to: 1 }, ctx);
  return outputPath;
}

async function encodeWebp(ready: Ready, ctx: WorkContext): Promise<string> {
  const outputPath = join(ctx.directory, "animation.webp");
  await encode(webpAnimationArgs({ ...ready.frames, outputPath }), ready, { from: FRAMES_SHARE, to: 1 }, ctx);
  return outputPath;
}

async function encode(
  args: readonly string[],
  { frames, count }: Ready,
  share: { from: number; to: number },
  ctx: WorkContext,
): Promise<void> {
  const seconds = (count * frames.frameRate.den) / frames.frameRate.num;
  await runFfmpeg(args, ctx, {
    expectedSeconds: seconds,
    wallLimitMs: wallLimitFor(seconds),
    onProgress: (fraction) => ctx.onProgress(share.from + fraction * (share.to - share.from)),
  });
  ctx.onProgress(share.to);
}
