/**
 * Streams through the whole service: every package is copied as players find it, judged by the linter and by parsers
 * that share no code with Copra, and decoded from the master down to the last frame of every rung.
 */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { decryptFragments } from "../support/decrypt-fragments.ts";
import { eventually } from "../support/eventually.ts";
import { finalView, type JobView, type OutputView } from "../support/job-client.ts";
import { lavfi, makeClip } from "../support/make-clip.ts";
import { followPackage, mirrorPackage, type MirroredPackage } from "../support/mirror-package.ts";
import { numbered, shownNumbers } from "../support/numbered-clip.ts";
import { agreeWithParsers } from "../support/stream-lint/agree-with-parsers.ts";
import { lintPackage } from "../support/stream-lint/lint-package.ts";
import { startS3Sink } from "../support/s3-sink.ts";
import { sinkStorage } from "../support/sink-storage.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

/** Sources show their frame numbers; the long one is encoded in chunks. */
const SHORT_SECONDS = 14;
const LONG_SECONDS = 75;
const LONG_RATE = 12;
/** Enough work to be watched while it is done. */
const SLOW_SECONDS = 90;
const SAMPLE_RATE = 48_000;

const AES_KEY = "000102030405060708090a0b0c0d0e0f";

const LADDER = ["mp4:x:64k", "mp4:x54::quality=4", "mp4:x90::quality=4"];

let bed: TestBed;

const PLAIN = [
  "-c:v",
  "libx264",
  "-preset",
  "ultrafast",
  "-crf",
  "12",
  "-c:a",
  "aac",
  "-ar",
  `${SAMPLE_RATE}`,
];

beforeAll(async () => {
  bed = await startTestBed(
    async (directory) => {
      const clip = async (name: string, args: readonly string[]) =>
        readFile(await makeClip(directory, name, args));
      const tone = (seconds: number) => lavfi(`sine=f=440:r=${SAMPLE_RATE}:d=${seconds}`);
      const counted = (rate: string, seconds = SHORT_SECONDS) => lavfi(numbered(rate, seconds));
      const srt = "1\n00:00:01,000 --> 00:00:03,000\nHello\n\n2\n00:00:08,000 --> 00:00:09,500\nGood bye\n";
      const subtitles = `data:text/plain,${encodeURIComponent(srt)}`;
      return {
        "film.mp4": await clip("film.mp4", [...counted("24000/1001"), ...tone(SHORT_SECONDS), ...PLAIN]),
        "ntsc.mp4": await clip("ntsc.mp4", [...counted("30000/1001"), ...tone(SHORT_SECONDS), ...PLAIN]),
        "fast.mp4": await clip("fast.mp4", [...counted("60000/1001"), ...tone(SHORT_SECONDS), ...PLAIN]),
        // Every seventh frame is missing, and after ten seconds there is none for eight.
        "variable.mp4": await clip("variable.mp4", [
          ...lavfi(`${numbered("25", 30)},select='mod(n,7)*not(between(t,10,17.9))'`),
          ...tone(30),
          ...["-fps_mode", "vfr", ...PLAIN],
        ]),
        "silent.mp4": await clip("silent.mp4", [...counted("25"), ...PLAIN]),
        "sound.m4a": await clip("sound.m4a", [...tone(SHORT_SECONDS), "-c:a", "aac"]),
        "portrait.mp4": await clip("portrait.mp4", [
          ...lavfi(`testsrc2=s=90x160:r=25:d=${SHORT_SECONDS}`),
          ...tone(SHORT_SECONDS),
          ...PLAIN,
        ]),
        "tracks.mkv": await clip("tracks.mkv", [
          ...counted("25"),
          ...tone(SHORT_SECONDS),
          ...lavfi(`sine=f=880:r=${SAMPLE_RATE}:d=${SHORT_SECONDS}`),
          ...[
            "-f",
            "srt",
            "-i",
            subtitles,
            "-map",
            "0",
            "-map",
            "1",
            "-map",
            "2",
            "-map",
            "3",
            ...PLAIN,
            "-c:s",
            "srt",
          ],
          ...["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu"],
          ...["-metadata:s:s:0", "language=eng"],
        ]),
        "slow.mp4": await clip("slow.mp4", [
          ...lavfi(`testsrc2=s=320x180:r=25:d=${SLOW_SECONDS},noise=alls=8:allf=t,format=yuv420p`),
          ...tone(SLOW_SECONDS),
          ...[...PLAIN, "-movflags", "+faststart"],
        ]),
        "long.mp4": await clip("long.mp4", [
          ...counted(String(LONG_RATE), LONG_SECONDS),
          ...tone(LONG_SECONDS),
          ...[...PLAIN, "-g", "36", "-movflags", "+faststart"],
        ]),
      };
    },
    { encoderCount: 2 },
  );
}, 120_000);

afterAll(() => bed?.close());

const request = (source: string, stream: object) => ({
  input: { url: bed.media.url(source) },
  storage: { service: "coconut" },
  notification: { type: "http", url: bed.webhooks.origin, events: true },
  outputs: { httpstream: stream },
});

async function finishedStream(source: string, stream: object): Promise<{ job: JobView; output: OutputView }> {
  const { id } = await bed.client.create(request(source, stream));
  const job = finalView(await bed.client.finish(id, 170_000));
  const [output] = job.outputs;
  expect(output).toMatchObject({ status: "httpstream.packaged" });
  if (output === undefined) {
    throw new Error("the job has no output");
  }
  return { job, output };
}

type Packages = Partial<Record<"hls" | "dash" | "hlsfmp4", MirroredPackage>>;

/** Copies each package, and asks the linter and the parsers what they think of it. */
async function soundPackages(output: OutputView): Promise<Packages> {
  const packages: Packages = {};
  for (const entry of output.urls ?? []) {
    const { format, url } = entry as { format: keyof Packages; url: string };
    const directory = await mkdtemp(join(bed.directory, `${format}-`));
    const copy = await mirrorPackage(url, directory);
    expect.soft(await lintPackage(copy.manifestPath), format).toEqual([]);
    expect.soft(await agreeWithParsers(copy.manifestPath), format).toEqual([]);
    packages[format] = copy;
  }
  return packages;
}

type Decoded = { codec_type: string; height?: number; nb_read_frames: string };

/** Frames of every stream behind a manifest, by a full decode of one after the other: FFmpeg's DASH reader ends all with one. */
async function decodedFrames(path: string): Promise<Decoded[]> {
  const streams: Decoded[] = [];
  for (let index = 0; streams.length === index; index += 1) {
    const { stdout, stderr } = await execute(
      tools.ffprobePath,
      [
        ...["-v", "error", "-allowed_extensions", "ALL", "-count_frames", "-select_streams", String(index)],
        ...["-show_entries", "stream=codec_type,height,nb_read_frames", "-of", "json", path],
      ],
      { maxBuffer: 1 << 26 },
    );
    expect(stderr).toBe("");
    // SAFETY: ffprobe's own JSON.
    streams.push(...(JSON.parse(stdout) as { streams: Decoded[] }).streams.slice(0, 1));
  }
  return streams;
}

async function expectWholeLadder(copy: MirroredPackage | undefined, frameCount: number): Promise<void> {
  const streams = await decodedFrames(copy?.manifestPath ?? "");
  const pictures = streams.filter(({ codec_type: type }) => type === "video");
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.map(({ nb_read_frames: count }) => Number(count))).toEqual(pictures.map(() => frameCount));
}

/** Frame numbers behind a media playlist. */
async function numbersOf(copy: MirroredPackage | undefined, playlist: string): Promise<number[]> {
  return shownNumbers(join(copy?.directory ?? "", playlist));
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

const BOTH = { hls: { path: "/hls" }, dash: { path: "/dash", hlsfmp4: true } };

describe("a stream as HLS, DASH and HLS over the same fMP4", () => {
  it.each([
    { about: "23.976 frames a second", source: "film.mp4", frames: 336, version: 4 },
    { about: "29.97 frames a second, HLS 3", source: "ntsc.mp4", frames: 420, version: 3 },
    { about: "59.94 frames a second, HLS 7", source: "fast.mp4", frames: 840, version: 7 },
    { about: "a silent source, HLS 5", source: "silent.mp4", frames: 350, version: 5 },
  ])("has every frame of every rung at $about", async ({ source, frames, version }) => {
    const stream = { ...BOTH, variants: LADDER, hls: { path: "/hls", version } };
    const { output } = await finishedStream(source, stream);
    expect((output.urls ?? []).map((entry) => (entry as { format: string }).format)).toEqual([
      "hls",
      "dash",
      "hlsfmp4",
    ]);
    const { hls, dash, hlsfmp4 } = await soundPackages(output);
    for (const copy of [hls, dash, hlsfmp4]) {
      await expectWholeLadder(copy, frames);
    }
    expect(await numbersOf(hls, "media-1/stream.m3u8")).toEqual(upTo(frames));
    expect(await numbersOf(hlsfmp4, "video/avc1/2/stream.m3u8")).toEqual(upTo(frames));
  });

  it("is made of chunks without a trace of them", async () => {
    const { output } = await finishedStream("long.mp4", { ...BOTH, variants: LADDER });
    const frames = LONG_RATE * LONG_SECONDS;
    const { hls, dash, hlsfmp4 } = await soundPackages(output);
    for (const copy of [hls, dash, hlsfmp4]) {
      await expectWholeLadder(copy, frames);
    }
    expect(await numbersOf(hls, "media-2/stream.m3u8")).toEqual(upTo(frames));
    expect(await numbersOf(hlsfmp4, "video/avc1/1/stream.m3u8")).toEqual(upTo(frames));
    const sounds = (await decodedFrames(hlsfmp4?.manifestPath ?? "")).filter(
      ({ codec_type: type }) => type === "audio",
    );
    for (const { nb_read_frames: count } of sounds) {
      expect(Math.abs((Number(count) * 1024) / 44_100 - LONG_SECONDS)).toBeLessThan(2 * (1024 / 44_100));
    }
  });

  it("follows frames of a variable rate, also where there are none for longer than a segment", async () => {
    const { output } = await finishedStream("variable.mp4", { ...BOTH, variants: LADDER });
    const { hls, dash } = await soundPackages(output);
    const numbers = await numbersOf(hls, "media-1/stream.m3u8");
    expect(numbers).toEqual(upTo(750).filter((n) => n % 7 !== 0 && !(n / 25 >= 10 && n / 25 <= 17.9)));
    await expectWholeLadder(dash, numbers.length);
  });

  it("has a sensible ladder for a portrait source", async () => {
    const { output } = await finishedStream("portrait.mp4", { ...BOTH });
    const { hls, dash } = await soundPackages(output);
    for (const copy of [hls, dash]) {
      await expectWholeLadder(copy, 350);
    }
  });

  it("is sound alone when the source is", async () => {
    const { output } = await finishedStream("sound.m4a", { ...BOTH });
    const { hls, dash, hlsfmp4 } = await soundPackages(output);
    for (const copy of [hls, dash, hlsfmp4]) {
      const streams = await decodedFrames(copy?.manifestPath ?? "");
      expect(streams.map(({ codec_type: type }) => type)).toContain("audio");
      expect(streams.some(({ codec_type: type }) => type === "video")).toBe(false);
    }
    expect(await readFile(hls?.manifestPath ?? "", "utf8")).toContain("#EXT-X-STREAM-INF");
  });

  it.each([
    { codec: "hevc", frames: 350 },
    { codec: "av1", frames: 350 },
  ])("carries $codec", async ({ codec, frames }) => {
    const stream = codec === "av1" ? { dash: { path: "/dash", hlsfmp4: true } } : { ...BOTH };
    const { output } = await finishedStream("silent.mp4", { ...stream, variants: [`mp4:${codec}_x90`] });
    for (const copy of Object.values(await soundPackages(output))) {
      await expectWholeLadder(copy, frames);
    }
  });

  it("shows the part that offset and duration name", async () => {
    const stream = { ...BOTH, variants: LADDER, offset: 2, duration: 8 };
    const { output } = await finishedStream("ntsc.mp4", stream);
    const { hls, hlsfmp4 } = await soundPackages(output);
    const numbers = await numbersOf(hls, "media-1/stream.m3u8");
    expect(numbers[0]).toBe(60);
    expect(numbers).toHaveLength(240);
    await expectWholeLadder(hlsfmp4, 240);
  });
});

describe("several languages and subtitles", () => {
  it("are offered by name in every package", async () => {
    const stream = { ...BOTH, variants: LADDER, audio_tracks: "all", subtitles: "all" };
    const { output } = await finishedStream("tracks.mkv", stream);
    const { hls, dash, hlsfmp4 } = await soundPackages(output);
    for (const copy of [hls, hlsfmp4]) {
      const master = await readFile(copy?.manifestPath ?? "", "utf8");
      expect(master).toMatch(/TYPE=AUDIO.*NAME="German"|TYPE=AUDIO.*LANGUAGE="de"/);
      expect(master).toContain("TYPE=SUBTITLES");
    }
    const mpd = await readFile(dash?.manifestPath ?? "", "utf8");
    expect(mpd.match(/<AdaptationSet[^>]*contentType="audio"/g)).toHaveLength(2);
    expect(mpd).toContain('contentType="text"');
    const texts = [...(hls?.files ?? []), ...(dash?.files ?? [])].filter((name) => name.endsWith(".vtt"));
    expect(texts).toHaveLength(2);
  });
});

describe("encryption", () => {
  it("of whole segments is undone by the given key and by nothing else", async () => {
    // The customer's own key server.
    const keys = createServer((_, response) => response.end(Buffer.from(AES_KEY, "hex")));
    await new Promise<void>((resolve) => keys.listen(0, "127.0.0.1", resolve));
    const keyUri = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/key`;
    try {
      const encrypted = { path: "/hls", encryption_key: AES_KEY, encryption_key_uri: keyUri };
      const { output } = await finishedStream("ntsc.mp4", { hls: encrypted, variants: LADDER });
      const { url } = (output.urls ?? [])[0] as { url: string };
      const text = await (await fetch(new URL("media-1/stream.m3u8", url))).text();
      expect(text).toContain(`URI="${keyUri}"`);
      const segment = Buffer.from(await (await fetch(new URL("media-1/segment-0.ts", url))).arrayBuffer());
      expect(segment[0]).not.toBe(0x47);
      expect(segment.length % 16).toBe(0);
      await expectWholeLadderAt(url, 420);
    } finally {
      keys.close();
    }
  });

  it("with generated and changing keys plays from what is stored beside the media", async () => {
    const encrypted = { path: "/hls", encryption: { rotate_every: 1 } };
    const { output } = await finishedStream("ntsc.mp4", { hls: encrypted, variants: LADDER });
    const { hls } = await soundPackages(output);
    await expectWholeLadder(hls, 420);
    const text = await readFile(join(hls?.directory ?? "", "media-1/stream.m3u8"), "utf8");
    const uris = [...text.matchAll(/URI="([^"]+)"/g)].map(([, uri]) => uri);
    expect(new Set(uris).size).toBe(3);
  });

  it.each(["cenc", "cbcs"])("of samples (%s) is undone by the given key", async (scheme) => {
    const keyId = "101112131415161718191a1b1c1d1e1f";
    const dash = {
      path: "/dash",
      hlsfmp4: true,
      encryption_key: AES_KEY,
      encryption_key_id: keyId,
      encryption_scheme: scheme,
    };
    const { output } = await finishedStream("ntsc.mp4", { dash, variants: LADDER });
    const { dash: copy } = await soundPackages(output);
    const mpd = await readFile(copy?.manifestPath ?? "", "utf8");
    expect(mpd.toLowerCase()).toContain("10111213-1415-1617-1819-1a1b1c1d1e1f");
    expect(mpd).toContain(`value="${scheme}"`);
    const { segments, init } = await trackFiles(copy, "video/avc1/2");
    const path = join(copy?.directory ?? "", "joined.mp4");
    await writeFile(path, await Promise.all([init, ...segments].map((file) => readFile(file))));
    const clear = await decryptFragments(path, "video", { key: AES_KEY, keyId });
    expect(await shownNumbers(clear)).toEqual(upTo(420));
  });
});

async function expectWholeLadderAt(url: string, frameCount: number): Promise<void> {
  const pictures = (await decodedFrames(url)).filter(({ codec_type: type }) => type === "video");
  expect(pictures.map(({ nb_read_frames: count }) => Number(count))).toEqual(pictures.map(() => frameCount));
}

/** Local paths of one representation, segments in order of their times. */
async function trackFiles(copy: MirroredPackage | undefined, folder: string) {
  const startOf = (name: string) => Number(/seg-(\d+)\.m4s$/.exec(name)?.[1]);
  const names = (copy?.files ?? []).filter((name) => name.startsWith(`${folder}/`) && name.endsWith(".m4s"));
  const local = (name: string) => join(copy?.directory ?? "", name);
  return {
    init: local(`${folder}/init.mp4`),
    segments: names.toSorted((a, b) => startOf(a) - startOf(b)).map(local),
  };
}

describe("whoever looks while a stream is made", () => {
  it("never finds a manifest that names a missing object, nor waits for media until all is encoded", async () => {
    const sink = await startS3Sink();
    const missing: string[] = [];
    let encodedChunks = Number.POSITIVE_INFINITY;
    try {
      sink.intercept = ({ method, key }) => {
        if (method === "PUT" && key.endsWith("segment-0.ts")) {
          encodedChunks = Math.min(encodedChunks, finishedChunks(id));
        }
        return null;
      };
      const body = request("long.mp4", { ...BOTH, variants: LADDER });
      const { id } = await bed.client.create({ ...body, storage: sinkStorage(sink) });
      await bed.client.finish(id, 170_000);
      const written = sink.calls.flatMap(({ method, key }) => (method === "PUT" ? [key] : []));
      const base = "http://bucket/";
      const manifests = written.filter((key) => /\.(?:m3u8|mpd)$/.test(key));
      expect(manifests.length).toBeGreaterThan(6);
      for (const manifest of manifests) {
        const before = new Set(written.slice(0, written.indexOf(manifest) + 1).map((key) => base + key));
        await followPackage(base + manifest, async (url) => {
          missing.push(...(before.has(url) ? [] : [`${url} of ${manifest}`]));
          return sink.objects.get(url.slice(base.length))?.bytes ?? Buffer.alloc(0);
        });
      }
      expect(missing).toEqual([]);
      expect(encodedChunks).toBeLessThan(finishedChunks(id));
    } finally {
      await sink.close();
    }
  });

  it("can watch with live_edge before the end, and sees the playlist become whole", async () => {
    const variants = ["mp4:x:64k", "mp4:x120", "mp4:x180"];
    const stream = { hls: { path: "/hls", live_edge: true }, variants };
    const { id } = await bed.client.create(request("slow.mp4", stream));
    const playable = await eventually(
      "the stream can be played",
      () => bed.webhooks.of(id).find(({ body }) => body.event === "output.playable"),
      120_000,
    );
    const [{ url }] = playable.body.data["urls"] as [{ url: string }];
    expect((await bed.client.read(id)).outputs).toMatchObject([{ urls: [{ format: "hls", url }] }]);
    const counts: number[] = [];
    let isDone = false;
    const looking = (async () => {
      while (!isDone) {
        const text = (await expectThere(new URL("media-1/stream.m3u8", url).href)).toString();
        if (text.includes("#EXT-X-PLAYLIST-TYPE:EVENT")) {
          counts.push(text.match(/#EXTINF/g)?.length ?? 0);
          await followPackage(url, expectThere);
        }
      }
    })();
    const final = finalView(await bed.client.finish(id, 170_000));
    isDone = true;
    await looking;
    expect(counts.length).toBeGreaterThan(0);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts[0]).toBeLessThan(SLOW_SECONDS / 6);
    const { hls } = await soundPackages(final.outputs[0] as OutputView);
    expect(await readFile(join(hls?.directory ?? "", "media-1/stream.m3u8"), "utf8")).toMatch(
      /PLAYLIST-TYPE:VOD[\s\S]*#EXT-X-ENDLIST/,
    );
    const events = (await bed.webhooks.untilJobEvent(id)).map(({ body }) => body.event);
    expect(events.filter((event) => event === "output.playable")).toHaveLength(1);
    expect(events.indexOf("output.playable")).toBeLessThan(events.indexOf("output.completed"));
  });
});

/** Chunks of the job that are encoded by now. */
const finishedChunks = (jobId: string): number =>
  bed.service.taskChanges(jobId).filter(({ task, status }) => /^chunk-\d+$/.test(task) && status === "done")
    .length;

async function expectThere(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  expect([answer.status, url]).toEqual([200, url]);
  return Buffer.from(await answer.arrayBuffer());
}
