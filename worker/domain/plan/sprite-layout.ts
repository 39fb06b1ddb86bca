/** The arithmetic of sprites: how many tiles of one size go into a file, and whether the format can hold it. */
import { imageFileCount, type FrameSize, type ImageSpec } from "../../../encoder/contract/output-spec.ts";
import type { Resolved } from "./resolved.ts";

type ImageFormat = ImageSpec["format"] | "gif";
type Size = { widthPx: number; heightPx: number };

/** The largest side that FFmpeg's encoder of the format writes. */
const MAX_SIDE_PX: Readonly<Record<ImageFormat, number>> = {
  jpg: 65_500,
  png: 65_535,
  webp: 16_383,
  gif: 65_535,
};

/** Twice the largest picture that is decoded: more is a strain on every browser too. */
const MAX_PIXELS = 2 * 8192 * 4320;

/**
 * How the `count` tiles of an output are spread over files. `limit` is the most tiles of one file; null puts all into
 * one. No column stays empty in the whole output.
 */
export function spriteLayout(
  wanted: { columns: number; limit: number | null },
  count: number,
  tile: FrameSize,
  format: ImageSpec["format"],
): Resolved<{ sprite: NonNullable<ImageSpec["sprite"]>; fileCount: number }> {
  const tilesPerFile = Math.min(wanted.limit ?? count, count);
  const columns = Math.min(wanted.columns, tilesPerFile);
  const size = {
    widthPx: columns * tile.widthPx,
    heightPx: Math.ceil(tilesPerFile / columns) * tile.heightPx,
  };
  const limit = sizeProblem(size, format);
  const sprite = { columns, tilesPerFile };
  return limit === null
    ? { ok: true, sprite, fileCount: imageFileCount(count, sprite) }
    : { ok: false, failure: { code: "sprite_too_large", limit } };
}

/** Why a picture of this size cannot be written, with the numbers; null when it can. */
export function sizeProblem({ widthPx, heightPx }: Size, format: ImageFormat): string | null {
  const size = `${widthPx} x ${heightPx} pixels`;
  if (Math.max(widthPx, heightPx) > MAX_SIDE_PX[format]) {
    return `${size}, and ${format} has at most ${MAX_SIDE_PX[format]} on a side`;
  }
  return widthPx * heightPx > MAX_PIXELS ? `${size}, and at most ${MAX_PIXELS} in all are written` : null;
}
