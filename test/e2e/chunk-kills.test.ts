/**
 * Encoders and the Worker's runtime are killed at random moments of a chunked job. Every seed is one job;
 * `npm run test:kills` plays twenty, the suite as many as its time allows.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { downloadFile } from "../support/download-file.ts";
import { downloadHls } from "../support/hls-download.ts";
import { finalView, type JobView } from "../support/job-client.ts";
import { lavfi, makeClip } from "../support/make-clip.ts";
import { type Random, seededRandom } from "../support/random.ts";
import { findDisorder } from "../support/status-order.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

const SEED_COUNT = Number(process.env["KILL_SEEDS"] ?? 2);
const SEEDS = Array.from({ length: SEED_COUNT }, (_, index) => index + 1);

/** Longer than a minute, so that `ultrafast` may use both encoders. */
const SECONDS = 64;
const OUTPUTS = {
  "mp4:320x180::quality=4": { path: "/kept.mp4" },
  "mp4:240x136_25fps::quality=3": { path: "/converted.mp4" },
  httpstream: { hls: { path: "/hls" }, variants: ["mp4:x120::quality=3"] },
};

let bed: TestBed;
let undisturbed: { seconds: number; hashes: string[] };

beforeAll(async () => {
  bed = await startTestBed(
    async (directory) => {
      const path = await makeClip(directory, "source.mp4", [
        ...lavfi(`testsrc2=s=320x180:r=30000/1001:d=${SECONDS},noise=c0s=8:c0f=t`),
        ...lavfi(`sine=f=440:d=${SECONDS}:r=48000`),
        ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "22", "-g", "77", "-pix_fmt", "yuv420p"],
        ...["-c:a", "aac", "-movflags", "+faststart"],
      ]);
      return { "source.mp4": await readFile(path) };
    },
    { encoderCount: 2 },
  );
  const startedAt = performance.now();
  const views = await bed.client.finish((await createJob()).id, 170_000);
  undisturbed = {
    seconds: (performance.now() - startedAt) / 1000,
    hashes: await outputHashes(finalView(views)),
  };
}, 240_000);

afterAll(() => bed?.close());

const createJob = (): Promise<JobView> =>
  bed.client.create({
    input: { url: bed.media.url("source.mp4") },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin, events: true },
    settings: { ultrafast: true },
    outputs: OUTPUTS,
  });

/** One hash over all decoded frames, their times and the decoded sound, per output. */
async function outputHashes(job: JobView): Promise<string[]> {
  expect(job.status).toBe("job.completed");
  const [kept, converted, stream] = job.outputs;
  const [master] = (stream?.urls ?? []) as { url: string }[];
  const [variant] = await downloadHls(master?.url ?? "", `${bed.directory}/${job.id}`);
  const paths = [
    await downloadFile(kept?.url, bed.directory, "kept.mp4"),
    await downloadFile(converted?.url, bed.directory, "converted.mp4"),
    variant?.playlistPath ?? "",
  ];
  return Promise.all(
    paths.map(async (path) => {
      const decode = ["-v", "error", "-i", path, "-map", "0:v", "-map", "0:a"];
      const asIs = ["-fps_mode", "passthrough", "-enc_time_base:v", "1:90000"];
      const { stdout } = await execute(
        tools.ffmpegPath,
        [...decode, ...asIs, "-f", "framehash", "-hash", "md5", "-"],
        { maxBuffer: 2 ** 26 },
      );
      return stdout;
    }),
  );
}

/** Tasks that the encoder held when it was killed, by the Worker's log. */
async function killEncoder(jobId: string, index: string): Promise<string[]> {
  const pid = await bed.service.encoderPid(index);
  const latest = new Map(bed.service.taskChanges(jobId).map((change) => [change.task, change]));
  const held = [...latest.values()].filter(({ status, encoder }) => status === "leased" && encoder === index);
  process.kill(pid, "SIGKILL");
  return held.map(({ task }) => task);
}

/** Plays one seed's blows and returns the tasks that were in flight on killed encoders. */
async function playBlows(random: Random, jobId: string): Promise<string[]> {
  const inFlight: string[] = [];
  const count = 1 + random.below(3);
  const moments = Array.from({ length: count }, () => random.next() * undisturbed.seconds).toSorted(
    (a, b) => a - b,
  );
  const startedAt = performance.now();
  for (const moment of moments) {
    await delay(Math.max(0, moment * 1000 - (performance.now() - startedAt)));
    if (random.chance(0.35)) {
      await bed.service.killWorker();
      await delay(random.below(500));
      await bed.service.startWorkerAgain();
    } else {
      inFlight.push(...(await killEncoder(jobId, random.pick(["0", "1"]))));
    }
  }
  return inFlight;
}

describe("a chunked job under fire", () => {
  it.each(SEEDS)(
    "ends like the undisturbed one and repeats only what was in flight (seed %i)",
    async (seed) => {
      const job = await createJob();
      const following = bed.client.finish(job.id, 170_000);
      const inFlight = await playBlows(seededRandom(seed), job.id);

      const views = await following;
      expect(findDisorder(views)).toEqual([]);
      expect(await outputHashes(finalView(views))).toEqual(undisturbed.hashes);
      const changes = bed.service.taskChanges(job.id);
      const chunks = [...new Set(changes.map(({ task }) => task))].filter((task) =>
        task.startsWith("chunk-"),
      );
      expect(chunks.length).toBeGreaterThan(2);
      for (const task of chunks) {
        const attempts = Math.max(
          ...changes.filter((change) => change.task === task).map(({ attempt }) => attempt),
        );
        // A Worker that was killed may not have logged a lease that it had granted, so one more is possible.
        const losses = inFlight.filter((held) => held === task).length;
        expect(attempts, `attempts of ${task}`).toBeLessThanOrEqual(1 + losses + 1);
      }
      const repeated = bed.service.attemptEnds(job.id).filter(({ outcome }) => outcome === "done");
      const doneChunks = repeated.filter(({ taskId }) => taskId.startsWith("chunk-")).length;
      expect(doneChunks).toBeLessThanOrEqual(chunks.length + inFlight.length);
    },
  );
});
