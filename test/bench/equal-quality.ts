/** Sizes at equal SSIM: what chunks cost in bytes against whole encodes, and the measure that others compare by. */
import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchBed } from "./bench-bed.ts";
import { type ClipPlan, ffmpeg, makeClip } from "./bench-clips.ts";
import { mean } from "./quality-curve.ts";

const CLIPS: readonly ClipPlan[] = [
  { name: "size-zoom.mp4", size: "640x360", seconds: 90, scenes: ["zoom"] },
  { name: "size-cuts.mp4", size: "640x360", seconds: 90, scenes: ["motion", "still", "zoom", "life"] },
  { name: "size-life.mp4", size: "640x360", seconds: 90, scenes: ["life"] },
];

/** Coconut's quality 4 is CRF 23 here; its neighbours show what a bit of quality costs. */
const WHOLE_CRFS = [22, 23, 24];

export type Encode = { sizeBytes: number; ssimDb: number };

/** Prints the difference per clip and its mean; `ultrafast` makes the shortest chunks. */
export async function compareSize(directory: string, bed: BenchBed): Promise<void> {
  console.log(
    "\nSize of a chunked encode (ultrafast) at the SSIM of a whole one, mp4 quality=4, 90 s of 640x360",
  );
  const differences: number[] = [];
  for (const clip of CLIPS) {
    const source = await makeClip(directory, clip);
    const path = join(directory, "chunked.mp4");
    const outputs = { "mp4::x:quality=4": { path: "/chunked.mp4" } };
    const { id } = await bed.api.finishedJob(bed.urlOf(clip.name), outputs, { ultrafast: true });
    writeFileSync(path, await bed.api.download(id, 0));
    const whole: Encode[] = [];
    for (const crf of WHOLE_CRFS) {
      whole.push(await encodeWhole(source, join(directory, "whole.mp4"), crf));
    }
    const chunked = await measureSsim(path, source);
    const difference = chunked.sizeBytes / sizeAt(whole, chunked.ssimDb) - 1;
    differences.push(difference);
    console.log(`  ${clip.name.padEnd(14)} ${percent(difference)} (${chunked.ssimDb.toFixed(2)} dB)`);
  }
  console.log(`  mean           ${percent(mean(differences))}`);
}

async function encodeWhole(source: string, path: string, crf: number): Promise<Encode> {
  const codec = ["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", String(crf)];
  await ffmpeg([
    ...["-i", source, "-an", "-threads", "1", ...EVERY_FRAME, ...codec],
    ...["-movflags", "+faststart", path],
  ]);
  return measureSsim(path, source);
}

/** Frames of a file that are its source's, one by one: FFmpeg's default makes the rate constant where times are not. */
export const EVERY_FRAME = ["-fps_mode", "passthrough"] as const;

/** Size and mean SSIM of a file against its source: the n-th frame against the n-th. */
export async function measureSsim(path: string, source: string): Promise<Encode> {
  // Any clock that both share.
  const counted = "settb=1/24,setpts=N";
  const graph = `[0:v]${counted}[a];[1:v]${counted}[b];[a][b]ssim=stats_file=-`;
  const lines = await ffmpeg(["-i", path, "-i", source, "-lavfi", graph, "-f", "null", "-"]);
  const values = [...lines.matchAll(/All:([\d.]+)/g)].map((match) => Number(match[1]));
  return { sizeBytes: statSync(path).size, ssimDb: -10 * Math.log10(1 - mean(values)) };
}

/** Bytes that such encodes would have at that quality: a line through the logarithms of the sizes. */
export function sizeAt(whole: readonly Encode[], ssimDb: number): number {
  const meanX = whole.reduce((sum, { ssimDb: x }) => sum + x, 0) / whole.length;
  const meanY = whole.reduce((sum, { sizeBytes }) => sum + Math.log(sizeBytes), 0) / whole.length;
  const covariance = whole.reduce(
    (sum, { ssimDb: x, sizeBytes }) => sum + (x - meanX) * (Math.log(sizeBytes) - meanY),
    0,
  );
  const variance = whole.reduce((sum, { ssimDb: x }) => sum + (x - meanX) ** 2, 0);
  return Math.exp(meanY + (covariance / variance) * (ssimDb - meanX));
}

export function percent(share: number): string {
  return `${share < 0 ? "" : "+"}${(100 * share).toFixed(2)} %`;
}
