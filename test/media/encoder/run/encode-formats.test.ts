import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AUDIO_CODECS,
  AUDIO_CODEC_FACTS,
  CONTAINER_NAMES,
  CONTAINERS,
  VIDEO_CODECS,
  VIDEO_CODEC_FACTS,
  type AudioCodec,
  type Container,
  type VideoCodec,
} from "../../../../encoder/contract/formats.ts";
import type { AudioSpec, RenditionSpec, VideoSpec } from "../../../../encoder/contract/output-spec.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import {
  frameTimes,
  lavfi,
  makeClip,
  makeTestDirectory,
  probeEntry,
  samples,
  SHARP_H264,
} from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import {
  aFrame,
  anAudioSpec,
  aPictureSpec,
  aRenditionSpec,
  aVideoSpec,
} from "../../../support/output-specs.ts";
import { readMediaInfo } from "../../../support/read-media-info.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

const FRAMES = 25;

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let sourcePath: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  sourcePath = await makeClip(directory.path, "source.mp4", [
    ...lavfi(numbered("25", 1)),
    ...lavfi("aevalsrc='0.5*sin(2*PI*997*t)|0.5*sin(2*PI*997*t)':s=44100:d=1"),
    ...SHARP_H264,
    ...["-c:a", "aac", "-b:a", "192k"],
    ...["-metadata", "title=A title", "-metadata:s:v", "language=fra", "-metadata:s:a", "language=deu"],
  ]);
});
afterAll(() => directory.remove());

async function encode(rendition: Partial<RenditionSpec>, from = sourcePath): Promise<string> {
  const ctx = await aWorkContext(directory.path);
  const work = { rendition: aRenditionSpec(rendition), threads: 1, watermarks: NO_WATERMARKS };
  return (await encodeRendition({ ...work, source: await sourceAt(from) }, ctx)).path;
}

/** A picture as the plan would ask for it: of a size and a rate that the codec has. */
function pictureOf(codec: VideoCodec, changes: Partial<VideoSpec> = {}): VideoSpec {
  const { pixelFormats, matrix, minFrame, hasBitrate, keepsFrameTimes } = VIDEO_CODEC_FACTS[codec];
  const [pixelFormat] = pixelFormats;
  const range = matrix === "rgb" || pixelFormat.startsWith("yuvj") ? "pc" : "tv";
  const frame =
    codec === "h263"
      ? aFrame(176, 144)
      : aFrame(Math.max(160, minFrame.widthPx), Math.max(90, minFrame.heightPx));
  const primaries = "bt709" as const;
  return aVideoSpec({
    codec,
    picture: aPictureSpec({ frame, pixelFormat, colour: { matrix, primaries, transfer: primaries, range } }),
    frameRate: keepsFrameTimes ? null : { num: 25, den: 1 },
    rate: hasBitrate
      ? { mode: "bitrate", bitrateBps: 600_000, maxrateBps: 1_200_000, passes: 1 }
      : { mode: "fixed" },
    ...changes,
  });
}

function soundOf(codec: AudioCodec): AudioSpec {
  const { bitrateKbps, sampleRatesHz } = AUDIO_CODEC_FACTS[codec];
  const rates: readonly number[] = sampleRatesHz ?? [44_100];
  return anAudioSpec({
    codec,
    bitrateBps: bitrateKbps === null ? null : 128_000,
    sampleRateHz: rates.includes(44_100) ? 44_100 : 48_000,
  });
}

/** What MediaInfo calls the codecs; of those whose name depends on the container, all that it uses. */
const MEDIAINFO_VIDEO: Record<VideoCodec, RegExp> = {
  h264: /^AVC$/,
  hevc: /^HEVC$/,
  av1: /^AV1$/,
  vp8: /^VP8$/,
  vp9: /^(VP9|vp09)$/,
  theora: /^Theora$/,
  mpeg4: /^MPEG-4 Visual$/,
  xvid: /^(MPEG-4 Visual|XviD)$/i,
  mpeg1video: /^MPEG Video$/,
  mpeg2video: /^MPEG Video$/,
  h263: /^H\.263$/,
  flv: /^Sorenson Spark$/,
  wmv1: /^WMV1$/,
  wmv2: /^WMV2$/,
  mjpeg: /^(JPEG|V_MJPEG)$/,
  prores: /^ProRes$/,
  dnxhd: /^(VC-3|V_QUICKTIME)$/,
  qtrle: /^RLE$/,
  huffyuv: /^HuffYUV$/,
};
const MEDIAINFO_AUDIO: Record<AudioCodec, RegExp> = {
  aac: /^AAC$/,
  mp3: /^MPEG Audio$/,
  mp2: /^(MPEG Audio|\.mp2)$/,
  ac3: /^AC-3$/,
  vorbis: /^Vorbis$/,
  opus: /^Opus$/,
  flac: /^FLAC$/,
  wmav2: /^WMA$/,
  "pcm-s16le": /^PCM$/,
  "pcm-u8": /^PCM$/,
  "pcm-alaw": /^ADPCM$/,
};

/** Decodes everything; what a player would stumble over is printed. */
async function complaints(path: string): Promise<string[]> {
  const args = ["-v", "error", "-xerror", "-err_detect", "crccheck", "-i", `file:${path}`];
  const { stderr } = await execute(tools.ffmpegPath, [...args, "-f", "null", "-"]);
  // A clock of milliseconds rounds, which only the muxer that writes nothing minds.
  return stderr.split("\n").filter((line) => !/^$|^\[null @|Last message repeated/.test(line));
}

async function expectPicture(path: string, codec: VideoCodec): Promise<void> {
  expect(await shownNumbers(path)).toEqual(Array.from({ length: FRAMES }, (_, number) => number));
  const times = await frameTimes(path);
  const first = times[0] ?? Number.NaN;
  expect(times.findIndex((time, frame) => Math.abs(time - first - frame * 0.04) > 0.0011)).toBe(-1);
  const { video } = await readMediaInfo(path);
  expect(video?.["Format"]).toMatch(MEDIAINFO_VIDEO[codec]);
  const { frame } = pictureOf(codec).picture;
  expect([video?.["Width"], video?.["Height"]]).toEqual([String(frame.widthPx), String(frame.heightPx)]);
}

async function expectSound(path: string, codec: AudioCodec): Promise<void> {
  const { audio } = await readMediaInfo(path);
  expect(audio?.["Format"]).toMatch(MEDIAINFO_AUDIO[codec]);
  expect(await probeEntry(path, "a:0", "stream=channels")).toBe("2");
  const sound = await samples(path);
  // Bare streams say nothing of the silence that encoders put around the sound.
  expect(Math.abs(sound.length / 48_000 - 1)).toBeLessThan(0.1);
  const crossings = sound.subarray(9_600, 38_400).reduce((count, sample, index, all) => {
    return count + (sample >= 0 && (all[index - 1] ?? 0) < 0 ? 1 : 0);
  }, 0);
  expect(Math.abs(crossings / 0.6 - 997)).toBeLessThan(5);
}

/** Every codec of a kind with a container of it, another than its default where there is one. */
function elsewhere<Codec extends string>(
  codecs: readonly Codec[],
  kind: "video" | "audio",
): [Codec, Container][] {
  return codecs.flatMap((codec): [Codec, Container][] => {
    const lists = CONTAINER_NAMES.map((name) => [name, CONTAINERS[name][kind]] as const);
    const places = lists.filter(([, list]: readonly [Container, readonly string[]]) => list.includes(codec));
    const [place] = places.find(([, list]) => list[0] !== codec) ?? places[0] ?? [];
    return place === undefined ? [] : [[codec, place]];
  });
}

describe("encodeRendition", () => {
  it.each(CONTAINER_NAMES)("fills %s with its default codecs", async (container) => {
    const [videoCodec] = CONTAINERS[container].video;
    const [audioCodec] = CONTAINERS[container].audio;
    const path = await encode({
      container,
      video: videoCodec === undefined ? null : pictureOf(videoCodec),
      audio: soundOf(audioCodec),
    });
    expect(await complaints(path)).toEqual([]);
    await expectSound(path, audioCodec);
    if (videoCodec !== undefined) {
      await expectPicture(path, videoCodec);
    }
  });

  it.each(elsewhere(VIDEO_CODECS, "video"))("encodes %s into %s", async (codec, container) => {
    const path = await encode({ container, video: pictureOf(codec), audio: null });
    expect(await complaints(path)).toEqual([]);
    await expectPicture(path, codec);
  });

  it.each(elsewhere(AUDIO_CODECS, "audio"))("encodes %s into %s", async (codec, container) => {
    const path = await encode({ container, video: null, audio: soundOf(codec) });
    expect(await complaints(path)).toEqual([]);
    await expectSound(path, codec);
  });

  it.each(["h264", "hevc", "vp8", "vp9", "av1"] as const)(
    "makes more of %s at a better quality, and no more than the ceiling",
    async (codec) => {
      const noisy = await makeClip(directory.path, `noisy-${codec}.mp4`, [
        ...lavfi("testsrc2=s=320x180:r=25:d=4,noise=alls=20:allf=t"),
        ...SHARP_H264,
      ]);
      const container = codec === "vp8" ? "webm" : "mkv";
      const picture = { ...pictureOf(codec).picture, frame: aFrame(320, 180) };
      const sizeOf = async (crf: number, maxrateBps: number | null): Promise<number> => {
        const rate = { mode: "quality", crf, maxrateBps } as const;
        const video = pictureOf(codec, { rate, picture });
        return (await stat(await encode({ container, video, audio: null }, noisy))).size;
      };
      const [good, poor] = [await sizeOf(20, null), await sizeOf(40, null)];
      expect(good).toBeGreaterThan(1.5 * poor);
      // What the window of two seconds lets through at the start, and what rate control lags behind.
      expect(await sizeOf(20, 200_000)).toBeLessThan(1.5 * (200_000 / 8) * (4 + 2));
    },
  );

  it.each([
    ["high", 21, "High@L2.1"],
    ["main", 31, "Main@L3.1"],
    ["baseline", 30, "Constrained Baseline@L3"],
  ] as const)(
    "writes the H.264 profile %s and the level %i that were asked for",
    async (profile, level, named) => {
      const path = await encode({ video: pictureOf("h264", { profile, level }), audio: null });
      const { video } = await readMediaInfo(path);
      expect(`${video?.["Format_Profile"]}@L${video?.["Format_Level"]}`).toBe(named);
    },
  );

  it.each([
    [160, 90, 25, "1.1"],
    [640, 360, 30, "3"],
    [1280, 720, 30, "3.1"],
    [1280, 720, 60, "3.2"],
  ])("finds the H.264 level of %ix%i at %i a second by itself", async (widthPx, heightPx, num, level) => {
    const rate = { mode: "bitrate", bitrateBps: 60_000, maxrateBps: 100_000, passes: 1 } as const;
    const picture = { ...pictureOf("h264").picture, frame: aFrame(widthPx, heightPx) };
    const video = pictureOf("h264", { rate, picture, frameRate: { num, den: 1 } });
    const info = await readMediaInfo(await encode({ video, audio: null }));
    expect(info.video?.["Format_Level"]).toBe(level);
  });

  it.each([
    ["h264", "yuv422p", "High 4:2:2"],
    ["h264", "yuv420p10le", "High 10"],
    ["hevc", "yuv420p10le", "Main 10"],
    ["hevc", "yuv444p", "Format Range"],
    ["vp9", "yuv422p10le", "3"],
  ] as const)("writes %s with %s pixels as profile %s", async (codec, pixelFormat, profile) => {
    const picture = { ...pictureOf(codec).picture, pixelFormat };
    const path = await encode({ container: "mkv", video: pictureOf(codec, { picture }), audio: null });
    expect(await probeEntry(path, "v:0", "stream=pix_fmt")).toBe(pixelFormat);
    expect((await readMediaInfo(path)).video?.["Format_Profile"]).toMatch(new RegExp(`^${profile}`));
  });

  it.each([
    ["0", "apco"],
    ["3", "apch"],
  ] as const)("writes ProRes profile %s as %s", async (profile, tag) => {
    const path = await encode({ container: "mov", video: pictureOf("prores", { profile }), audio: null });
    expect(await probeEntry(path, "v:0", "stream=codec_tag_string")).toBe(tag);
  });

  it("writes ProRes with transparency as 4444", async () => {
    const picture = { ...pictureOf("prores").picture, pixelFormat: "yuva444p10le" } as const;
    const path = await encode({ container: "mov", video: pictureOf("prores", { picture }), audio: null });
    expect(await probeEntry(path, "v:0", "stream=codec_tag_string,pix_fmt")).toMatch(
      /^ap4h,yuva444p1[02]le$/,
    );
  });

  it.each(["theora", "mpeg4", "xvid", "mpeg2video", "wmv2", "hevc", "vp8", "vp9"] as const)(
    "spends the bits of %s in two passes and leaves no statistics behind",
    async (codec) => {
      const noisy = await makeClip(directory.path, `passes-${codec}.mp4`, [
        ...lavfi("testsrc2=s=160x90:r=25:d=6,noise=alls=20:allf=t"),
        ...SHARP_H264,
      ]);
      const rate = { mode: "bitrate", bitrateBps: 500_000, maxrateBps: 1_000_000, passes: 2 } as const;
      const video = pictureOf(codec, { rate });
      const path = await encode({ container: "mkv", video, audio: null }, noisy);
      const bitrate = ((await stat(path)).size * 8) / 6;
      expect(Math.abs(bitrate / 500_000 - 1)).toBeLessThan(0.15);
      expect(await readdir(dirname(path))).toEqual([basename(path)]);
    },
  );

  it.each(["mpeg4", "mpeg2video", "wmv2", "flv", "h264"] as const)(
    "goes as low as %s can when two passes cannot reach the rate",
    async (codec) => {
      const noise = await makeClip(directory.path, "noise.mp4", [
        ...lavfi("testsrc2=s=320x180:r=25:d=2,noise=alls=60:allf=t"),
        ...SHARP_H264,
      ]);
      const rate = { mode: "bitrate", bitrateBps: 10_000, maxrateBps: 20_000, passes: 2 } as const;
      const path = await encode({ container: "mkv", video: pictureOf(codec, { rate }), audio: null }, noise);
      expect(await frameTimes(path)).toHaveLength(50);
    },
  );

  it("cuts a counted picture at the exact frame and to the exact length", async () => {
    const long = await makeClip(directory.path, "long.mp4", [...lavfi(numbered("25", 8)), ...SHARP_H264]);
    for (const [codec, container] of [
      ["mpeg4", "avi"],
      ["vp8", "webm"],
      ["theora", "ogv"],
      ["hevc", "mp4"],
    ] as const) {
      const span = { startSeconds: 3, durationSeconds: 2 };
      const path = await encode({ container, video: pictureOf(codec), audio: null, span }, long);
      expect(await shownNumbers(path)).toEqual(Array.from({ length: 50 }, (_, number) => 75 + number));
    }
  });

  it("lets Apple's players know HEVC", async () => {
    const path = await encode({ video: pictureOf("hevc"), audio: null });
    expect(await probeEntry(path, "v:0", "stream=codec_tag_string")).toBe("hvc1");
  });

  it.each(["mp4", "mov", "m4a", "3gp"] as const)(
    "writes %s with its index in front, or in fragments",
    async (container) => {
      const [codec] = CONTAINERS[container].video;
      const video = codec === undefined ? null : pictureOf(codec);
      const [plain, fragmented] = [
        await readFile(await encode({ container, video })),
        await readFile(await encode({ container, video, isFragmented: true })),
      ];
      expect(plain.indexOf("moov")).toBeLessThan(plain.indexOf("mdat"));
      expect([plain.includes("moof"), fragmented.includes("moof")]).toEqual([false, true]);
    },
  );

  it.each(["mp4", "mkv", "mp3", "ogg"] as const)(
    "keeps or leaves out what the source says of itself in %s",
    async (container) => {
      const video = CONTAINERS[container].video.length > 0 ? pictureOf("h264") : null;
      const audio = soundOf(CONTAINERS[container].audio[0]);
      const kept = await encode({ container, video, audio });
      const bare = await encode({ container, video, audio, keepsMetadata: false });
      const titles = await Promise.all(
        [kept, bare].map(async (path) => (await readFile(path)).includes("A title")),
      );
      expect(titles).toEqual([true, false]);
      expect(await probeEntry(bare, "a:0", "stream_tags=language")).toMatch(/^(und)?$/);
      if (video !== null) {
        expect(await probeEntry(kept, "v:0", "stream_tags=language")).toMatch(/^fra|fre$/);
        expect(await probeEntry(bare, "v:0", "stream_tags=language")).toMatch(/^(und)?$/);
      }
    },
  );
});
