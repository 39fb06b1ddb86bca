/** Long sources through the whole service: cut into chunks, joined, and nothing of the seams to be seen or heard. */
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { downloadFile } from "../support/download-file.ts";
import { downloadHls } from "../support/hls-download.ts";
import { finalView, type JobView, outputOf } from "../support/job-client.ts";
import { frameLumas, frameTimes, lavfi, makeClip, probeEntry } from "../support/make-clip.ts";
import { findDisorder } from "../support/status-order.ts";
import { readStoredState } from "../support/stored-objects.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

const MARK_SECONDS = 10;
const SYNC_SECONDS = 20 * 60;
const SCENE_SECONDS = 30;

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed(
    async (directory) => ({
      "sync.mov": await makeSyncClip(directory),
      "scenes.mp4": await makeScenesClip(directory),
    }),
    { encoderCount: 2 },
  );
}, 120_000);

afterAll(() => bed?.close());

/** Twenty minutes in which a white frame and a beep begin together every ten seconds. */
async function makeSyncClip(directory: string): Promise<Buffer> {
  const flash = `between(t,5,5.039)`;
  const piece = await makeClip(directory, "piece.mov", [
    ...lavfi(`color=black:s=64x36:r=25:d=${MARK_SECONDS},drawbox=color=white:t=fill:enable='${flash}'`),
    ...lavfi(`aevalsrc='0.8*sin(2*PI*1000*t)*between(t,5,5.1)':s=48000:d=${MARK_SECONDS}`),
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-pix_fmt", "yuv420p", "-bf", "0"],
    ...["-c:a", "pcm_s16le"],
  ]);
  const path = `${directory}/sync.mov`;
  const loops = String(SYNC_SECONDS / MARK_SECONDS - 1);
  await execute(tools.ffmpegPath, [
    ...["-nostdin", "-v", "error", "-y", "-stream_loop", loops, "-i", piece, "-c", "copy"],
    ...["-movflags", "+faststart", path],
  ]);
  const bytes = await readFile(path);
  await rm(path);
  return bytes;
}

/** A still, a slow zoom and grain in movement, half a minute each: as unlike in their cost as scenes get. */
async function makeScenesClip(directory: string): Promise<Buffer> {
  const seconds = SCENE_SECONDS;
  const graph = [
    `smptebars=s=320x180:r=25:d=${seconds},noise=alls=2:allf=t,format=yuv420p[a]`,
    `mandelbrot=s=320x180:r=25:end_scale=0.01:end_pts=${25 * seconds},trim=duration=${seconds},format=yuv420p,setsar=1[b]`,
    `testsrc2=s=320x180:r=25:d=${seconds},noise=alls=12:allf=t,format=yuv420p[c]`,
    `[a]setsar=1[d];[c]setsar=1[e];[d][b][e]concat=n=3[v]`,
  ].join(";");
  const path = await makeClip(directory, "scenes.mp4", [
    ...["-filter_complex", graph, "-map", "[v]"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "16", "-g", "100", "-movflags", "+faststart"],
  ]);
  return readFile(path);
}

async function finishedJob(source: string, outputs: object, settings: object = {}): Promise<JobView> {
  const job = await bed.client.create({
    input: { url: bed.media.url(source) },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin, events: true },
    settings,
    outputs,
  });
  const views = await bed.client.finish(job.id, 170_000);
  expect(findDisorder(views)).toEqual([]);
  expect(finalView(views)).toMatchObject({ status: "job.completed", progress: "100%" });
  return finalView(views);
}

/** The job's tasks by the Worker's own log. */
const tasksOf = (job: JobView): string[] => [
  ...new Set(bed.service.taskChanges(job.id).map(({ task }) => task)),
];

const chunksOf = (job: JobView): string[] => tasksOf(job).filter((task) => task.startsWith("chunk-"));

/** Seconds at which the tone begins, one per mark; quieter than a third of it is an echo of the codec. */
async function beepTimes(path: string): Promise<number[]> {
  const rateHz = 8_000;
  const args = [
    "-v",
    "error",
    "-i",
    path,
    "-map",
    "0:a:0",
    "-af",
    `aresample=osr=${rateHz}:async=1:first_pts=0`,
  ];
  const { stdout } = await execute(tools.ffmpegPath, [...args, "-ac", "1", "-f", "f32le", "-"], {
    encoding: "buffer",
    maxBuffer: 2 ** 28,
  });
  const sound = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
  const onsets: number[] = [];
  let quietUntil = 0;
  sound.forEach((sample, index) => {
    if (index >= quietUntil && Math.abs(sample) > 0.3) {
      onsets.push(index / rateHz);
      quietUntil = index + rateHz;
    }
  });
  return onsets;
}

async function flashTimes(path: string): Promise<number[]> {
  const lumas = await frameLumas(path);
  const times = await frameTimes(path);
  expect(lumas).toHaveLength(times.length);
  return times.filter((_, index) => (lumas[index] ?? 0) > 128);
}

describe("a film of twenty minutes", () => {
  it("keeps sound and picture together at every mark, as a file and as a stream", async () => {
    const job = await finishedJob(
      "sync.mov",
      {
        "mp4:64x36::quality=5": { path: "/sync.mp4" },
        httpstream: { hls: { path: "/hls" }, variants: ["mp4:x36::quality=5"] },
      },
      { ultrafast: true },
    );
    expect(chunksOf(job).length).toBeGreaterThan(10);
    const file = await downloadFile(outputOf(job, "mp4:64x36::quality=5").url, bed.directory, "sync.mp4");
    const [stream] = (outputOf(job, "httpstream").urls ?? []) as { url: string }[];
    const [variant] = await downloadHls(stream?.url ?? "", `${bed.directory}/hls`);

    expect(await frameTimes(file)).toEqual(
      Array.from({ length: SYNC_SECONDS * 25 }, (_, index) => Number((index / 25).toFixed(6))),
    );
    for (const path of [file, variant?.playlistPath ?? ""]) {
      const flashes = await flashTimes(path);
      const beeps = await beepTimes(path);
      expect(flashes).toHaveLength(SYNC_SECONDS / MARK_SECONDS);
      expect(beeps).toHaveLength(flashes.length);
      // Sound is read from the file's start, which in a stream is its earliest sample, before the first frame.
      const start = Number(await probeEntry(path, "v:0", "format=start_time"));
      const offsets = flashes.map((flash, index) => (beeps[index] ?? Infinity) - (flash - start));
      expect(Math.max(...offsets.map(Math.abs))).toBeLessThan(0.02);
      expect(Math.abs((offsets.at(-1) ?? Infinity) - (offsets[0] ?? 0))).toBeLessThan(0.002);
    }
  });
});

describe("a bitrate output of very different scenes", () => {
  it.each(["mp4:320x180_300k:x", "mp4:320x180_300k:x:2pass"])(
    "lands within 3 %% of its rate: %s",
    async (format) => {
      const job = await finishedJob("scenes.mp4", { [format]: { path: "/rate.mp4" } });
      expect(chunksOf(job).length).toBeGreaterThan(1);
      expect(tasksOf(job).filter((task) => task.startsWith("analyze-"))).toHaveLength(chunksOf(job).length);
      const path = await downloadFile(outputOf(job, format).url, bed.directory, "rate.mp4");
      const rateBps = Number(await probeEntry(path, "v:0", "stream=bit_rate"));
      expect(Math.abs(rateBps / 300_000 - 1)).toBeLessThan(0.03);
      expect(await frameTimes(path)).toHaveLength(3 * SCENE_SECONDS * 25);
    },
  );
});

describe("after all that", () => {
  it("no work file is left and the encoders' disks are empty", async () => {
    await expect.poll(async () => bed.service.scratchFiles(), { timeout: 15_000 }).toEqual([]);
    await bed.service.stop();
    const { objectKeys, jobs } = await readStoredState(bed.service.paths);
    expect(objectKeys.filter((key) => !key.startsWith("hosted/"))).toEqual([]);
    expect(jobs.filter(({ isOpen }) => isOpen)).toEqual([]);
  });
});
