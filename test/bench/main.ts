/**
 * `npm run bench`: how Copra compares, as ratios of interleaved runs on this machine. Numbers of one machine at one
 * moment; nothing here passes or fails.
 */
import { execFileSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { startService } from "../../worker/cli/service.ts";
import { benchApi, type BenchApi } from "./api-client.ts";
import { ffmpegCost, jobCost, RUNGS, type Cost, type Rung } from "./job-speed.ts";
import { spread } from "./statistics.ts";

const JOB_PAIRS = 3;
const LATENCY_PAIRS = 60;

const directory = mkdtempSync(join(tmpdir(), "copra-bench-"));
const sourcePath = join(directory, "source.mp4");
const finished = new Map<string, string>();
const arrivals = new EventEmitter();
const files = createServer((request, response) => {
  if (request.url === "/webhook") {
    void json(request).then((event) => {
      const { job_id: jobId, event: name } = event as { job_id: string; event: string };
      finished.set(jobId, name);
      arrivals.emit(jobId);
      response.end();
    });
  } else if (request.url === "/source.mp4") {
    response.end(readFileSync(sourcePath));
  } else {
    response.writeHead(404).end();
  }
});
try {
  makeSource();
  await new Promise<void>((resolve) => {
    files.listen(0, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  const service = await startService({ stateDir: join(directory, "state"), port: 0 });
  try {
    const api = benchApi(service, {
      url: `${origin}/webhook`,
      jobEvent: async (jobId) => {
        if (!finished.has(jobId)) {
          await once(arrivals, jobId);
        }
        return finished.get(jobId) ?? "";
      },
    });
    console.log(
      `${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, ${ffmpegVersion()}, ${JOB_PAIRS} pairs each`,
    );
    for (const rungs of [RUNGS.slice(0, 1), RUNGS]) {
      await compareJob(rungs, (chosen) => jobCost(service, api, `${origin}/source.mp4`, chosen));
    }
    await compareLatency(api, `${origin}/missing.mp4`);
  } finally {
    await service.stop();
  }
} finally {
  files.close();
  rmSync(directory, { recursive: true, force: true });
}

/** 60 s of 720p at 30 fps with a moving picture, noise that costs bits, and a tone. */
function makeSource(): void {
  execFileSync("ffmpeg", [
    ...["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=60"],
    ...["-f", "lavfi", "-i", "sine=440:d=60:r=48000", "-vf", "noise=alls=8:allf=t"],
    ...[
      "-c:v",
      "libx264",
      "-preset",
      "veryfast",
      "-crf",
      "23",
      "-pix_fmt",
      "yuv420p",
      "-c:a",
      "aac",
      sourcePath,
    ],
  ]);
}

async function compareJob(
  rungs: readonly Rung[],
  job: (rungs: readonly Rung[]) => Promise<Cost>,
): Promise<void> {
  const pairs: { job: Cost; plain: Cost }[] = [];
  for (let pair = 0; pair < JOB_PAIRS; pair += 1) {
    const plain = await ffmpegCost(sourcePath, directory, rungs);
    pairs.push({ plain, job: await job(rungs) });
  }
  const ratios = (of: (cost: Cost) => number) =>
    spread(pairs.map(({ job: mine, plain }) => of(mine) / of(plain)));
  const plain = (of: (cost: Cost) => number) =>
    spread(
      pairs.map((pair) => of(pair.plain)),
      " s",
    );
  console.log(`\n${rungs.length} mp4 output(s) of 60 s of 720p: job through the API / one FFmpeg command`);
  console.log(
    `  wall ${ratios((cost) => cost.wallSeconds)}   FFmpeg alone ${plain((cost) => cost.wallSeconds)}`,
  );
  console.log(
    `  CPU  ${ratios((cost) => cost.cpuSeconds)}   FFmpeg alone ${plain((cost) => cost.cpuSeconds)}`,
  );
}

async function compareLatency(api: BenchApi, missingUrl: string): Promise<void> {
  const outputs = { mp4: { path: "/a.mp4" } };
  // The input does not exist, so each job ends by itself before the next pair is timed.
  const { id } = await api.finishedStatus(missingUrl, outputs);
  const samples: { empty: number; get: number; post: number }[] = [];
  for (let pair = 0; pair < LATENCY_PAIRS; pair += 1) {
    const empty = await timed(() => api.empty());
    const get = await timed(() => api.read(id));
    let post = 0;
    await api.finishedStatus(missingUrl, outputs, (latencyMs) => {
      post = latencyMs;
    });
    samples.push({ empty, get, post });
  }
  const ratio = (of: (sample: (typeof samples)[number]) => number) =>
    spread(samples.map((sample) => of(sample) / sample.empty));
  console.log(`\nLatency against an empty route of the same Worker, ${LATENCY_PAIRS} pairs`);
  console.log(`  GET /v2/jobs/:id ${ratio(({ get }) => get)}`);
  console.log(`  POST /v2/jobs    ${ratio(({ post }) => post)}`);
  console.log(
    `  empty route      ${spread(
      samples.map(({ empty }) => empty),
      " ms",
    )}`,
  );
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

function ffmpegVersion(): string {
  return (
    execFileSync("ffmpeg", ["-version"], { encoding: "utf8" }).split("\n")[0]?.split(" Copyright")[0] ?? ""
  );
}
