import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encoderStatusSchema, type TaskReport, type TaskResult } from "../../../encoder/contract/report.ts";
import type { AnimationTask, EncodeTask } from "../../../encoder/contract/task.ts";
import { CONTRACT_VERSION } from "../../../encoder/contract/version.ts";
import { type EncoderProcess, startEncoderProcess } from "../../support/encoder-process.ts";
import { aJobId, anEncodeTask, anImageTask, anIngestTask } from "../../support/encoder-tasks.ts";
import { type LocalServer, serveBytes, startLocalServer } from "../../support/local-server.ts";
import { frameTimes, lavfi, makeClip, makeTestDirectory, SHARP_H264 } from "../../support/make-clip.ts";
import {
  aFrame,
  anAnimationSpec,
  anImageSpec,
  aRenditionSpec,
  aPictureSpec,
  aVideoSpec,
} from "../../support/output-specs.ts";
import { type S3Sink, startS3Sink } from "../../support/s3-sink.ts";

let directory: { path: string; remove: () => Promise<void> };
let clip: Buffer;
let longClip: Buffer;

beforeAll(async () => {
  directory = await makeTestDirectory();
  const inputs = [
    ...lavfi("testsrc2=s=320x180:r=25"),
    ...lavfi("sine=997:r=48000"),
    ...SHARP_H264,
    "-c:a",
    "aac",
  ];
  clip = await readFile(await makeClip(directory.path, "clip.mp4", [...inputs, "-t", "2"]));
  longClip = await readFile(await makeClip(directory.path, "long.mp4", [...inputs, "-t", "20"]));
});
afterAll(() => directory.remove());

let sink: S3Sink;
let files: LocalServer;
let encoder: EncoderProcess;
/** What the file server does instead of serving, by path. */
let special: Record<string, (request: IncomingMessage, response: ServerResponse) => void>;
const others: { close: () => Promise<unknown> }[] = [];

beforeEach(async () => {
  special = {};
  files = await startLocalServer((request, response) => {
    const name = new URL(request.url ?? "", "http://x").pathname;
    const serve =
      special[name] ?? ((_, out) => serveBytes(request, out, name === "/long.mp4" ? longClip : clip));
    serve(request, response);
  });
  sink = await startS3Sink();
  encoder = await startEncoderProcess();
});
afterEach(async () => {
  await Promise.all([encoder, files, sink, ...others.splice(0)].map((one) => one.close()));
});

const source = (name = "clip.mp4") => ({ url: `${files.origin}/${name}?signature=s3cret` });

/** 320x180 with a keyframe every second, into the sink. */
function anEncode(changes: Partial<EncodeTask> = {}, key = "work/a.mp4"): EncodeTask {
  const rendition = aRenditionSpec({ video: aVideoSpec({ keyframeIntervalSeconds: 1 }) });
  return anEncodeTask({ source: source(), rendition, object: { store: sink.store, key }, ...changes });
}

/** Takes long enough to be met in the middle. */
function aLongEncode(changes: Partial<EncodeTask> = {}): EncodeTask {
  const rendition = aRenditionSpec({
    video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(1920, 1080) }) }),
  });
  return anEncode({ source: source("long.mp4"), rendition, ...changes });
}

function resultOf(report: TaskReport): TaskResult {
  expect(report).toMatchObject({ state: "done" });
  if (report.state !== "done") {
    throw new Error("the task is not done");
  }
  return report.result;
}

/** Processes called ffmpeg that this encoder started and that run. */
function ffmpegPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, name, , parent] =
          /^\d+ \((.*)\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
        return name === "ffmpeg" && Number(parent) === encoder.child.pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function eventually(condition: () => boolean, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(condition()).toBe(true);
}

async function startAndWaitForFfmpeg(task: EncodeTask): Promise<number[]> {
  expect(await encoder.start(task)).toMatchObject({ status: 201 });
  await eventually(() => ffmpegPids().length > 0);
  return ffmpegPids();
}

describe("a job's tasks", () => {
  it("goes from source to MP4, images and HLS package, with one download for all of them", async () => {
    const jobId = aJobId();
    const ingest = anIngestTask({ jobId, taskId: "ingest", source: source() });
    await encoder.start(ingest);
    expect(resultOf(await encoder.finish(ingest))).toMatchObject({
      kind: "ingest",
      mediaInfo: { sizeBytes: clip.length, video: { widthPx: 320, heightPx: 180 }, audio: { codec: "aac" } },
    });

    const encode = anEncode({ jobId, taskId: "encode" });
    const seen: TaskReport[] = [];
    await encoder.start(encode);
    const encoded = resultOf(await encoder.finish(encode, (report) => seen.push(report)));
    const video = sink.objects.get("work/a.mp4");
    expect(encoded).toMatchObject({
      kind: "encode",
      object: { key: "work/a.mp4", sizeBytes: video?.bytes.length },
    });
    expect(video?.headers["content-type"]).toBe("video/mp4");
    await writeFile(path.join(directory.path, "encoded.mp4"), video?.bytes ?? "");
    expect(await frameTimes(path.join(directory.path, "encoded.mp4"))).toHaveLength(50);
    const percents = seen.flatMap((report) => (report.state === "running" ? [report.progressPercent] : []));
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));

    const image = anImageSpec({
      picture: { ...anImageSpec().picture, frame: aFrame(160, 90) },
      atSeconds: [0, 1],
    });
    const keys = ["img/0001.png", "img/0002.png"];
    const images = anImageTask({ jobId, taskId: "images", source: source(), image, store: sink.store, keys });
    await encoder.start(images);
    expect(resultOf(await encoder.finish(images))).toMatchObject({
      kind: "image",
      objects: keys.map((key) => ({ key })),
    });
    const [first, second] = keys.map((key) => sink.objects.get(key)?.bytes ?? Buffer.alloc(0));
    expect(first?.subarray(1, 4).toString()).toBe("PNG");
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(false);

    expect(files.requests).toHaveLength(1);
  });

  it("writes the list of thumbnails after them, and a moving picture", async () => {
    const text = "WEBVTT\n\n00:00.000 --> 00:01.000\n0001.png\n";
    const vtt = { key: "img/thumbnails.vtt", text };
    const keys = ["img/0001.png"];
    const images = anImageTask({ source: source(), store: sink.store, keys, vtt });
    await encoder.start(images);
    expect(resultOf(await encoder.finish(images))).toMatchObject({
      objects: [{ key: "img/0001.png" }, { key: "img/thumbnails.vtt" }],
    });
    const list = sink.objects.get(vtt.key);
    expect([list?.bytes.toString(), list?.headers["content-type"]]).toEqual([
      text,
      "text/vtt; charset=utf-8",
    ]);

    const { jobId, taskId, attempt, contract, slots } = images;
    const moving: AnimationTask = {
      ...{ jobId, taskId: `${taskId}-moving`, attempt, contract, slots },
      kind: "animation",
      source: source(),
      threads: 1,
      animation: anAnimationSpec(),
      watermarkUrls: [],
      object: { store: sink.store, key: "img/moving.gif" },
    };
    await encoder.start(moving);
    expect(resultOf(await encoder.finish(moving))).toMatchObject({ kind: "animation" });
    const gif = sink.objects.get("img/moving.gif");
    expect([gif?.bytes.subarray(0, 4).toString(), gif?.headers["content-type"]]).toEqual([
      "GIF8",
      "image/gif",
    ]);
  });

  it("downloads a source once for tasks that run at the same time", async () => {
    const jobId = aJobId();
    const tasks = [anEncode({ jobId, taskId: "a" }, "a.mp4"), anEncode({ jobId, taskId: "b" }, "b.mp4")];
    await Promise.all(tasks.map((task) => encoder.start(task)));
    const reports = await Promise.all(tasks.map((task) => encoder.finish(task)));
    expect(reports.map(({ state }) => state)).toEqual(["done", "done"]);
    expect(files.requests).toHaveLength(1);
    expect(await encoder.forgetJob(jobId)).toBe(204);
  });

  it("only repeats the upload when the destination is down for a while", async () => {
    let refusals = 0;
    sink.intercept = () => {
      refusals += 1;
      return refusals <= 4 ? { httpStatus: refusals % 2 === 0 ? 500 : 503, code: "SlowDown" } : null;
    };
    const task = anEncode();
    const phases: string[] = [];
    await encoder.start(task);
    await encoder.finish(task, (report) => {
      if (report.state === "running" && phases.at(-1) !== report.phase) {
        phases.push(report.phase);
      }
    });
    expect(sink.objects.has("work/a.mp4")).toBe(true);
    expect(phases.filter((phase) => phase === "encoding").length).toBeLessThanOrEqual(1);
    expect(phases.at(-1)).toBe("uploading");
    expect(encoder.log().match(/"event":"task\.encode"/g)).toHaveLength(1);
    expect(encoder.log()).toContain('"outcome":"done"');
  });
});

describe("failures", () => {
  it.each([
    ["/gone.mp4", 404, { code: "source_not_found", httpStatus: 404 }],
    ["/denied.mp4", 403, { code: "source_denied", httpStatus: 403 }],
  ])("reports what the source's server said of %s", async (name, status, failure) => {
    special[name] = (_, response) => void response.writeHead(status).end("a page that nobody may see");
    const task = anIngestTask({ source: { url: `${files.origin}${name}` } });
    await encoder.start(task);
    expect(await encoder.finish(task)).toMatchObject({ state: "failed", failure });
  });

  it("reports a source that is no media", async () => {
    special["/text.mp4"] = (_, response) => void response.end("once upon a time");
    const task = anIngestTask({ source: { url: `${files.origin}/text.mp4` } });
    await encoder.start(task);
    expect(await encoder.finish(task)).toMatchObject({
      state: "failed",
      failure: { code: "source_not_media" },
    });
  });

  it("reports a source beyond the longest duration", async () => {
    const strict = await startEncoderProcess({ SOURCE_MAX_SECONDS: "1" });
    others.push(strict);
    const task = anIngestTask({ source: source() });
    await strict.start(task);
    expect(await strict.finish(task)).toMatchObject({
      state: "failed",
      failure: { code: "source_limits_exceeded", limit: "a duration of at most 1 s" },
    });
  });

  it("hands a task on when the scratch space is taken", async () => {
    const small = await startEncoderProcess({
      SCRATCH_MAX_BYTES: String(clip.length + 1_000),
      SOURCE_MAX_BYTES: String(clip.length + 1_000),
    });
    others.push(small);
    special["/slow.mp4"] = (_, response) =>
      void response.writeHead(200, { "content-length": clip.length }).write("x");
    const holder = anIngestTask({ source: { url: `${files.origin}/slow.mp4` } });
    await small.start(holder);
    await eventually(() => files.requests.length === 1);
    const task = anIngestTask({ source: source() });
    await small.start(task);
    expect(await small.finish(task)).toMatchObject({ state: "failed", failure: { code: "scratch_full" } });
  });

  it("refuses sources on private addresses in production", async () => {
    const strict = await startEncoderProcess({ ALLOW_PRIVATE_NETWORK: "false" });
    others.push(strict);
    const byName = source().url.replace("127.0.0.1", "localhost");
    for (const url of [source().url, byName]) {
      const task = anIngestTask({ source: { url } });
      await strict.start(task);
      expect(await strict.finish(task)).toMatchObject({ failure: { code: "source_address_forbidden" } });
    }
    expect(files.requests).toEqual([]);
  });

  it("keeps queries, passwords and keys out of its log", async () => {
    special["/denied.mp4"] = (_, response) =>
      void response.writeHead(302, { location: "http://u:hunter2@127.0.0.1:1/?sig=s3cret" }).end();
    const url = `${files.origin.replace("//", "//user:hunter2@")}/denied.mp4?sig=s3cret`;
    const failing = anIngestTask({ source: { url } });
    const refused = anEncode({ object: { store: { ...sink.store, bucket: "other" }, key: "k" } });
    await Promise.all([encoder.start(failing), encoder.start(refused)]);
    await Promise.all([encoder.finish(failing), encoder.finish(refused)]);
    expect(encoder.log()).toContain("source_unreachable");
    expect(encoder.log()).toContain("destination_not_found");
    expect(encoder.log()).not.toMatch(/s3cret|hunter2|secret\/with\+signs/);
  });
});

describe("attempts", () => {
  it("is the same as once to start an attempt twice, and busy beyond its slots", async () => {
    const [first, second, third] = [aLongEncode(), aLongEncode(), aLongEncode()];
    expect(await encoder.start(first)).toMatchObject({ status: 201 });
    expect(await encoder.start(first)).toMatchObject({ status: 200 });
    expect(await encoder.start(second)).toMatchObject({ status: 201 });
    expect(await encoder.start(third)).toEqual({ status: 409, code: "busy" });
    await encoder.forget(first);
    expect(await encoder.start(third)).toMatchObject({ status: 201 });
  });

  it("lets a higher attempt end the older one", async () => {
    const task = aLongEncode();
    const [pid] = await startAndWaitForFfmpeg(task);
    const next = anEncode({ jobId: task.jobId, attempt: 2 });
    expect(await encoder.start(next)).toMatchObject({ status: 201 });
    expect(await encoder.start(task)).toEqual({ status: 409, code: "superseded" });
    await eventually(() => !existsSync(`/proc/${pid}`));
    expect(await encoder.finish(next)).toMatchObject({ state: "done", attempt: 2 });
  });

  it("ends FFmpeg and deletes the files of a cancelled attempt", async () => {
    const task = aLongEncode();
    const [pid] = await startAndWaitForFfmpeg(task);
    expect(await encoder.forgetJob(task.jobId)).toBe(204);
    await eventually(() => !existsSync(`/proc/${pid}`));
    const own = path.join(encoder.scratchDirectory, readdirSync(encoder.scratchDirectory)[0] ?? "");
    await eventually(() => readdirSync(path.join(own, "tasks")).length === 0);
    await eventually(() => readdirSync(path.join(own, "sources")).length === 0);
    expect(sink.objects.size).toBe(0);
  });
});

describe("the end of the process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "hands its tasks back on %s and leaves nothing behind",
    async (signal) => {
      const task = aLongEncode();
      const [pid] = await startAndWaitForFfmpeg(task);
      const finished = encoder.finish(task);
      const startedAt = performance.now();
      const exitCode = encoder.end(signal);
      expect(await finished).toMatchObject({ state: "failed", failure: { code: "encoder_stopping" } });
      expect(await exitCode).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(existsSync(`/proc/${pid}`)).toBe(false);
      expect(readdirSync(encoder.scratchDirectory)).toEqual([]);
    },
  );

  it("ends at once when it has nothing to do", async () => {
    const startedAt = performance.now();
    expect(await encoder.end("SIGTERM")).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("leaves no FFmpeg behind when it is killed, and its successor deletes its files", async () => {
    const [pid] = await startAndWaitForFfmpeg(aLongEncode());
    await encoder.end("SIGKILL");
    await eventually(() => !existsSync(`/proc/${pid}`));
    const [left] = readdirSync(encoder.scratchDirectory);
    expect(left).toMatch(/^process-/);
    const foreign = path.join(encoder.scratchDirectory, "somebody-elses");
    await mkdir(foreign);
    const successor = await startEncoderProcess({ ENCODER_SCRATCH_DIR: encoder.scratchDirectory });
    others.push(successor);
    const names = readdirSync(encoder.scratchDirectory);
    expect(names).not.toContain(left);
    expect(names).toContain("somebody-elses");
    expect(names).toHaveLength(2);
  });
});

describe("the start of the process", () => {
  async function startWith(
    env: Record<string, string>,
  ): Promise<{ exitCode: number | null; stderr: string }> {
    const main = path.join(import.meta.dirname, "../../../encoder/main.ts");
    const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    return new Promise((resolve) => child.on("close", (exitCode) => resolve({ exitCode, stderr })));
  }

  it("says in a sentence what is wrong with the environment", async () => {
    const outcome = await startWith({ PATH: process.env["PATH"] ?? "", PORT: "http", ENCODER_TOKEN: "t" });
    expect(outcome).toEqual({ exitCode: 1, stderr: 'PORT ("http"): is not a whole number.\n' });
  });

  it("says in a sentence that FFmpeg is missing", async () => {
    const outcome = await startWith({ PATH: "/nonexistent", PORT: "0", ENCODER_TOKEN: "t" });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toMatch(/^Copra needs ffmpeg .*install.*\n$/);
  });

  it("says in a sentence that its port is taken", async () => {
    const port = new URL(encoder.origin).port;
    const outcome = await startWith({ PATH: process.env["PATH"] ?? "", PORT: port, ENCODER_TOKEN: "t" });
    expect(outcome.exitCode).toBe(1);
    expect(outcome.stderr).toMatch(
      new RegExp(`^The encoder cannot listen on 127.0.0.1:${port}: .*EADDRINUSE`),
    );
  });

  it("names FFmpeg's version and a boot id that changes with each start", async () => {
    const successor = await startEncoderProcess();
    others.push(successor);
    const [first, second] = await Promise.all(
      [encoder, successor].map(async (one) =>
        encoderStatusSchema.parse(await (await one.request("/health")).json()),
      ),
    );
    expect(first).toMatchObject({
      contract: CONTRACT_VERSION,
      slots: 2,
      slotsFree: 2,
      ffmpegVersion: expect.stringMatching(/^\d/),
    });
    expect(first?.bootId).not.toBe(second?.bootId);
  });
});
