/** The frames that a player shows at given times, each as a picture file: the ground of stills, sprites and animations. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import {
  firstPictureArgs,
  pictureSeriesArgs,
  singlePictureArgs,
  type PictureSource,
} from "../ffmpeg/image/image-args.ts";
import type { RegularSeries } from "../ffmpeg/image/image-series.ts";
import { pictureExtension } from "../ffmpeg/image/picture-codec-args.ts";
import type { ProbedMedia } from "../ffmpeg/probe/parse-probe.ts";
import { pictureOnlyDelay, timelineZero } from "../ffmpeg/probe/source-timeline.ts";
import { seekPoints } from "../ffmpeg/seek-margin.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

/** Pictures of one source. Their files are `<name>-<number>.<extension>` in the work's directory. */
export type PictureWork = PictureSource & { name: string; probed: ProbedMedia };

/** How far behind the stated end a time may lie and still mean the last frame; containers round by about a frame. */
const END_SLACK_SECONDS = 0.5;

/**
 * Times that count from the source's first picture, as FFmpeg counts them: from the earliest stream of the file.
 *
 * @throws TaskFailure `output_frame_missing` for a time after the end
 */
export function soughtTimes(seconds: readonly number[], probed: ProbedMedia): number[] {
  const zeroSeconds = timelineZero(probed);
  const endSeconds = (probed.mediaInfo.durationSeconds ?? Infinity) + END_SLACK_SECONDS;
  const atSeconds = seconds.map((at) => at + zeroSeconds);
  const late = atSeconds.find((at) => at > endSeconds);
  if (late !== undefined) {
    throw frameMissing(`${late} s lies after the end, ${endSeconds} s`);
  }
  return atSeconds;
}

/** The names of the work's files as ffmpeg reads and writes them in one go, in its working directory. */
export function picturePattern(work: PictureWork): string {
  return fileName(work, "%d");
}

/**
 * Takes the picture at this time, counted from FFmpeg's zero, and returns its path.
 *
 * @throws TaskFailure `output_frame_missing` when the source has no frame at all; codes of the source; `encode_*`
 * @throws `signal.reason` when aborted
 */
export async function takePicture(
  work: PictureWork,
  picture: { atSeconds: number; number: number },
  ctx: WorkContext,
): Promise<string> {
  return (await findPicture(work, picture, ctx)).path;
}

/**
 * Takes a regular series of pictures in one decode, numbered from `firstNumber`, and returns their paths. Decoding
 * starts near the first of them.
 *
 * @throws as `takePicture`
 */
export async function takePictureSeries(
  work: PictureWork,
  { series, firstNumber }: { series: RegularSeries; firstNumber: number },
  ctx: WorkContext,
): Promise<string[]> {
  const { firstSeconds, spacingSeconds, count } = series;
  // A series cannot tell that a seek has missed the frame of its first time; a single picture can.
  const { seekSeconds } = await findPicture(work, { atSeconds: firstSeconds, number: firstNumber }, ctx);
  const args = pictureSeriesArgs({
    ...work,
    ...series,
    firstSeconds: countedFrom(seekSeconds, firstSeconds, work),
    seekSeconds,
    outputPattern: picturePattern(work),
    firstNumber,
  });
  await runFfmpeg(args, ctx, {
    // On ffmpeg's side of this run, each picture lasts one second.
    expectedSeconds: count,
    wallLimitMs: wallLimitFor(firstSeconds - (seekSeconds ?? 0) + count * spacingSeconds),
    onProgress: ctx.onProgress,
  });
  const paths = Array.from({ length: count }, (_, index) => pathOf(work, firstNumber + index, ctx));
  const found = await Promise.all(paths.map(exists));
  if (found.includes(false)) {
    throw frameMissing(`${found.filter(Boolean).length} of ${count} pictures were taken`);
  }
  ctx.onProgress(1);
  return paths;
}

type FoundPicture = { path: string; seekSeconds: number | null };

async function findPicture(
  work: PictureWork,
  { atSeconds, number }: { atSeconds: number; number: number },
  ctx: WorkContext,
): Promise<FoundPicture> {
  const path = pathOf(work, number, ctx);
  for (const seekSeconds of seekPoints(atSeconds, work.probed.mediaInfo.formatName)) {
    const plan = { atSeconds: countedFrom(seekSeconds, atSeconds, work), seekSeconds, outputPath: path };
    await run(singlePictureArgs({ ...work, ...plan }), atSeconds, ctx);
    if (await exists(path)) {
      return { path, seekSeconds };
    }
  }
  // Nothing begins before that time: the picture starts later than the sound, and its first frame stands for it.
  await run(firstPictureArgs({ ...work, outputPath: path }), atSeconds, ctx);
  if (await exists(path)) {
    return { path, seekSeconds: null };
  }
  throw frameMissing(`no frame could be decoded for ${atSeconds} s`);
}

/** The time as FFmpeg counts it without a seek, where that is different. */
function countedFrom(seekSeconds: number | null, atSeconds: number, { probed }: PictureWork): number {
  return seekSeconds === null ? atSeconds - pictureOnlyDelay(probed) : atSeconds;
}

function pathOf(work: PictureWork, number: number, ctx: WorkContext): string {
  return join(ctx.directory, fileName(work, String(number)));
}

function fileName({ name, format }: PictureWork, number: string): string {
  return `${name}-${number}.${pictureExtension(format)}`;
}

async function run(args: readonly string[], mediaSeconds: number, ctx: WorkContext): Promise<void> {
  await runFfmpeg(args, ctx, {
    expectedSeconds: null,
    wallLimitMs: wallLimitFor(mediaSeconds),
    onProgress: () => {},
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
