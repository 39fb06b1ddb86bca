/** One job with every kind of output, from the request to the pixels, the webhooks and the tidying up. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClockClip, heardTime, makeClockClip, picturedTime, shownTimes } from "../support/clock-clip.ts";
import { downloadFile } from "../support/download-file.ts";
import { eventually } from "../support/eventually.ts";
import { downloadHls, type HlsVariant } from "../support/hls-download.ts";
import { finalView, type JobView, type OutputView, outputOf, percentOf } from "../support/job-client.ts";
import { frameTimes, probeEntry } from "../support/make-clip.ts";
import { findDisorder } from "../support/status-order.ts";
import { readStoredState } from "../support/stored-objects.ts";
import { verifySignature, type Received } from "../support/webhook-sink.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const SECONDS = 10;
const FRAME_SECONDS = 1 / 25;

let bed: TestBed;
let clip: ClockClip;
let created: JobView;
let views: JobView[];
let job: JobView;
let deliveries: Received[];

const REQUEST_OUTPUTS = {
  "mp4:240p": { path: "/preset.mp4" },
  "mp4:160x120_150k:64k_22050hz_mono": { path: "/boxed.mp4" },
  "mp4:160x::quality=4,maxrate=200k": { path: "/quality.mp4", key: "by-quality" },
  "mp4:x90": [
    { path: "/part-1.mp4", offset: 4, duration: 3 },
    { path: "/part-2.mp4", offset: 8 },
  ],
  "mp4:x:64k": { path: "/sound.mp4" },
  "mp4:1080p": { path: "/never.mp4", if: "{{ input.width }} >= 1920" },
  "mp4:x120": {
    path: "/wide.mp4",
    if: "{{ input.width }} > {{ input.height }} and {{ input.duration }} < 60",
  },
  "jpg:160x": [
    { path: "/numbered_%.2d.jpg", number: 4 },
    { path: "/asked_%d.jpg", offsets: [7, 2], key: "asked" },
  ],
  "png:x90": { path: "/regular_%03d.png", interval: 3 },
  jpg: { path: "/single.jpg" },
  httpstream: { hls: { path: "/hls" } },
};

beforeAll(async () => {
  bed = await startTestBed(async (directory) => {
    clip = await makeClockClip(directory, "source.mp4", { seconds: SECONDS, size: "640x360" });
    return { "source.mp4": clip.bytes };
  });
  created = await bed.client.create({
    input: { url: bed.media.url("source.mp4") },
    storage: { service: "coconut", path: "/tests" },
    notification: {
      type: "http",
      url: `${bed.webhooks.origin}/hook?a=1`,
      events: true,
      metadata: true,
      params: { b: "2 3" },
    },
    outputs: REQUEST_OUTPUTS,
  });
  views = await bed.client.finish(created.id);
  job = finalView(views);
  deliveries = await bed.webhooks.untilJobEvent(created.id);
}, 120_000);

afterAll(() => bed?.close());

const fetchOutput = (key: string): Promise<string> =>
  downloadFile(outputOf(job, key).url, bed.directory, `${key.replaceAll(/[^a-z0-9]/g, "-")}.mp4`);

/** Source times that the pictures of an image output show, in the order of their URLs. */
async function pictureTimes(key: string): Promise<number[]> {
  const times: number[] = [];
  for (const [index, url] of (outputOf(job, key).urls ?? []).entries()) {
    const path = await downloadFile(
      String(url),
      bed.directory,
      `${index}-${new URL(String(url)).pathname.split("/").at(-1)}`,
    );
    times.push(await picturedTime(path, clip));
  }
  return times;
}

const expectTimes = (times: readonly number[], expected: readonly number[], tolerance = 0.15) => {
  expect(times).toHaveLength(expected.length);
  for (const [index, time] of times.entries()) {
    expect(Math.abs(time - (expected[index] ?? Number.NaN)), `picture ${index} shows ${time}`).toBeLessThan(
      tolerance,
    );
  }
};

describe("a job with every kind of output", () => {
  it("is acknowledged as starting and ends completed, with everything documented and in order on the way", () => {
    expect(Object.keys(created)).toEqual([
      "id",
      "created_at",
      "completed_at",
      "status",
      "progress",
      "input",
      "outputs",
    ]);
    expect(created).toMatchObject({ completed_at: null, status: "job.starting", progress: "0%" });
    expect(created.input).toEqual({ status: "input.starting" });
    expect(created.outputs.every((output) => output.status === `${output.type}.waiting`)).toBe(true);
    expect(job).toMatchObject({
      status: "job.completed",
      progress: "100%",
      input: { status: "input.transferred" },
    });
    expect(job.completed_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000$/);
    expect(findDisorder([created, ...views])).toEqual([]);
  });

  it("shows progress on the way, not only the ends", () => {
    const between = new Set(
      views.map((view) => percentOf(view.progress)).filter((percent) => percent > 0 && percent < 100),
    );

    expect(between.size).toBeGreaterThan(3);
    expect(views.every((view) => (view.progress === "100%") === (view.completed_at !== null))).toBe(true);
  });

  it("lists outputs in the order of the request, with automatic keys for lists", () => {
    expect(job.outputs.map(({ key, type, format, status }) => [key, type, format, status])).toEqual([
      ["mp4:240p", "video", "mp4:240p", "video.encoded"],
      ["mp4:160x120_150k:64k_22050hz_mono", "video", "mp4:160x120_150k:64k_22050hz_mono", "video.encoded"],
      ["by-quality", "video", "mp4:160x::quality=4,maxrate=200k", "video.encoded"],
      ["mp4:x90:1", "video", "mp4:x90", "video.encoded"],
      ["mp4:x90:2", "video", "mp4:x90", "video.encoded"],
      ["mp4:x:64k", "video", "mp4:x:64k", "video.encoded"],
      ["mp4:1080p", "video", "mp4:1080p", "video.skipped"],
      ["mp4:x120", "video", "mp4:x120", "video.encoded"],
      ["jpg:160x:1", "image", "jpg:160x", "image.created"],
      ["asked", "image", "jpg:160x", "image.created"],
      ["png:x90", "image", "png:x90", "image.created"],
      ["jpg", "image", "jpg", "image.created"],
      ["httpstream", "httpstream", "httpstream", "httpstream.packaged"],
    ]);
    expect(Object.keys(outputOf(job, "mp4:240p"))).toEqual(["key", "type", "format", "url", "status"]);
    expect(Object.keys(outputOf(job, "mp4:1080p"))).toEqual(["key", "type", "format", "status"]);
  });

  it.each([
    { key: "mp4:240p", size: "426,240", audio: "44100,2" },
    { key: "mp4:160x120_150k:64k_22050hz_mono", size: "160,120", audio: "22050,1" },
    { key: "by-quality", size: "160,90", audio: "44100,2" },
    { key: "mp4:x120", size: "214,120", audio: "44100,2" },
  ])("makes $key whole: size, sound, every frame at its time", async ({ key, size, audio }) => {
    const path = await fetchOutput(key);

    expect(await probeEntry(path, "v:0", "stream=width,height")).toBe(size);
    expect(await probeEntry(path, "a:0", "stream=sample_rate,channels")).toBe(audio);
    const times = await frameTimes(path);
    expect(times).toHaveLength(SECONDS * 25);
    expect(times[0]).toBeCloseTo(0, 2);
    expect(times.at(-1)).toBeCloseTo(SECONDS - FRAME_SECONDS, 2);
    if (key !== "mp4:160x120_150k:64k_22050hz_mono") {
      expectTimes(await shownTimes(path, clip), times, 0.25);
    }
    // One channel is as loud as each of two, which FFmpeg's decoder adds up to 1.41 times as much.
    const mixed = audio.endsWith(",1") ? Math.SQRT2 : 1;
    expect(Math.abs(mixed * (await heardTime(path, clip, 5)) - 5)).toBeLessThan(0.4);
  });

  it.each([
    { key: "mp4:x90:1", fromSeconds: 4, seconds: 3 },
    { key: "mp4:x90:2", fromSeconds: 8, seconds: 2 },
  ])("cuts $key out of the source, picture and sound alike", async ({ key, fromSeconds, seconds }) => {
    const path = await fetchOutput(key);

    const shown = await shownTimes(path, clip);
    expect(shown).toHaveLength(seconds * 25);
    expectTimes(
      shown,
      shown.map((_, index) => fromSeconds + index * FRAME_SECONDS),
      0.25,
    );
    expect(Math.abs((await heardTime(path, clip, 1)) - (fromSeconds + 1))).toBeLessThan(0.4);
    expect(Number(await probeEntry(path, "a:0", "stream=duration"))).toBeCloseTo(seconds, 0);
  });

  it("leaves the picture out where the format says so", async () => {
    const path = await fetchOutput("mp4:x:64k");

    expect(await probeEntry(path, "v:0", "stream=width")).toBe("");
    expect(Number(await probeEntry(path, "a:0", "stream=duration"))).toBeCloseTo(SECONDS, 0);
  });

  it("takes pictures at the asked times", async () => {
    expectTimes(await pictureTimes("jpg:160x:1"), [2, 4, 6, 8]);
    expectTimes(await pictureTimes("asked"), [7, 2]);
    expectTimes(await pictureTimes("png:x90"), [0, 3, 6, 9]);
    expectTimes(await pictureTimes("jpg"), [5]);
    expect(urlNames(outputOf(job, "jpg:160x:1"))).toEqual(
      [1, 2, 3, 4].map((number) => `numbered_0${number}.jpg`),
    );
    expect(urlNames(outputOf(job, "png:x90"))).toEqual(
      [1, 2, 3, 4].map((number) => `regular_00${number}.png`),
    );
  });

  it("makes a stream of the default variants that do not enlarge the source, sound alone last", async () => {
    const variants = await downloadStream();

    expect(variants.map(({ widthPx, heightPx }) => [widthPx, heightPx])).toEqual([
      [426, 240],
      [640, 360],
      [null, null],
    ]);
    expect(variants.map(({ codecs }) => codecs)).toEqual([
      expect.stringMatching(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/i),
      expect.stringMatching(/^avc1\.[0-9a-f]{6},mp4a\.40\.2$/i),
      "mp4a.40.2",
    ]);
    expect(Math.min(...variants.slice(0, 2).map(({ bandwidthBps }) => bandwidthBps))).toBeGreaterThan(
      variants[2]?.bandwidthBps ?? Number.NaN,
    );
    for (const variant of variants) {
      const total = variant.segmentSeconds.reduce((sum, seconds) => sum + seconds, 0);
      expect(Math.abs(total - SECONDS)).toBeLessThan(0.1);
    }
    for (const variant of variants.filter(({ heightPx }) => heightPx !== null)) {
      expect(variant.segmentSeconds.map(Math.round)).toEqual([6, 4]);
      const shown = await shownTimes(variant.playlistPath, clip);
      expectTimes(
        shown,
        Array.from({ length: SECONDS * 25 }, (_, index) => index * FRAME_SECONDS),
        0.25,
      );
    }
  });

  it("sends every event once and in order, signed and numbered", () => {
    const finished = job.outputs.filter(({ status }) => !status.endsWith(".skipped"));

    expect(deliveries.map(({ body }) => body.event)).toEqual([
      "input.transferred",
      ...finished.map(() => "output.completed"),
      "job.completed",
    ]);
    expect(deliveries.map(({ headers }) => headers["copra-sequence"])).toEqual(
      deliveries.map((_, index) => String(index + 1)),
    );
    expect(deliveries.map(({ headers }) => headers["copra-attempt"])).toEqual(deliveries.map(() => "1"));
    expect(new Set(deliveries.map(({ headers }) => headers["webhook-id"])).size).toBe(deliveries.length);
    for (const delivery of deliveries) {
      expect(delivery.method).toBe("POST");
      expect(delivery.target).toBe("/hook?a=1&b=2%203");
      expect(delivery.headers["content-type"]).toBe("application/json");
      expect(() => verifySignature(delivery, bed.service.webhookSecret)).not.toThrow();
      expect(() =>
        verifySignature({ ...delivery, text: `${delivery.text} ` }, bed.service.webhookSecret),
      ).toThrow();
    }
  });

  it("sends events in Coconut's shapes", async () => {
    const [input, ...rest] = deliveries.map(({ body }) => body);
    const tree = { streams: expect.any(Array), format: expect.any(Object) };

    expect(input).toEqual({
      job_id: job.id,
      event: "input.transferred",
      metadata: true,
      data: { status: "input.transferred", progress: "100%", metadata: tree },
    });
    const skippedCount = 1;
    for (const [index, body] of rest.slice(0, -1).entries()) {
      const { metadata, ...data } = body.data;
      const { format: _, ...output } = outputOf(job, String(data["key"]));
      const progress = `${Math.floor((100 * (index + 1 + skippedCount)) / (job.outputs.length + 1))}%`;
      expect(data).toEqual({ ...output, progress });
      expect(body.metadata).toBe(output.type !== "image");
      expect(metadata).toEqual({ video: tree, image: undefined, httpstream: { hls: tree } }[output.type]);
    }
    const last = rest.at(-1);
    const { outputs, input: lastInput, ...data } = last?.data ?? {};
    expect(data).toEqual({
      type: "job",
      status: "job.completed",
      progress: "100%",
      id: job.id,
      created_at: job.created_at,
      completed_at: job.completed_at,
    });
    expect(lastInput).toEqual({ status: "input.transferred", metadata: tree });
    expect(outputs).toEqual(
      job.outputs.map((output) => (hasMetadata(output) ? expect.objectContaining(output) : output)),
    );
  });

  it("answers the metadata of the input and of every encoded output, whole and by key", async () => {
    const whole = JSON.parse((await bed.client.request("GET", `/metadata/jobs/${job.id}/`)).text) as {
      job_id: string;
      metadata: { input: { format: Record<string, string> }; outputs: Record<string, unknown>[] };
    };
    const byKey = await bed.client.request(
      "GET",
      `/metadata/jobs/${job.id}/mp4:160x120_150k:64k_22050hz_mono/`,
    );

    expect(whole.job_id).toBe(job.id);
    expect(whole.metadata.input.format).toMatchObject({
      filename: bed.media.url("source.mp4"),
      nb_streams: 2,
    });
    expect(whole.metadata.outputs.flatMap(Object.keys)).toEqual(
      job.outputs.filter(hasMetadata).map(({ key }) => key),
    );
    expect(whole.metadata.outputs.at(-1)).toEqual({
      httpstream: { hls: { streams: expect.any(Array), format: expect.any(Object) } },
    });
    expect(JSON.parse(byKey.text)).toMatchObject({
      job_id: job.id,
      metadata: { format: { filename: outputOf(job, "mp4:160x120_150k:64k_22050hz_mono").url } },
    });
    expect((await bed.client.request("GET", `/metadata/jobs/${job.id}/no-such-key`)).status).toBe(404);
    expect((await bed.client.request("GET", `/metadata/jobs/${job.id}/mp4:1080p`)).status).toBe(404);
  });

  it("serves hosted files whole and in ranges, and only under their address", async () => {
    const url = outputOf(job, "mp4:240p").url ?? "";
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    const part = await fetch(url, { headers: { range: "bytes=100-299" } });
    const tail = await fetch(url, { headers: { range: "bytes=-10" } });
    const beyond = await fetch(url, { headers: { range: `bytes=${whole.length}-` } });

    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe(`bytes 100-299/${whole.length}`);
    expect(part.headers.get("content-type")).toBe("video/mp4");
    expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(100, 300))).toBe(true);
    expect(Buffer.from(await tail.arrayBuffer()).equals(whole.subarray(-10))).toBe(true);
    expect(beyond.status).toBe(416);
    await beyond.body?.cancel();
    expect((await fetch(url.replace(/[0-9a-f]{32}/, "0".repeat(32)))).status).toBe(404);
    const master = streamUrl();
    expect((await fetch(master)).headers.get("content-type")).toMatch(/mpegurl/i);
  });

  it("runs every task once", () => {
    const ends = bed.service.attemptEnds(job.id);

    expect(ends.filter(({ attempt, outcome }) => attempt !== 1 || outcome !== "done")).toEqual([]);
    // The input, eleven plain outputs, and of the stream one decode for all pictures, two sounds, and what is cut of them.
    const ofStream = ends
      .map(({ taskId }) => taskId)
      .filter((taskId) => !/^(?:ingest|output-\d+)$/.test(taskId));
    expect(ofStream.map((taskId) => taskId.replace(/^output-\d+-/, "")).toSorted()).toEqual([
      ...["audio-1", "audio-2", "chunk-1", "package", "segment-1", "sound-1", "sound-2"],
    ]);
    expect(ends).toHaveLength(1 + 11 + ofStream.length);
  });

  it("leaves nothing on the encoders' disks and nothing but the outputs in the bucket", async () => {
    await eventually(
      "the encoders let go of the source",
      async () => (await bed.service.scratchFiles()).length === 0,
      10_000,
    );
    await bed.service.stop();
    const { objectKeys, jobs } = await readStoredState(bed.service.paths);

    const prefix = new URL(outputOf(job, "mp4:240p").url ?? "").pathname
      .replace("/files/", "hosted/")
      .replace("preset.mp4", "");
    expect(objectKeys.filter((key) => !key.startsWith(prefix))).toEqual([]);
    expect(objectKeys).toContain(`${prefix}hls/master.m3u8`);
    expect(objectKeys).not.toContain(`${prefix}never.mp4`);
    expect(jobs).toEqual([{ id: job.id, status: "completed", isOpen: false }]);
  });
});

function hasMetadata({ type, status }: OutputView): boolean {
  return type !== "image" && !status.endsWith(".skipped");
}

function urlNames({ urls = [] }: OutputView): (string | undefined)[] {
  return urls.map((url) => new URL(String(url)).pathname.split("/").at(-1));
}

function streamUrl(): string {
  const urls = outputOf(job, "httpstream").urls as { format: string; url: string }[];
  expect(urls).toEqual([{ format: "hls", url: expect.stringMatching(/\/tests\/hls\/master\.m3u8$/) }]);
  return urls[0]?.url ?? "";
}

function downloadStream(): Promise<HlsVariant[]> {
  return downloadHls(streamUrl(), `${bed.directory}/hls`);
}
