/**
 * A whole job through the API against one hand-written FFmpeg command that makes the same encodes: wall time and
 * CPU time of everything that takes part, service included.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Timings } from "./api-client.ts";
import type { BenchBed } from "./bench-bed.ts";
import { type ClipPlan, makeClip } from "./bench-clips.ts";
import { groupCpuSeconds, treeCpuSeconds } from "./cpu-time.ts";
import { spread } from "./statistics.ts";

type Rung = { widthPx: number; heightPx: number; crf: number };

const CLIP: ClipPlan = {
  name: "speed.mp4",
  size: "1920x1080",
  seconds: 180,
  scenes: ["motion", "life"],
};

/** Coconut's quality 4. */
const CRF = 23;
const RUNGS: readonly Rung[] = [1080, 720, 480, 360].map((heightPx) => ({
  widthPx: 2 * Math.round((heightPx * 8) / 9),
  heightPx,
  crf: CRF,
}));

type Cost = { wallSeconds: number; cpuSeconds: number };

/** Prints ratios of interleaved pairs, for one output and for four, and where a job's time goes. */
export async function compareSpeed(directory: string, bed: BenchBed, pairCount: number): Promise<void> {
  const sourcePath = await makeClip(directory, CLIP);
  for (const rungs of [RUNGS, RUNGS.slice(1, 2)]) {
    const pairs: { job: Cost; plain: Cost }[] = [];
    const timings: Timings[] = [];
    for (let pair = 0; pair < pairCount; pair += 1) {
      const plain = await ffmpegCost(sourcePath, directory, rungs);
      const { timings: times, ...job } = await jobCost(bed, rungs);
      pairs.push({ plain, job });
      timings.push(times);
    }
    const ratios = (of: (cost: Cost) => number) => spread(pairs.map(({ job, plain }) => of(job) / of(plain)));
    const plain = (of: (cost: Cost) => number) =>
      spread(
        pairs.map((pair) => of(pair.plain)),
        " s",
      );
    console.log(
      `\n${rungs.length} mp4 output(s) of ${CLIP.seconds} s of ${CLIP.size}: job through the API / one FFmpeg command`,
    );
    console.log(
      `  wall ${ratios(({ wallSeconds }) => wallSeconds)}   FFmpeg alone ${plain((cost) => cost.wallSeconds)}`,
    );
    console.log(
      `  CPU  ${ratios(({ cpuSeconds }) => cpuSeconds)}   FFmpeg alone ${plain((cost) => cost.cpuSeconds)}`,
    );
    console.log(`  the job's time: ${JSON.stringify(timings.at(-1))}`);
  }
}

/** Runs one job to its end. The clock runs from POST to the job's webhook. */
async function jobCost(
  { service, api, urlOf }: BenchBed,
  rungs: readonly Rung[],
): Promise<Cost & { timings: Timings }> {
  const cpu = () =>
    groupCpuSeconds(service.workerGroupId) +
    service.encoderPids().reduce((sum, pid) => sum + treeCpuSeconds(pid), 0);
  const cpuBefore = cpu();
  const startedAt = performance.now();
  const outputs = Object.fromEntries(
    rungs.map(({ widthPx, heightPx }) => [
      `mp4:${widthPx}x${heightPx}::quality=4`,
      { path: `/${heightPx}.mp4` },
    ]),
  );
  const { id } = await api.finishedJob(urlOf(CLIP.name), outputs);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  return { wallSeconds, cpuSeconds: cpu() - cpuBefore, timings: await api.timings(id) };
}

/** Runs the plain command: FFmpeg's own choice of threads, one decode for all files. */
async function ffmpegCost(sourcePath: string, directory: string, rungs: readonly Rung[]): Promise<Cost> {
  const cpuBefore = treeCpuSeconds(process.pid);
  const startedAt = performance.now();
  const paths = rungs.map(({ heightPx }) => join(directory, `plain-${heightPx}.mp4`));
  await run(plainCommand(sourcePath, paths, rungs));
  const cost = {
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: treeCpuSeconds(process.pid) - cpuBefore,
  };
  paths.forEach((path) => rmSync(path));
  return cost;
}

/** What someone who knows FFmpeg writes for these files: one decode, the sound encoded with each. */
function plainCommand(sourcePath: string, paths: readonly string[], rungs: readonly Rung[]): string[] {
  return [
    ...["-v", "error", "-nostdin", "-y", "-i", sourcePath],
    ...rungs.flatMap(({ widthPx, heightPx, crf }, index) => [
      ...["-map", "0:v:0", "-map", "0:a:0", "-vf", `scale=${widthPx}:${heightPx}`],
      ...["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p"],
      ...["-crf", String(crf)],
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
