/** Raw frames through the filters of a picture, without any encoder or decoder. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { PixelFormat } from "../../encoder/contract/formats.ts";
import type { PictureSpec } from "../../encoder/contract/output-spec.ts";
import { pictureGraph } from "../../encoder/ffmpeg/picture/picture-graph.ts";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { readFrame } from "./colour-patches.ts";

const execute = promisify(execFile);
const { ffmpegPath } = await locateFfmpeg();

/** Input arguments of raw frames; the file holds one after the other. */
export function rawInput(
  path: string,
  frames: { pixelFormat: PixelFormat | "gray"; widthPx: number; heightPx: number },
): string[] {
  const { pixelFormat, widthPx, heightPx } = frames;
  const shape = ["-pixel_format", pixelFormat, "-video_size", `${widthPx}x${heightPx}`];
  return ["-f", "rawvideo", ...shape, "-framerate", "25", "-i", path];
}

export type FilteredFrame = ReturnType<typeof readFrame>;

/**
 * The frames that come out of `pictureGraph`. `before` is what a caller does with frame times, `marks` the input of a
 * watermark.
 */
export async function filterPicture(
  input: readonly string[],
  picture: PictureSpec,
  options: { before?: string; marks?: readonly string[] } = {},
): Promise<FilteredFrame[]> {
  const { before = "null", marks = null } = options;
  const graph = pictureGraph(picture, {
    input: "timed",
    output: "picture",
    watermark: marks === null ? null : "1:v",
  });
  const args = [
    ...["-nostdin", "-v", "error", ...input, ...(marks ?? [])],
    ...["-filter_complex", `[0:v]${before}[timed];${graph}`, "-map", "[picture]"],
    ...["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", picture.pixelFormat, "-"],
  ];
  const { stdout } = await execute(ffmpegPath, args, { encoding: "buffer", maxBuffer: 64 * 1024 ** 2 });
  const frameBytes = bytesPerFrame(picture);
  return Array.from({ length: stdout.length / frameBytes }, (_, index) =>
    readFrame(
      stdout.subarray(index * frameBytes, (index + 1) * frameBytes),
      picture.frame,
      picture.pixelFormat,
      picture.colour,
    ),
  );
}

/** The only frame of `filterPicture`. */
export async function filterOne(...args: Parameters<typeof filterPicture>): Promise<FilteredFrame> {
  const [frame, ...others] = await filterPicture(...args);
  if (frame === undefined || others.length > 0) {
    throw new Error(`one frame went in, ${others.length + (frame ? 1 : 0)} came out`);
  }
  return frame;
}

function bytesPerFrame({ frame: { widthPx, heightPx }, pixelFormat }: PictureSpec): number {
  const bytes = pixelFormat.includes("10") ? 2 : 1;
  if (pixelFormat.startsWith("rgb") || pixelFormat.includes("444")) {
    return widthPx * heightPx * bytes * (pixelFormat.includes("a") ? 4 : 3);
  }
  const chromaHeight = pixelFormat.includes("420") ? Math.ceil(heightPx / 2) : heightPx;
  return (widthPx * heightPx + 2 * Math.ceil(widthPx / 2) * chromaHeight) * bytes;
}
