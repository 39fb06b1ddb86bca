/** Streams that are published while they are encoded: nothing is named before it is there, and what is there plays. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SEGMENT_SECONDS } from "../../encoder/contract/stream.ts";
import { expectSourceSound } from "../support/decoded-sound.ts";
import { expectWholeLadders, numbersOf, upTo } from "../support/decoded-stream.ts";
import { eventually } from "../support/eventually.ts";
import { holdFile, type HeldFile } from "../support/held-file.ts";
import { finalView } from "../support/job-client.ts";
import { fetchBytes, followPackage, type ReadFile } from "../support/mirror-package.ts";
import { startS3Sink, type S3Sink } from "../support/s3-sink.ts";
import { sinkStorage } from "../support/sink-storage.ts";
import { soundFirst } from "../support/sound-first.ts";
import {
  BOTH,
  completedOutputs,
  JOB_LIMIT_MS,
  LADDER,
  type Link,
  linksOf,
  startStreamBed,
  type StreamBed,
} from "../support/stream-bed.ts";
import {
  HEAVY_RATE,
  HEAVY_SECONDS,
  LONG_RATE,
  LONG_SECONDS,
  makeStreamSource,
  TONE_HZ,
} from "../support/stream-clips.ts";

/** Where the source stops at first: after the first stretch, which is a segment long, and before the second one is whole. */
const HELD_SHARE = 11 / HEAVY_SECONDS;

let bed: StreamBed;
let held: HeldFile;

beforeAll(async () => {
  bed = await startStreamBed(["long.mp4"], async (directory) => {
    const source = soundFirst(await readFile(await makeStreamSource(directory, "heavy.mp4")));
    held = holdFile(source, HELD_SHARE);
    return { "held.mp4": held.handler };
  });
}, 120_000);

afterAll(() => bed?.close());

/** Chunks of the job that are encoded by now. */
const finishedChunks = (jobId: string): number =>
  bed.service.taskChanges(jobId).filter(({ task, status }) => /^chunk-\d+$/.test(task) && status === "done")
    .length;

describe("a stream that is encoded in chunks", () => {
  /** Stands for the bucket. */
  const BASE = "http://bucket/";
  const fromBucket: ReadFile = async (url) => {
    const object = sink.objects.get(url.slice(BASE.length));
    return object?.bytes ?? Promise.reject(new Error(`${url} is not in the bucket`));
  };

  let sink: S3Sink;
  let chunkCount: number;
  let chunksBeforeMedia = Number.POSITIVE_INFINITY;

  beforeAll(async () => {
    sink = await startS3Sink();
    sink.intercept = ({ method, key }) => {
      if (method === "PUT" && key.endsWith("segment-0.ts")) {
        chunksBeforeMedia = Math.min(chunksBeforeMedia, finishedChunks(id));
      }
      return null;
    };
    const body = bed.request("long.mp4", { httpstream: { ...BOTH, variants: LADDER } });
    const { id } = await bed.client.create({ ...body, storage: sinkStorage(sink) });
    completedOutputs(finalView(await bed.client.finish(id, JOB_LIMIT_MS)));
    chunkCount = finishedChunks(id);
  }, JOB_LIMIT_MS + 60_000);

  afterAll(() => sink?.close());

  it("has every frame and every sample of every rung, without a trace of the chunks", async () => {
    const links: Link[] = [
      { format: "hls", url: `${BASE}out/hls/master.m3u8` },
      { format: "dash", url: `${BASE}out/dash/master.mpd` },
      { format: "hlsfmp4", url: `${BASE}out/dash/master.m3u8` },
    ];
    const { hls, dash, hlsfmp4 } = await bed.validPackages(links, { read: fromBucket });
    const frames = LONG_RATE * LONG_SECONDS;
    await expectWholeLadders([hls, dash, hlsfmp4], frames);
    expect(await numbersOf(hls, "media-2/stream.m3u8")).toEqual(upTo(frames));
    expect(await numbersOf(hlsfmp4, "video/avc1/1/stream.m3u8")).toEqual(upTo(frames));
    const tone = { toneHz: TONE_HZ, seconds: LONG_SECONDS };
    await expectSourceSound(hls, { ...tone, playlistCount: 3 });
    await expectSourceSound(hlsfmp4, { ...tone, playlistCount: 2 });
  });

  it("has no manifest in the bucket before an object that it names", async () => {
    const missing: string[] = [];
    const written = sink.calls.flatMap(({ method, key }) => (method === "PUT" ? [key] : []));
    const manifests = written.filter((key) => /\.(?:m3u8|mpd)$/.test(key));
    expect(manifests.length).toBeGreaterThan(6);
    for (const manifest of manifests) {
      const before = new Set(written.slice(0, written.indexOf(manifest) + 1).map((key) => BASE + key));
      await followPackage(BASE + manifest, (url) => {
        missing.push(...(before.has(url) ? [] : [`${url} of ${manifest}`]));
        return fromBucket(url);
      });
    }
    expect(missing).toEqual([]);
  });

  it("has media in the bucket before all chunks are encoded", () => {
    expect(chunkCount).toBeGreaterThan(1);
    expect(chunksBeforeMedia).toBeLessThan(chunkCount);
  });
});

describe("a stream with live_edge", () => {
  it("can be watched before the end, as hls and hlsfmp4, and becomes whole", async () => {
    const stream = { ...BOTH, hls: { path: "/hls", live_edge: true }, variants: LADDER };
    const { id } = await bed.client.create(bed.request("held.mp4", { httpstream: stream }));
    const { body } = await eventually(
      "the stream can be played",
      () => bed.webhooks.of(id).find(({ body }) => body.event === "output.playable"),
      120_000,
    );
    const links = body.data["urls"] as Link[];
    expect(links.map(({ format }) => format)).toEqual(["hls", "hlsfmp4"]);
    expect((await bed.client.read(id)).outputs).toMatchObject([
      { status: "httpstream.variants.encoding", urls: links },
    ]);
    const { hls } = await bed.validPackages(links, { isOpen: true });
    const segments = hls?.files.filter((name) => /media-1\/segment-\d+\.ts$/.test(name));
    expect(segments).toEqual(["media-1/segment-0.ts"]);
    expect((await fetch(new URL("../dash/master.mpd", links[0]?.url))).status).toBe(404);

    held.release(1);
    let isOver = false;
    const finishing = bed.client.finish(id, JOB_LIMIT_MS).finally(() => (isOver = true));
    const counts = links.map(({ url }) => segmentCounts(url, () => isOver));
    const [views, ...seen] = await Promise.all([finishing, ...counts]);
    for (const lengths of seen) {
      expect(lengths).toEqual(lengths.toSorted((one, other) => one - other));
      expect(lengths.at(-1)).toBe(HEAVY_SECONDS / SEGMENT_SECONDS);
    }
    const finished = completedOutputs(finalView(views)).flatMap(linksOf);
    expect(finished).toEqual(expect.arrayContaining(links));
    await expectWholeLadders(Object.values(await bed.validPackages(finished)), HEAVY_SECONDS * HEAVY_RATE);
    const events = (await bed.webhooks.untilJobEvent(id)).map(({ body }) => body.event);
    expect(events.filter((event) => event === "output.playable")).toHaveLength(1);
    expect(events.indexOf("output.playable")).toBeLessThan(events.indexOf("output.completed"));
  });
});

/**
 * Follows a package again and again, the last time when it is over; fails when something that it names is not there.
 * Returns how many segments its first variant had, each time.
 */
async function segmentCounts(master: string, isOver: () => boolean): Promise<number[]> {
  const counts: number[] = [];
  for (let isLast = false; !isLast;) {
    isLast = isOver();
    const lengths: number[] = [];
    await followPackage(master, async (url) => {
      const bytes = await fetchBytes(url);
      const segments = url.endsWith(".m3u8") ? bytes.toString("utf8").match(/#EXTINF/g) : null;
      lengths.push(...(segments === null ? [] : [segments.length]));
      return bytes;
    });
    counts.push(lengths[0] ?? 0);
  }
  return counts;
}
