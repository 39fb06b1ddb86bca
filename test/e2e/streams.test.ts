/**
 * Streams through the whole service: every package is copied as players find it, judged by the linter and by parsers
 * that share no code with Copra, and decoded from the master down to the last frame and sample of every rung.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectSourceSound } from "../support/decoded-sound.ts";
import { decodedFrames, expectWholeLadders, numbersOf, upTo } from "../support/decoded-stream.ts";
import { BOTH, LADDER, startStreamBed, type StreamBed } from "../support/stream-bed.ts";
import { SHORT_SECONDS, TONE_HZ } from "../support/stream-clips.ts";

let bed: StreamBed;

beforeAll(async () => {
  bed = await startStreamBed([
    ...(["film.mp4", "ntsc.mp4", "fast.mp4", "silent.mp4", "variable.mp4"] as const),
    ...(["sound.m4a", "tracks.mkv"] as const),
  ]);
}, 120_000);

afterAll(() => bed?.close());

describe("a stream as HLS, DASH and HLS over the same fMP4", () => {
  it.each([
    { about: "23.976 frames a second", source: "film.mp4", frames: 336, version: 4 },
    { about: "29.97 frames a second, HLS 3", source: "ntsc.mp4", frames: 420, version: 3 },
    { about: "59.94 frames a second, HLS 7", source: "fast.mp4", frames: 840, version: 7 },
  ])("has every frame and every sample of every rung at $about", async ({ source, frames, version }) => {
    const stream = { ...BOTH, variants: LADDER, hls: { path: "/hls", version } };
    const links = await bed.finishedStream(source, stream);
    expect(links.map(({ format }) => format)).toEqual(["hls", "dash", "hlsfmp4"]);
    const { hls, dash, hlsfmp4 } = await bed.validPackages(links);
    await expectWholeLadders([hls, dash, hlsfmp4], frames);
    expect(await numbersOf(hls, "media-1/stream.m3u8")).toEqual(upTo(frames));
    expect(await numbersOf(hlsfmp4, "video/avc1/2/stream.m3u8")).toEqual(upTo(frames));
    const tone = { toneHz: TONE_HZ, seconds: SHORT_SECONDS };
    await expectSourceSound(hls, { ...tone, playlistCount: 3 });
    await expectSourceSound(hlsfmp4, { ...tone, playlistCount: 2 });
  });

  it("has every frame of a silent source, HLS 5", async () => {
    const stream = { ...BOTH, variants: LADDER, hls: { path: "/hls", version: 5 } };
    const { hls, dash, hlsfmp4 } = await bed.validPackages(await bed.finishedStream("silent.mp4", stream));
    await expectWholeLadders([hls, dash, hlsfmp4], 350);
    expect(await numbersOf(hls, "media-1/stream.m3u8")).toEqual(upTo(350));
    expect(await numbersOf(hlsfmp4, "video/avc1/2/stream.m3u8")).toEqual(upTo(350));
  });

  it("follows frames of a variable rate, also where there are none for longer than a segment", async () => {
    const links = await bed.finishedStream("variable.mp4", { ...BOTH, variants: LADDER });
    const { hls, dash } = await bed.validPackages(links);
    const numbers = await numbersOf(hls, "media-1/stream.m3u8");
    expect(numbers).toEqual(upTo(750).filter((n) => n % 7 !== 0 && !(n / 25 >= 10 && n / 25 <= 17.9)));
    await expectWholeLadders([dash], numbers.length);
  });

  it.each([
    { codec: "hevc", packages: BOTH },
    { codec: "av1", packages: { dash: BOTH.dash } },
  ])("carries $codec", async ({ codec, packages }) => {
    const links = await bed.finishedStream("silent.mp4", { ...packages, variants: [`mp4:${codec}_x90`] });
    await expectWholeLadders(Object.values(await bed.validPackages(links)), 350);
  });

  it("shows the part that offset and duration name", async () => {
    const stream = { ...BOTH, variants: LADDER, offset: 2, duration: 8 };
    const { hls, hlsfmp4 } = await bed.validPackages(await bed.finishedStream("ntsc.mp4", stream));
    const numbers = await numbersOf(hls, "media-1/stream.m3u8");
    expect(numbers[0]).toBe(60);
    expect(numbers).toHaveLength(240);
    await expectWholeLadders([hlsfmp4], 240);
  });

  it("is sound alone when the source is", async () => {
    const links = await bed.finishedStream("sound.m4a", { ...BOTH });
    const { hls, dash, hlsfmp4 } = await bed.validPackages(links);
    for (const copy of [hls, dash, hlsfmp4]) {
      const streams = await decodedFrames(copy?.manifestPath ?? "");
      expect(streams.map(({ codec_type: type }) => type)).toContain("audio");
      expect(streams.some(({ codec_type: type }) => type === "video")).toBe(false);
    }
    expect(await readFile(hls?.manifestPath ?? "", "utf8")).toContain("#EXT-X-STREAM-INF");
  });

  it("offers several languages and subtitles by name", async () => {
    const stream = { ...BOTH, variants: LADDER, audio_tracks: "all", subtitles: "all" };
    const { hls, dash, hlsfmp4 } = await bed.validPackages(await bed.finishedStream("tracks.mkv", stream));
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
