/**
 * A whole job through the API against one hand-written FFmpeg command that makes the same encodes: wall time and
 * CPU time of everything that takes part, service included.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Service } from "../../worker/cli/service.ts";
import { groupCpuSeconds, treeCpuSeconds } from "./cpu-time.ts";
import type { BenchApi } from "./api-client.ts";

export type Rung = { name: string; widthPx: number; heightPx: number; bitrateKbps: number };

export const RUNGS: readonly Rung[] = [
  { name: "720p", widthPx: 1280, heightPx: 720, bitrateKbps: 2000 },
  { name: "540p", widthPx: 960, heightPx: 540, bitrateKbps: 1000 },
  { name: "480p", widthPx: 854, heightPx: 480, bitrateKbps: 1000 },
  { name: "360p", widthPx: 640, heightPx: 360, bitrateKbps: 800 },
];

export type Cost = { wallSeconds: number; cpuSeconds: number };

/** Runs one job to its end. The clock runs from POST to the job's webhook. */
export async function jobCost(
  service: Service,
  api: BenchApi,
  sourceUrl: string,
  rungs: readonly Rung[],
): Promise<Cost> {
  const cpu = () =>
    groupCpuSeconds(service.workerGroupId) +
    service.encoderPids().reduce((sum, pid) => sum + treeCpuSeconds(pid), 0);
  const cpuBefore = cpu();
  const startedAt = performance.now();
  const outputs = Object.fromEntries(rungs.map(({ name }) => [`mp4:${name}`, { path: `/${name}.mp4` }]));
  const job = await api.finishedStatus(sourceUrl, outputs);
  if (job.status !== "job.completed") {
    throw new Error(`The job ended as ${JSON.stringify(job)}.`);
  }
  return { wallSeconds: (performance.now() - startedAt) / 1000, cpuSeconds: cpu() - cpuBefore };
}

/** Runs the plain command: FFmpeg's own choice of threads, one decode for all files. */
export async function ffmpegCost(
  sourcePath: string,
  directory: string,
  rungs: readonly Rung[],
): Promise<Cost> {
  const cpuBefore = treeCpuSeconds(process.pid);
  const startedAt = performance.now();
  const paths = rungs.map(({ name }) => join(directory, `${name}.mp4`));
  await run(plainCommand(sourcePath, paths, rungs));
  const cost = {
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: treeCpuSeconds(process.pid) - cpuBefore,
  };
  paths.forEach((path) => rmSync(path));
  return cost;
}

/** What someone who knows FFmpeg writes for these files. */
function plainCommand(sourcePath: string, paths: readonly string[], rungs: readonly Rung[]): string[] {
  return [
    ...["-v", "error", "-nostdin", "-y", "-i", sourcePath],
    ...rungs.flatMap(({ widthPx, heightPx, bitrateKbps }, index) => [
      ...["-map", "0:v:0", "-map", "0:a:0", "-vf", `scale=${widthPx}:${heightPx}`],
      ...["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p"],
      ...["-b:v", `${bitrateKbps}k`, "-maxrate", `${1.5 * bitrateKbps}k`, "-bufsize", `${2 * bitrateKbps}k`],
      ...["-c:a", "aac", "-b:a", "128k", "-ar", "44100", "-ac", "2", "-movflags", "+faststart"],
      paths[index] ?? "",
    ]),
  ];
}

function run(args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("ffmpeg", args, { stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`ffmpeg ended with ${code}.`))));
  });
}
