/** Clips in which every frame shows its number, as a row of ten black and white blocks, and the reading of them. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

const BITS = 10;
const ROWS = 9;

/** A lavfi graph of 160x90 frames: the number above, something that moves below. */
export function numbered(rate: string, seconds: number): string {
  // Painted small and then enlarged: an expression per pixel is slow.
  const blocks = `nullsrc=s=${BITS}x2:r=${rate}:d=${seconds},format=yuv420p,geq=lum='16+219*mod(floor(N/pow(2,X)),2)':cb=128:cr=128,scale=160:50:flags=neighbor`;
  return `testsrc2=s=160x90:r=${rate}:d=${seconds}[below];${blocks}[above];[below][above]overlay,format=yuv420p`;
}

export type Area = { x: number; y: number; width: number; height: number };

/** The numbers that a file's frames show, in display order, none left out and none repeated; or a part of each frame. */
export async function shownNumbers(path: string, area?: Area): Promise<number[]> {
  const part = area ? `crop=${area.width}:${area.height}:${area.x}:${area.y}:exact=1,` : "";
  const filter = `${part}format=gray,scale=${BITS}:${ROWS}:flags=area`;
  const pixels = await decode(path, ["-vf", filter, "-pix_fmt", "gray"]);
  const frameBytes = BITS * ROWS;
  return Array.from({ length: pixels.length / frameBytes }, (_, frame) => {
    // The second row lies wholly within the blocks.
    const row = pixels.subarray(frame * frameBytes + BITS, frame * frameBytes + 2 * BITS);
    return row.reduce((number, luma, bit) => number + (luma > 127 ? 2 ** bit : 0), 0);
  });
}

/** Brightness planes of all frames, in display order. */
export async function lumaPlanes(path: string, planeBytes: number): Promise<Buffer[]> {
  const pixels = await decode(path, ["-vf", "extractplanes=y", "-pix_fmt", "gray"]);
  return Array.from({ length: pixels.length / planeBytes }, (_, frame) =>
    pixels.subarray(frame * planeBytes, (frame + 1) * planeBytes),
  );
}

/** Likeness of two planes in decibels. */
export function psnr(one: Buffer, other: Buffer): number {
  const squares = one.reduce((sum, value, index) => sum + (value - (other[index] ?? 0)) ** 2, 0);
  return 10 * Math.log10((255 ** 2 * one.length) / Math.max(squares, 1e-9));
}

async function decode(path: string, args: readonly string[]): Promise<Buffer> {
  const { stdout } = await execute(
    tools.ffmpegPath,
    ["-v", "error", "-i", `file:${path}`, ...args, "-fps_mode", "passthrough", "-f", "rawvideo", "-"],
    { encoding: "buffer", maxBuffer: 256 * 1024 * 1024 },
  );
  return stdout;
}
