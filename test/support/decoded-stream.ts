/** The pictures of a copied package as FFmpeg decodes them. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import type { MirroredPackage } from "./mirror-package.ts";
import { shownNumbers } from "./numbered-clip.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

type Decoded = { codec_type: string; height?: number; nb_read_frames: string };

/** Frames of every stream behind a manifest, by a full decode of one after the other: FFmpeg's DASH reader ends all with one. */
export async function decodedFrames(path: string): Promise<Decoded[]> {
  const streams: Decoded[] = [];
  for (let index = 0; streams.length === index; index += 1) {
    const { stdout, stderr } = await execute(
      tools.ffprobePath,
      [
        ...["-v", "error", "-allowed_extensions", "ALL", "-count_frames", "-select_streams", String(index)],
        ...["-show_entries", "stream=codec_type,height,nb_read_frames", "-of", "json", path],
      ],
      { maxBuffer: 1 << 26 },
    );
    expect(stderr).toBe("");
    // SAFETY: ffprobe's own JSON.
    streams.push(...(JSON.parse(stdout) as { streams: Decoded[] }).streams.slice(0, 1));
  }
  return streams;
}

/** Fails unless there are packages, and every rung of each has a picture of so many frames. */
export async function expectWholeLadders(
  copies: readonly (MirroredPackage | undefined)[],
  frameCount: number,
): Promise<void> {
  expect(copies).not.toEqual([]);
  await Promise.all(copies.map((copy) => expectWholeLadder(copy?.manifestPath ?? "", frameCount)));
}

/** Fails unless every rung behind the manifest, a path or an address, has a picture of so many frames. */
export async function expectWholeLadder(manifest: string, frameCount: number): Promise<void> {
  const streams = await decodedFrames(manifest);
  const pictures = streams.filter(({ codec_type: type }) => type === "video");
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.map(({ nb_read_frames: count }) => Number(count))).toEqual(pictures.map(() => frameCount));
}

/** Frame numbers behind a media playlist. */
export async function numbersOf(copy: MirroredPackage | undefined, playlist: string): Promise<number[]> {
  return shownNumbers(join(copy?.directory ?? "", playlist));
}

export const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** The segments of one representation of fragmented MP4, in order of their times, as one file, whose path is returned. */
export async function joinTrack(copy: MirroredPackage | undefined, folder: string): Promise<string> {
  const local = (name: string) => join(copy?.directory ?? "", name);
  const startOf = (name: string) => Number(/seg-(\d+)\.m4s$/.exec(name)?.[1]);
  const segments = (copy?.files ?? [])
    .filter((name) => name.startsWith(`${folder}/`) && name.endsWith(".m4s"))
    .toSorted((one, other) => startOf(one) - startOf(other));
  const path = local(`${folder.replaceAll("/", "-")}.mp4`);
  const names = [`${folder}/init.mp4`, ...segments];
  await writeFile(path, await Promise.all(names.map((name) => readFile(local(name)))));
  return path;
}
