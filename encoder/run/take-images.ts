/** Still pictures of a source, one file each or many in a sprite. */
import { join } from "node:path";
import { imageFileCount, type ImageSpec } from "../contract/output-spec.ts";
import { findRegularSeries } from "../ffmpeg/image/image-series.ts";
import { spriteArgs, tilePicture } from "../ffmpeg/image/sprite-args.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { watermarkUrl, type OpenWatermarks } from "./open-watermarks.ts";
import { probeSource, type MediaSource } from "./probe-source.ts";
import {
  picturePattern,
  soughtTimes,
  takePicture,
  takePictureSeries,
  type PictureWork,
} from "./take-pictures.ts";
import type { WorkContext } from "./work-context.ts";

type ImageWork = { source: MediaSource; image: ImageSpec; threads: number; watermarks: OpenWatermarks };

/** Share of the work on a sprite that is done when its tiles are taken. */
const TILES_SHARE = 0.9;

/**
 * Takes a picture for each of `image.atSeconds`, the frame that a player shows at that time, and returns the paths of
 * the files: of the pictures in that order, or of the sprites that they are the tiles of. Times count from the
 * source's first picture. A time at the end gives the last frame.
 *
 * @throws TaskFailure `output_frame_missing` for a time after the end; codes of the source; `encode_*`
 * @throws `signal.reason` when aborted
 */
export async function takeImages(work: ImageWork, ctx: WorkContext): Promise<string[]> {
  const { image } = work;
  const probed = await probeSource(work.source, ctx);
  const atSeconds = soughtTimes(image.atSeconds, probed);
  const pictures = {
    sourceUrl: work.source.url,
    sourceStreamIndex: image.sourceStreamIndex,
    watermarkUrl: watermarkUrl(image.picture, work.watermarks),
    threads: work.threads,
    probed,
  };
  if (image.sprite === null) {
    const { picture, format } = image;
    return takeAll({ ...pictures, picture, format, name: "image" }, atSeconds, ctx);
  }
  const tiles: PictureWork = {
    ...pictures,
    picture: tilePicture(image.picture),
    format: "tile",
    name: "tile",
  };
  const share = (fraction: number) => ctx.onProgress(fraction * TILES_SHARE);
  await takeAll(tiles, atSeconds, { ...ctx, onProgress: share });
  return layTiles({ work: tiles, count: atSeconds.length }, image, image.sprite, ctx);
}

async function takeAll(work: PictureWork, atSeconds: readonly number[], ctx: WorkContext): Promise<string[]> {
  const series = findRegularSeries(atSeconds);
  if (series) {
    return takePictureSeries(work, { series, firstNumber: 0 }, ctx);
  }
  const paths: string[] = [];
  for (const [number, at] of atSeconds.entries()) {
    paths.push(await takePicture(work, { atSeconds: at, number }, ctx));
    ctx.onProgress((number + 1) / atSeconds.length);
  }
  return paths;
}

async function layTiles(
  tiles: { work: PictureWork; count: number },
  image: ImageSpec,
  sprite: NonNullable<ImageSpec["sprite"]>,
  ctx: WorkContext,
): Promise<string[]> {
  const { columns, tilesPerFile } = sprite;
  const fileCount = imageFileCount(tiles.count, sprite);
  const paths: string[] = [];
  for (let file = 0; file < fileCount; file++) {
    const firstTile = file * tilesPerFile;
    const tileCount = Math.min(tilesPerFile, tiles.count - firstTile);
    const outputPath = join(ctx.directory, `sprite-${file}.${image.format}`);
    const layout = { format: image.format, columns, tileCount, firstTile, outputPath };
    const run = { expectedSeconds: null, wallLimitMs: wallLimitFor(tileCount), onProgress: () => {} };
    await runFfmpeg(spriteArgs({ ...layout, tilePattern: picturePattern(tiles.work) }), ctx, run);
    paths.push(outputPath);
    ctx.onProgress(TILES_SHARE + (1 - TILES_SHARE) * ((file + 1) / fileCount));
  }
  return paths;
}
