import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import HLS from "hls-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VideoSpec } from "../../../../encoder/contract/output-spec.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import { packageHls, type HlsPackage, type HlsWork } from "../../../../encoder/run/package-hls.ts";
import {
  frameTimes,
  largestBreak,
  lavfi,
  makeClip,
  makeTestDirectory,
  packets,
  probeEntry,
  samples,
  SHARP_H264,
} from "../../../support/make-clip.ts";
import {
  aFrame,
  anAudioSpec,
  aRenditionSpec,
  aPictureSpec,
  aVideoSpec,
} from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

const SECONDS = 5;
const SEGMENT_SECONDS = 2;

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let source: string;
let renditions: HlsWork["renditions"];
let made: HlsPackage;
let fractions: number[];

beforeAll(async () => {
  directory = await makeTestDirectory();
  source = await makeClip(directory.path, "source.mp4", [
    ...lavfi(`testsrc2=s=320x180:r=30000/1001:d=${SECONDS}`),
    ...lavfi(`aevalsrc='0.5*sin(2*PI*997*t)':s=48000:d=${SECONDS}`),
    ...["-c:a", "aac", "-b:a", "192k"],
    ...SHARP_H264,
  ]);
  renditions = [
    {
      path: await encode({ picture: aPictureSpec({ frame: aFrame(320, 180) }) }),
      hasVideo: true,
      hasAudio: true,
    },
    {
      path: await encode({
        picture: aPictureSpec({ frame: aFrame(160, 90) }),
        rate: { mode: "quality", crf: 30, maxrateBps: 100_000 },
      }),
      hasVideo: true,
      hasAudio: true,
    },
    { path: await encode(null), hasVideo: false, hasAudio: true },
  ];
  const ctx = await aWorkContext(directory.path);
  made = await packageHls({ renditions, playlistName: "my-list", segmentSeconds: SEGMENT_SECONDS }, ctx);
  fractions = ctx.fractions;
});
afterAll(() => directory.remove());

async function encode(
  video: Partial<VideoSpec> | null,
  overrides: { hasAudio?: boolean } = {},
): Promise<string> {
  const rendition = aRenditionSpec({
    video: video && aVideoSpec({ keyframeIntervalSeconds: 1, ...video }),
    audio: overrides.hasAudio === false ? null : anAudioSpec({ bitrateBps: 192_000 }),
  });
  const ctx = await aWorkContext(directory.path);
  return (
    await encodeRendition(
      { source: await sourceAt(source), rendition, threads: 1, watermarks: NO_WATERMARKS },
      ctx,
    )
  ).path;
}

function fileAt(name: string): string {
  const file = made.files.find((candidate) => candidate.name === name);
  if (!file) {
    throw new Error(`${name} is not in the package`);
  }
  return file.path;
}

/** What an independent reader makes of a media playlist. */
async function mediaPlaylist(name: string): Promise<HLS.types.MediaPlaylist> {
  const playlist = HLS.parse(await readFile(fileAt(name), "utf8"));
  if (playlist.isMasterPlaylist) {
    throw new Error(`${name} is read as a master playlist`);
  }
  return playlist;
}

async function masterPlaylist(): Promise<HLS.types.MasterPlaylist> {
  const playlist = HLS.parse(await readFile(fileAt("my-list.m3u8"), "utf8"));
  if (!playlist.isMasterPlaylist) {
    throw new Error("not read as a master playlist");
  }
  return playlist;
}

describe("packageHls", () => {
  it("lists segments, then media playlists, then the master", () => {
    const segments = [1, 2, 3].flatMap((media) =>
      [0, 1, 2].map((index) => `media-${media}/segment-${index}.ts`),
    );
    const playlists = [1, 2, 3].map((media) => `media-${media}/stream.m3u8`);
    expect(made.files.map(({ name }) => name)).toEqual([...segments, ...playlists, "my-list.m3u8"]);
    expect(new Set(made.files.slice(0, 9).map(({ contentType }) => contentType))).toEqual(
      new Set(["video/mp2t"]),
    );
    expect(new Set(made.files.slice(9).map(({ contentType }) => contentType))).toEqual(
      new Set(["application/vnd.apple.mpegurl"]),
    );
    expect(fractions.at(-1)).toBe(1);
  });

  it("describes each variant truly in the master playlist", async () => {
    const master = await masterPlaylist();
    expect(master).toMatchObject({ version: 3, independentSegments: true });
    expect(master.variants.map(({ uri }) => uri)).toEqual(
      [1, 2, 3].map((media) => `media-${media}/stream.m3u8`),
    );
    const [large, small, sound] = master.variants;
    expect(large).toMatchObject({ resolution: { width: 320, height: 180 }, frameRate: 29.97 });
    expect(small).toMatchObject({ resolution: { width: 160, height: 90 }, frameRate: 29.97 });
    expect(sound?.resolution).toBeUndefined();
    expect(sound?.codecs).toBe("mp4a.40.2");
    const level = Number(await probeEntry(renditions[0]?.path ?? "", "v:0", "stream=level"));
    expect(large?.codecs).toBe(`avc1.6400${level.toString(16).padStart(2, "0")},mp4a.40.2`);
    expect(large?.bandwidth).toBeGreaterThan(small?.bandwidth ?? Infinity);
  });

  it("states a bandwidth that no full segment exceeds", async () => {
    const master = await masterPlaylist();
    for (const variant of master.variants) {
      const playlist = await mediaPlaylist(variant.uri);
      const sizes = await Promise.all(
        playlist.segments.map(async ({ uri }) => (await stat(fileAt(`${dirname(variant.uri)}/${uri}`))).size),
      );
      playlist.segments.forEach(({ duration }, index) => {
        expect(((sizes[index] ?? 0) * 8) / duration).toBeLessThanOrEqual(variant.bandwidth);
      });
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const seconds = playlist.segments.reduce((sum, { duration }) => sum + duration, 0);
      expect(variant.averageBandwidth).toBe(Math.ceil((total * 8) / seconds));
    }
  });

  it("makes complete VOD playlists whose durations add up", async () => {
    for (const media of [1, 2, 3]) {
      const playlist = await mediaPlaylist(`media-${media}/stream.m3u8`);
      expect(playlist).toMatchObject({ version: 3, endlist: true, playlistType: "VOD" });
      const seconds = playlist.segments.reduce((sum, { duration }) => sum + duration, 0);
      expect(Math.abs(seconds - SECONDS)).toBeLessThan(0.06);
      for (const { duration } of playlist.segments) {
        expect(playlist.targetDuration).toBeGreaterThanOrEqual(Math.round(duration));
      }
    }
  });

  it("starts every segment with a keyframe, at the times of its playlist, alike in all sizes", async () => {
    const startsOf = async (media: number) => {
      const playlist = await mediaPlaylist(`media-${media}/stream.m3u8`);
      return Promise.all(
        playlist.segments.map(async ({ uri, duration }) => {
          const [first, ...rest] = await packets(fileAt(`media-${media}/${uri}`), "v:0");
          expect(first?.isKey).toBe(true);
          const start = first?.ptsSeconds ?? Number.NaN;
          const last = Math.max(...[first, ...rest].map((packet) => packet?.ptsSeconds ?? 0));
          expect(Math.abs(last + 1001 / 30000 - start - duration)).toBeLessThan(0.001);
          return start;
        }),
      );
    };
    const large = await startsOf(1);
    const [zero = 0] = large;
    expect(large.map((start) => start - zero)).toEqual(
      [0, 2.002, 4.004].map((start) => expect.closeTo(start, 4)),
    );
    expect(await startsOf(2)).toEqual(large);
  });

  it("puts the sound of all variants on one time, the one of the picture", async () => {
    const [large, small, sound] = await Promise.all(
      [1, 2, 3].map(async (media) => {
        const path = fileAt(`media-${media}/segment-0.ts`);
        return (await packets(path, "a:0"))[0]?.ptsSeconds ?? Number.NaN;
      }),
    );
    expect(small).toBe(large);
    expect(sound).toBe(large);
    const picture = (await packets(fileAt("media-1/segment-0.ts"), "v:0"))[0]?.ptsSeconds ?? Number.NaN;
    // The one packet of AAC's priming lies before the picture.
    expect(picture - (large ?? 0)).toBeCloseTo(1024 / 48_000, 4);
  });

  it("plays every frame and an unbroken tone", async () => {
    const playlist = fileAt("media-1/stream.m3u8");
    const [times, expected] = await Promise.all([
      frameTimes(playlist),
      frameTimes(renditions[0]?.path ?? ""),
    ]);
    const [zero = 0] = times;
    expect(times).toHaveLength(expected.length);
    times.forEach((time, index) =>
      expect(Math.abs(time - zero - (expected[index] ?? 0))).toBeLessThan(0.0001),
    );
    const joined = await makeClip(directory.path, "joined.wav", ["-i", fileAt("media-3/stream.m3u8")]);
    expect(largestBreak(await samples(joined), 997)).toBeLessThan(0.02);
  });

  it("reads the package back through its master playlist", () => {
    expect(made.ffprobe.format).toMatchObject({ format_name: "hls", filename: "" });
    expect(made.ffprobe.streams.map((stream) => stream["codec_type"])).toEqual([
      ...["video", "audio", "video", "audio", "audio"],
    ]);
    expect(JSON.stringify(made.ffprobe)).not.toContain(directory.path);
  });

  it("packages pictures without sound", async () => {
    const silent = await encode({ picture: aPictureSpec({ frame: aFrame(160, 90) }) }, { hasAudio: false });
    const ctx = await aWorkContext(directory.path);
    const work = {
      renditions: [{ path: silent, hasVideo: true, hasAudio: false }],
      playlistName: "master",
      segmentSeconds: 6,
    };
    const { files } = await packageHls(work, ctx);
    const master = await readFile(files.at(-1)?.path ?? "", "utf8");
    expect(master).toMatch(/CODECS="avc1\.\w{6}"/);
    expect(files.map(({ name }) => name)).toEqual([
      "media-1/segment-0.ts",
      "media-1/stream.m3u8",
      "master.m3u8",
    ]);
  });

  it("refuses renditions that are cut at different times", async () => {
    const other = await encode({
      picture: aPictureSpec({ frame: aFrame(160, 90) }),
      keyframeIntervalSeconds: 1.5,
    });
    const [first] = renditions;
    const work = {
      renditions: [...(first ? [first] : []), { path: other, hasVideo: true, hasAudio: true }],
      playlistName: "master",
      segmentSeconds: SEGMENT_SECONDS,
    };
    await expect(packageHls(work, await aWorkContext(directory.path))).rejects.toMatchObject({
      failure: { code: "output_check_failed" },
    });
  });

  it("refuses a rendition without the streams of its plan", async () => {
    const [, , sound] = renditions;
    const work = {
      renditions: [{ path: sound?.path ?? "", hasVideo: true, hasAudio: true }],
      playlistName: "master",
      segmentSeconds: SEGMENT_SECONDS,
    };
    await expect(packageHls(work, await aWorkContext(directory.path))).rejects.toMatchObject({
      failure: { code: "output_check_failed" },
    });
  });
});
