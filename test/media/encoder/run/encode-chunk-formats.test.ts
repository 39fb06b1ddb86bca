import { mkdtemp, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AudioCodec, Container } from "../../../../encoder/contract/formats.ts";
import type { PictureSpec, VideoSpec } from "../../../../encoder/contract/output-spec.ts";
import type { EncodedChunk } from "../../../../encoder/run/encode-chunk.ts";
import type { OpenWatermarks } from "../../../../encoder/run/open-watermarks.ts";
import {
  chunkTasks,
  encodeInChunks,
  encodeWhole,
  indexFrames,
  joinPart,
  runChunks,
  type FrameIndex,
} from "../../../support/chunked-encode.ts";
import {
  frameTimes,
  lavfi,
  makeClip,
  makeTestDirectory,
  onsetSeconds,
  packets,
  probeEntry,
  samples,
  SHARP_H264,
} from "../../../support/make-clip.ts";
import { lumaPlanes, numbered, psnr, shownNumbers } from "../../../support/numbered-clip.ts";
import { aFrame, anAudioSpec, aPictureSpec, aVideoSpec } from "../../../support/output-specs.ts";

const NTSC = { num: 30_000, den: 1001 };
const RATE = { mode: "quality", crf: 12, maxrateBps: null } as const;
const NOTHING = Buffer.alloc(0);

function pictureOf(
  codec: "h264" | "hevc" | "vp9" | "av1",
  changes: Partial<PictureSpec> = {},
  video: Partial<VideoSpec> = {},
): VideoSpec {
  return aVideoSpec({
    codec,
    picture: aPictureSpec({ frame: aFrame(160, 90), ...changes }),
    rate: RATE,
    // What libvpx counts in.
    frameRate: codec === "vp9" ? NTSC : null,
    ...video,
  });
}

/** One within a group of pictures, one at a keyframe, and one behind it. */
const CUTS = [22, 45, 76];

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let index: FrameIndex;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const path = await makeClip(directory.path, "source.mp4", [
    ...lavfi(numbered("30000/1001", 4)),
    ...["-c:v", "libx264", "-crf", "4", "-g", "15", "-bf", "3", "-x264-params", "open-gop=1:scenecut=0"],
  ]);
  index = await indexFrames(path);
});
afterAll(() => directory.remove());

/** Every frame once, in order, at the time that one piece has it, as faithful as all others at the edges. */
async function expectLikeSource(path: string, whole: string): Promise<void> {
  expect(await shownNumbers(path)).toEqual(await shownNumbers(index.path));
  const fromZero = async (file: string) => {
    const times = await frameTimes(file);
    return times.map((time) => time - (times[0] ?? 0));
  };
  const [times, expected] = await Promise.all([path, whole].map(fromZero));
  const wrong = times?.findIndex((time, frame) => Math.abs(time - (expected?.[frame] ?? 0)) > 0.0011);
  expect([times?.length, wrong]).toEqual([expected?.length, -1]);
  const [before, after] = await Promise.all([index.path, path].map((file) => lumaPlanes(file, 160 * 90)));
  for (const frame of CUTS.flatMap((cut) => [cut - 1, cut, cut + 1, cut + 2])) {
    expect(psnr(before?.[frame] ?? NOTHING, after?.[frame] ?? NOTHING)).toBeGreaterThan(36);
  }
}

describe("encodeChunk and joinRendition", () => {
  it.each([
    ["h264", ["mp4", "mov", "mkv", "mpegts", "flv"]],
    ["hevc", ["mp4", "mov", "mkv", "mpegts"]],
    ["vp9", ["mp4", "mkv", "webm"]],
    ["av1", ["mp4", "mkv", "webm"]],
  ] as const)("lose, double and damage no frame of %s in %j", async (codec, containers) => {
    const video = pictureOf(codec);
    const own = await mkdtemp(join(directory.path, "chunks-"));
    const chunks = await runChunks(own, index.path, chunkTasks(index, CUTS, [video]));
    expect(new Set(chunks.flatMap(({ parts }) => parts.map((part) => part.extradataHash))).size).toBe(1);
    for (const container of containers) {
      const whole = await encodeWhole(own, index.path, { video }, { container });
      await expectLikeSource(await joinPart(own, chunks, 0, { container, video }), whole);
    }
  });

  it.each(["hevc", "av1"] as const)("convert the rate of %s exactly as one piece would be", async (codec) => {
    const video = pictureOf(codec, {}, { frameRate: { num: 25, den: 1 } });
    const { path } = await encodeInChunks(directory.path, index, CUTS, video);
    const whole = await encodeWhole(directory.path, index.path, { video });
    expect(await shownNumbers(path)).toEqual(await shownNumbers(whole));
    expect((await frameTimes(path)).map((time) => Math.round(time * 25))).toEqual(
      Array.from({ length: 100 }, (_, frame) => frame),
    );
  });

  it.each(["h264", "hevc"] as const)(
    "begin every chunk of %s with a keyframe that a player can enter at",
    async (codec) => {
      const { path } = await encodeInChunks(directory.path, index, CUTS, pictureOf(codec));
      const list = await packets(path, "v:0");
      const keys = list.filter(({ isKey }) => isKey).map(({ ptsSeconds }) => Math.round(ptsSeconds * 29.97));
      expect(keys).toEqual(expect.arrayContaining([0, ...CUTS]));
      // Nothing that is stored after a keyframe is shown before it.
      const behind = list.map(({ ptsSeconds }, at) => {
        const key = list.slice(0, at + 1).findLast(({ isKey }) => isKey);
        return ptsSeconds >= (key?.ptsSeconds ?? 0);
      });
      expect(behind).not.toContain(false);
    },
  );

  it("place the keyframes of a packaged HEVC picture where one piece has them", async () => {
    const path = await makeClip(directory.path, "packaged.mp4", [...lavfi(numbered("25", 5)), ...SHARP_H264]);
    const source = await indexFrames(path);
    const video = pictureOf("hevc", {}, { keyframeIntervalSeconds: 2, frameRate: { num: 25, den: 1 } });
    const keysOf = async (file: string) =>
      (await packets(file, "v:0")).filter(({ isKey }) => isKey).map(({ ptsSeconds }) => ptsSeconds);
    const { path: joined } = await encodeInChunks(directory.path, source, [50], video);
    expect(await keysOf(joined)).toEqual([0, 2, 4]);
    expect(await keysOf(await encodeWhole(directory.path, path, { video }))).toEqual([0, 2, 4]);
  });

  it.each(["hevc", "vp9", "av1"] as const)(
    "write equal headers of %s whatever the budget of a chunk",
    async (codec) => {
      const tasks = [60_000, 700_000].flatMap((bitrateBps) => {
        const rate = { mode: "bitrate", bitrateBps, maxrateBps: 1_000_000, passes: 1 } as const;
        return chunkTasks(index, [45], [pictureOf(codec, {}, { rate })]);
      });
      const chunks = await runChunks(directory.path, index.path, tasks);
      expect(new Set(chunks.flatMap(({ parts }) => parts.map((part) => part.extradataHash))).size).toBe(1);
    },
  );

  it.each(["hevc", "vp9", "av1"] as const)("land on the budget of a chunk of %s", async (codec) => {
    const scenes = [
      "testsrc2=s=320x180:r=25:d=7[still]",
      "testsrc2=s=320x180:r=25:d=6,noise=alls=18:allf=t[noise]",
      "mandelbrot=s=320x180:r=25,trim=duration=7[zoom]",
      "[still][noise][zoom]concat=n=3:v=1:a=0,format=yuv420p",
    ].join(";");
    const path = await makeClip(directory.path, `budget-${codec}.mp4`, [...lavfi(scenes), ...SHARP_H264]);
    const source = await indexFrames(path);
    const rate = { mode: "bitrate", bitrateBps: 300_000, maxrateBps: 600_000, passes: 1 } as const;
    const picture = { frame: aFrame(320, 180) };
    const video = pictureOf(codec, picture, { rate, frameRate: { num: 25, den: 1 } });
    const [chunk] = await runChunks(directory.path, path, chunkTasks(source, [], [video]));
    const { size } = await stat(chunk?.parts[0]?.path ?? "");
    expect(Math.abs((size * 8) / 20 / 300_000 - 1)).toBeLessThan(0.05);
  });

  it("encode parts of one and of two passes in one decode", async () => {
    const rate = { mode: "bitrate", bitrateBps: 200_000, maxrateBps: 400_000, passes: 1 } as const;
    const parts = [
      pictureOf("h264"),
      pictureOf("vp9", {}, { rate }),
      pictureOf("hevc", {}, { rate }),
      pictureOf("h264", { frame: aFrame(80, 46) }, { rate: { ...rate, passes: 2 } }),
    ];
    const chunks = await runChunks(directory.path, index.path, chunkTasks(index, [45], parts));
    for (const [part, video] of parts.entries()) {
      const path = await joinPart(directory.path, chunks, part, { video });
      expect(await probeEntry(path, "v:0", "stream=codec_name")).toBe(video.codec);
      expect(await shownNumbers(path)).toEqual(await shownNumbers(index.path));
    }
  });

  it.each([
    ["mkv", "h264", "aac", "mp4"],
    ["mov", "hevc", "pcm-s16le", "mkv"],
    ["webm", "vp9", "opus", "mp4"],
    ["webm", "av1", "vorbis", "mkv"],
    ["mpegts", "h264", "aac", "mp4"],
    ["flv", "h264", "mp3", "mp4"],
  ] as const)(
    "keep flash and beep together in %s of %s and %s",
    async (container, codec, audioCodec, between) => {
      const flash = "color=black:s=160x90:r=25:d=5,drawbox=t=fill:color=white:enable='gte(t,3.4)'";
      const beep = "aevalsrc='if(gte(t,3.4),0.5*sin(2*PI*997*t),0)':s=48000:d=5";
      const path = await makeClip(directory.path, `flash-${container}-${codec}.mp4`, [
        ...[...lavfi(flash), ...lavfi(beep)],
        ...[...SHARP_H264, "-g", "20", "-ac", "2", "-c:a", "aac", "-b:a", "192k"],
      ]);
      expect(await offsetOf(path, { container, codec, audioCodec, between })).toBeLessThan(0.03);
    },
  );

  it("deinterlace the frames at the edges as one piece does", async () => {
    const path = await makeClip(directory.path, "interlaced.mp4", [
      ...lavfi("testsrc2=s=160x96:r=50:d=3"),
      ...["-vf", "tinterlace=interleave_top,setfield=tff", "-flags", "+ildct+ilme"],
      ...["-c:v", "libx264", "-crf", "4", "-g", "15", "-x264-params", "tff=1"],
    ]);
    const source = await indexFrames(path);
    for (const frameRate of [null, { num: 30, den: 1 }]) {
      const picture = { deinterlace: "all", frame: aFrame(160, 96) } as const;
      const video = pictureOf("h264", picture, { frameRate, rate: { ...RATE, crf: 6 } });
      const { path: joined } = await encodeInChunks(directory.path, source, [15, 31, 45], video);
      const whole = await encodeWhole(directory.path, path, { video });
      const [one, other] = await Promise.all([joined, whole].map((file) => lumaPlanes(file, 160 * 96)));
      expect(one?.length).toBe(other?.length);
      const likeness = (one ?? []).map((plane, frame) => psnr(plane, other?.[frame] ?? NOTHING));
      expect(Math.min(...likeness)).toBeGreaterThan(40);
    }
  });

  it("show a watermark on every frame, in chunks as in one piece", async () => {
    const mark = await makeClip(directory.path, "mark.png", [
      ...lavfi("color=white:s=20x20"),
      "-frames:v",
      "1",
    ]);
    const path = await makeClip(directory.path, "dark.mp4", [
      ...[...lavfi("color=black:s=160x90:r=25:d=3"), ...SHARP_H264],
      ...["-g", "10", "-output_ts_offset", "3"],
    ]);
    const source = await indexFrames(path);
    const watermarks: OpenWatermarks = { urls: new Map([[4, `file:${mark}`]]), release: () => undefined };
    const watermark = {
      ...({ source: 4, position: "bottomright" } as const),
      ...{ maxWidthPx: 20, maxHeightPx: 20, marginXPx: 8, marginYPx: 4 },
    };
    for (const frameRate of [null, NTSC]) {
      const video = pictureOf("h264", { watermark }, { frameRate });
      const files = [
        (await encodeInChunks(directory.path, source, [20, 41], video, { watermarks })).path,
        await encodeWhole(directory.path, path, { video }, { watermarks }),
      ];
      for (const file of files) {
        const planes = await lumaPlanes(file, 160 * 90);
        expect(planes.length).toBe(frameRate === null ? 75 : 90);
        const seen = planes.map((plane) => [plane[75 * 160 + 140], plane[75 * 160 + 100]]);
        expect(seen.filter(([inside = 0, outside = 255]) => inside < 200 || outside > 40)).toEqual([]);
      }
    }
  });
});

type Joined = {
  container: Container;
  codec: "h264" | "hevc" | "vp9" | "av1";
  audioCodec: AudioCodec;
  /** Where the sound waits for the picture. */
  between: Container;
};

/** Seconds between what is seen and what is heard. */
async function offsetOf(path: string, { container, codec, audioCodec, between }: Joined): Promise<number> {
  const source = await indexFrames(path);
  const frameRate = { num: 25, den: 1 };
  const video = pictureOf(codec, {}, { frameRate });
  const bitrateBps = audioCodec.startsWith("pcm") ? null : 128_000;
  const audio = anAudioSpec({ codec: audioCodec, bitrateBps });
  const sound = await encodeWhole(directory.path, path, { audio }, { container: between });
  const own = await mkdtemp(join(directory.path, "flash-"));
  const chunks: EncodedChunk[] = await runChunks(own, path, chunkTasks(source, [35, 99], [video]));
  const joined = await joinPart(own, chunks, 0, { container, video, audio, audioPath: sound });
  const [planes, times] = await Promise.all([lumaPlanes(joined, 160 * 90), frameTimes(joined)]);
  const seen = times[planes.findIndex((plane) => (plane[80] ?? 0) > 128)] ?? Number.NaN;
  // FFmpeg counts samples from the file's first packet, and frames from zero.
  const start = Number(await probeEntry(joined, "v:0", "format=start_time"));
  return Math.abs(onsetSeconds(await samples(joined)) - (seen - start));
}
