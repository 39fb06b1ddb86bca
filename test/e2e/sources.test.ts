/** Inputs that cannot be had, cannot be read, or are not what one expects, from servers of every kind. */
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../worker/cli/ports.ts";
import { type ClockClip, makeClockClip, shownTimes } from "../support/clock-clip.ts";
import { downloadFile } from "../support/download-file.ts";
import { downloadHls } from "../support/hls-download.ts";
import { finalView, type JobView } from "../support/job-client.ts";
import { lavfi, makeClip, probeEntry } from "../support/make-clip.ts";
import { findDisorder } from "../support/status-order.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const SECONDS = 5;

let bed: TestBed;
let clip: ClockClip;
let deadPort: number;

beforeAll(async () => {
  bed = await startTestBed(async (directory) => {
    clip = await makeClockClip(directory, "source.mp4", { seconds: SECONDS });
    const silent = await makeClockClip(directory, "silent.mp4", { seconds: SECONDS, withSound: false });
    const sound = await readFile(await makeClip(directory, "sound.mp3", lavfi("sine=f=440:d=5")));
    const indexAtEnd = await readFile(
      await makeClip(directory, "index-at-end.mp4", lavfi("testsrc2=s=320x180:d=5")),
    );
    const status = (code: number) => (_: unknown, response: ServerResponse) =>
      void response.writeHead(code).end("no");
    return {
      "source.mp4": clip.bytes,
      "silent.mp4": silent.bytes,
      "sound.mp3": sound,
      "forbidden.mp4": status(403),
      "broken.mp4": status(500),
      "text.mp4": Buffer.from("This is not a video.\n".repeat(500)),
      "empty.mp4": Buffer.alloc(0),
      "cut-off.mp4": indexAtEnd.subarray(0, Math.floor(indexAtEnd.length * 0.6)),
      "breaks.mp4": (_, response) => {
        response.writeHead(200, { "content-length": clip.bytes.length });
        response.write(clip.bytes.subarray(0, 5_000), () => response.destroy());
      },
      "no-range.mp4": (_, response) =>
        void response.writeHead(200, { "accept-ranges": "none" }).end(clip.bytes),
      "moved.mp4": (_, response) =>
        void response.writeHead(302, { location: "/source.mp4?signature=1" }).end(),
      "slow.mp4": (_, response) => void setTimeout(() => response.writeHead(200).end(clip.bytes), 6_000),
    };
  });
  [deadPort = 0] = await freePorts(1);
});

afterAll(() => bed?.close());

async function run(url: string, outputs: object): Promise<{ views: JobView[]; job: JobView }> {
  const created = await bed.client.create({
    input: { url },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin, events: true, metadata: true },
    outputs,
  });
  const views = await bed.client.finish(created.id);
  return { views: [created, ...views], job: finalView(views) };
}

describe.concurrent("an input that cannot be had or read", () => {
  it.each([
    {
      name: "missing.mp4",
      code: "source_not_found",
      error:
        "The input could not be downloaded: its server answered HTTP 404. Check that the URL still exists.",
    },
    {
      name: "forbidden.mp4",
      code: "source_denied",
      error:
        "The input could not be downloaded: its server answered HTTP 403. Check the URL's signature, expiry and permissions.",
    },
    {
      name: "broken.mp4",
      code: "source_server_error",
      error: "The input could not be downloaded: its server kept answering HTTP 500.",
    },
    {
      name: "nobody-listens",
      code: "source_unreachable",
      error: "The input could not be downloaded: its server could not be reached.",
    },
    {
      name: "breaks.mp4",
      code: "source_interrupted",
      error: "The input could not be downloaded: the transfer broke off before the end.",
    },
    { name: "empty.mp4", code: "source_empty", error: "The input is an empty file." },
    {
      name: "text.mp4",
      code: "source_not_media",
      error:
        "The input is not a video, audio or image file that can be read; it may be damaged or incomplete.",
    },
    {
      name: "cut-off.mp4",
      code: "source_not_media",
      error:
        "The input is not a video, audio or image file that can be read; it may be damaged or incomplete.",
    },
  ])("fails the job with $code for $name and tells that once", async ({ name, code, error }) => {
    const url = name === "nobody-listens" ? `http://127.0.0.1:${deadPort}/a.mp4` : bed.media.url(name);

    const { views, job } = await run(url, {
      "mp4:x90": { path: "/a.mp4" },
      jpg: { path: "/a.jpg", if: "{{ input.width }} > 0" },
      httpstream: { hls: { path: "/hls" } },
    });

    expect(findDisorder(views)).toEqual([]);
    expect(job).toMatchObject({
      status: "job.failed",
      progress: "100%",
      completed_at: expect.stringMatching(/^\d{4}-/),
    });
    expect(job.input).toEqual({ status: "input.failed", error, error_code: code });
    expect(job.outputs).toEqual([
      { key: "mp4:x90", type: "video", format: "mp4:x90", status: "video.aborted" },
      { key: "jpg", type: "image", format: "jpg", status: "image.aborted" },
      { key: "httpstream", type: "httpstream", format: "httpstream", status: "httpstream.aborted" },
    ]);
    const deliveries = await bed.webhooks.untilJobEvent(job.id);
    expect(deliveries.map(({ body }) => body)).toEqual([
      {
        job_id: job.id,
        event: "job.failed",
        metadata: false,
        data: {
          type: "job",
          status: "job.failed",
          progress: "100%",
          id: job.id,
          created_at: job.created_at,
          completed_at: job.completed_at,
          input: job.input,
          outputs: job.outputs,
        },
      },
    ]);
  });
});

describe.concurrent("a server that behaves otherwise", () => {
  it.each([
    { name: "no-range.mp4", what: "has no ranges" },
    { name: "moved.mp4", what: "redirects" },
    { name: "slow.mp4", what: "takes 6 s to begin" },
  ])("that $what is as good as any", async ({ name }) => {
    const { views, job } = await run(bed.media.url(name), { "mp4:x90": { path: `/a.mp4` } });

    expect(job.status).toBe("job.completed");
    expect(findDisorder(views)).toEqual([]);
    const path = await downloadFile(job.outputs[0]?.url, bed.directory, name);
    const errors = (await shownTimes(path, clip)).map((time, index) => Math.abs(time - index / 25));
    expect(errors).toHaveLength(SECONDS * 25);
    expect(Math.max(...errors)).toBeLessThan(0.2);
  });
});

describe.concurrent("an input with one kind of track", () => {
  it("gives sound alone where it has no picture, and fails only what needs one", async () => {
    const { job } = await run(bed.media.url("sound.mp3"), {
      "mp4:x90": { path: "/sound.mp4" },
      "jpg:160x": { path: "/%d.jpg", number: 2 },
      httpstream: { hls: { path: "/hls" } },
    });

    expect(job.status).toBe("job.failed");
    expect(job.outputs.map(({ status, error_code }) => [status, error_code])).toEqual([
      ["video.encoded", undefined],
      ["image.failed", "input_has_no_video"],
      ["httpstream.packaged", undefined],
    ]);
    const path = await downloadFile(job.outputs[0]?.url, bed.directory, "sound.mp4");
    expect(await probeEntry(path, "v:0", "stream=width")).toBe("");
    expect(Number(await probeEntry(path, "a:0", "stream=duration"))).toBeCloseTo(SECONDS, 0);
    const [stream] = (job.outputs[2]?.urls ?? []) as { url: string }[];
    const variants = await downloadHls(stream?.url ?? "", `${bed.directory}/hls-sound`);
    expect(variants.map(({ heightPx, codecs }) => [heightPx, codecs])).toEqual([[null, "mp4a.40.2"]]);
  });

  it("gives the picture alone where it has no sound, and fails only what needs it", async () => {
    const { job } = await run(bed.media.url("silent.mp4"), {
      "mp4:x90": { path: "/silent.mp4" },
      "mp4:x:64k": { path: "/sound.mp4" },
      httpstream: { hls: { path: "/hls" } },
    });

    expect(job.outputs.map(({ status, error_code }) => [status, error_code])).toEqual([
      ["video.encoded", undefined],
      ["video.failed", "input_has_no_audio"],
      ["httpstream.packaged", undefined],
    ]);
    const path = await downloadFile(job.outputs[0]?.url, bed.directory, "no-sound.mp4");
    expect(await probeEntry(path, "a:0", "stream=codec_name")).toBe("");
    expect(await shownTimes(path, clip)).toHaveLength(SECONDS * 25);
    const [stream] = (job.outputs[2]?.urls ?? []) as { url: string }[];
    const variants = await downloadHls(stream?.url ?? "", `${bed.directory}/hls-silent`);
    expect(variants.map(({ heightPx }) => heightPx)).toEqual([180]);
    expect(variants[0]?.codecs).not.toContain("mp4a");
    expect(await shownTimes(variants[0]?.playlistPath ?? "", clip)).toHaveLength(SECONDS * 25);
  });
});
