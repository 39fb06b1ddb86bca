/** Sources that cost about what films cost: cuts, movement, grain, a still, and a tone. Made once per run. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export type ClipPlan = {
  name: string;
  size: string;
  seconds: number;
  /** What the picture shows, one after the other, equally long. */
  scenes: readonly SceneName[];
};

type SceneName = keyof typeof SCENES;

/** `lavfi` graphs for a size and a length. */
const SCENES = {
  zoom: (size: string, seconds: number) =>
    `mandelbrot=s=${size}:r=24:end_scale=0.01:end_pts=${24 * seconds},trim=duration=${seconds}`,
  motion: (size: string, seconds: number) => `testsrc2=s=${size}:r=24:d=${seconds},noise=alls=3:allf=t`,
  still: (size: string, seconds: number) => `smptehdbars=s=${size}:r=24:d=${seconds},noise=alls=2:allf=t`,
  life: (size: string, seconds: number) =>
    `life=s=320x180:r=24:mold=20:ratio=0.2:death_color=#203050:life_color=#d0c070,trim=duration=${seconds},scale=${size.replace("x", ":")}:flags=bicubic`,
} as const;

/** Small pictures that do not say so are taken for BT.601, and turned into BT.709 before they are encoded. */
export const BT709 = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"];

/** Makes the clip unless the directory has it; a short piece is painted and repeated by copy. */
export async function makeClip(directory: string, plan: ClipPlan): Promise<string> {
  const path = join(directory, plan.name);
  if (!existsSync(path)) {
    const piece = join(directory, `piece-${plan.name}`);
    const pieceSeconds = Math.min(plan.seconds, 30);
    const sceneSeconds = pieceSeconds / plan.scenes.length;
    const scenes = plan.scenes.map(
      (scene, index) => `${SCENES[scene](plan.size, sceneSeconds)},format=yuv420p,setsar=1[s${index}]`,
    );
    const inputs = plan.scenes.map((_, index) => `[s${index}]`).join("");
    const graph = `${scenes.join(";")};${inputs}concat=n=${plan.scenes.length}[v];sine=440:d=${pieceSeconds}:r=48000[a]`;
    await ffmpeg([
      ...["-filter_complex", graph, "-map", "[v]", "-map", "[a]"],
      ...["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "120", "-c:a", "aac"],
      ...[...BT709, piece],
    ]);
    const loops = String(Math.ceil(plan.seconds / pieceSeconds) - 1);
    await ffmpeg(["-stream_loop", loops, "-i", piece, "-c", "copy", "-t", String(plan.seconds), path]);
  }
  return path;
}

/** Runs FFmpeg to its end and returns what it prints. Meanwhile connections to the service are served. */
export async function ffmpeg(args: readonly string[]): Promise<string> {
  const all = ["-v", "error", "-nostdin", "-y", ...args];
  const { stdout } = await promisify(execFile)("ffmpeg", all, { maxBuffer: 2 ** 26 });
  return stdout;
}
