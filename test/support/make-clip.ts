/**
 * Small clips for the media tier, made by FFmpeg on the spot, and the reading of what an encode made of them. It calls
 * ffmpeg and ffprobe by itself: the code under test must not be its own witness.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

/** A directory of its own under the system's temporary one; call `remove` when done. */
export async function makeTestDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "copra-media-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** `lavfi` sources, as `makeClip` arguments. */
export function lavfi(graph: string): string[] {
  return ["-f", "lavfi", "-i", graph];
}

/** Quick, nearly lossless H.264 for sources whose pixels are measured. */
export const SHARP_H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "4"];

/** A picture whose brightness tells its time: frame n of 4 s at 25 a second is grey of level 2n. */
export const TIME_AS_LUMA = "nullsrc=s=64x64:r=25:d=4,format=gray,geq=lum='2*N',format=yuv420p";

/** Four corners in four colours: red top left, green top right, blue bottom left, white bottom right. */
export function corners(widthPx: number, heightPx: number, rate = 25): string {
  const size = `${widthPx}x${heightPx}`;
  const half = `w=iw/2:h=ih/2:t=fill`;
  return [
    `color=red:s=${size}:r=${rate},format=rgb24`,
    `drawbox=x=iw/2:y=0:${half}:color=lime`,
    `drawbox=x=0:y=ih/2:${half}:color=blue`,
    `drawbox=x=iw/2:y=ih/2:${half}:color=white`,
  ].join(",");
}

/** Makes a clip and returns its path. */
export async function makeClip(directory: string, name: string, args: readonly string[]): Promise<string> {
  const path = join(directory, name);
  await execute(tools.ffmpegPath, ["-nostdin", "-v", "error", "-y", ...args, `file:${path}`]);
  return path;
}

/** Rewrites the display matrix of an MP4's first track, as a phone does that is held upright. */
export async function turnClip(path: string, clockwiseDegrees: 90 | 180 | 270): Promise<void> {
  const [a, b, c, d] = { 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0] }[clockwiseDegrees];
  const file = await readFile(path);
  // tkhd version 0: 40 bytes of header and times lie between the box type and the matrix (ISO 14496-12 §8.3.2).
  const matrixAt = file.indexOf("tkhd") + 4 + 40;
  [a, b, 0, c, d, 0, 0, 0, 16384].forEach((value, index) => {
    file.writeInt32BE((value ?? 0) * 65536, matrixAt + 4 * index);
  });
  await writeFile(path, file);
}

type Printed = { stdout: Buffer };

async function run(tool: string, args: readonly string[]): Promise<Buffer> {
  const options = { encoding: "buffer", maxBuffer: 256 * 1024 * 1024 } as const;
  const { stdout }: Printed = await execute(tool, [...args], options);
  return stdout;
}

async function probeLines(path: string, args: readonly string[]): Promise<string[]> {
  const out = await run(tools.ffprobePath, ["-v", "error", ...args, "-of", "csv=p=0", `file:${path}`]);
  return out
    .toString()
    .split("\n")
    .map((line) => line.replace(/,+$/, ""))
    .filter((line) => line !== "");
}

/** Times of the decoded frames in seconds, in display order. */
export async function frameTimes(path: string): Promise<number[]> {
  return (await probeLines(path, ["-select_streams", "v:0", "-show_entries", "frame=pts_time"])).map(Number);
}

/** Packets of a stream such as `v:0` in file order. */
export async function packets(
  path: string,
  stream: string,
): Promise<{ ptsSeconds: number; dtsSeconds: number; isKey: boolean }[]> {
  const lines = await probeLines(path, [
    "-select_streams",
    stream,
    "-show_entries",
    "packet=pts_time,dts_time,flags",
  ]);
  return lines.map((line) => {
    const [pts, dts, flags = ""] = line.split(",");
    return { ptsSeconds: Number(pts), dtsSeconds: Number(dts), isKey: flags.startsWith("K") };
  });
}

/** One entry such as `stream=width` or `format=duration`; the first line that ffprobe prints. */
export async function probeEntry(path: string, stream: string, entry: string): Promise<string> {
  return (await probeLines(path, ["-select_streams", stream, "-show_entries", entry]))[0] ?? "";
}

/** Mean brightness of every frame, 0..255 as stored in the luma plane, in display order. */
export async function frameLumas(path: string): Promise<number[]> {
  // Not down to one pixel: swscale's weights are too coarse for an average over a large picture.
  // As stored: a plane by itself is grey, and swscale would stretch the studio range of grey.
  const filter = `extractplanes=y,scale=${LUMA_SIDE}:${LUMA_SIDE}:flags=area:in_range=pc:out_range=pc`;
  const args = ["-v", "error", "-i", `file:${path}`, "-vf", filter, "-fps_mode", "passthrough"];
  const pixels = await run(tools.ffmpegPath, [...args, "-f", "rawvideo", "-"]);
  const frames = Array.from({ length: pixels.length / LUMA_SIDE ** 2 }, (_, index) =>
    pixels.subarray(index * LUMA_SIDE ** 2, (index + 1) * LUMA_SIDE ** 2),
  );
  return frames.map((frame) => Math.round(frame.reduce((sum, pixel) => sum + pixel, 0) / frame.length));
}

const LUMA_SIDE = 64;

export type Pixel = { red: number; green: number; blue: number };

/** The first frame as it would be shown, with a reader for single pixels. */
export async function firstPicture(
  path: string,
): Promise<{ at: (x: number, y: number) => Pixel; bytes: number }> {
  const size = await probeEntry(path, "v:0", "stream=width,height");
  const [width = 0] = size.split(",").map(Number);
  const args = [
    "-v",
    "error",
    "-i",
    `file:${path}`,
    "-frames:v",
    "1",
    "-pix_fmt",
    "rgb24",
    "-f",
    "rawvideo",
    "-",
  ];
  const rgb = await run(tools.ffmpegPath, args);
  const at = (x: number, y: number): Pixel => {
    const [red = 0, green = 0, blue = 0] = rgb.subarray(3 * (y * width + x));
    return { red, green, blue };
  };
  return { at, bytes: rgb.length };
}

/** Mono samples from -1 to 1 at 48 kHz on the file's own time: a late start is silence. */
export async function samples(path: string): Promise<Float32Array> {
  const onTime = ["-af", "aresample=osr=48000:async=1:first_pts=0"];
  const args = [
    "-v",
    "error",
    "-i",
    `file:${path}`,
    "-map",
    "0:a:0",
    ...onTime,
    "-ac",
    "1",
    "-f",
    "f32le",
    "-",
  ];
  const bytes = await run(tools.ffmpegPath, args);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Seconds at which a sound first becomes louder than a hundredth of full scale. */
export function onsetSeconds(sound: Float32Array): number {
  return sound.findIndex((sample) => Math.abs(sample) > 0.01) / 48_000;
}

/**
 * How far a sine of this frequency is from unbroken: the largest difference between a sample and what its two
 * predecessors demand, as a share of the amplitude. A hole, a jump or a doubled sample gives a value near or above
 * the steepness of the wave, AAC's own noise a small fraction of it. The first and last tenth of a second are left out.
 */
export function largestBreak(sound: Float32Array, frequencyHz: number): number {
  const edge = 4_800;
  const turn = 2 * Math.cos((2 * Math.PI * frequencyHz) / 48_000);
  let amplitude = 0;
  let largest = 0;
  for (let index = edge; index < sound.length - edge; index++) {
    const [before = 0, previous = 0, current = 0] = sound.subarray(index - 2, index + 1);
    amplitude = Math.max(amplitude, Math.abs(current));
    largest = Math.max(largest, Math.abs(current - (turn * previous - before)));
  }
  return largest / amplitude;
}
