import { readdir, readFile, truncate } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RenditionSpec } from "../../../../encoder/contract/output-spec.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import {
  corners,
  firstPicture,
  frameLumas,
  frameTimes,
  lavfi,
  makeClip,
  makeTestDirectory,
  packets,
  probeEntry,
  SHARP_H264,
  TIME_AS_LUMA,
  turnClip,
  type Pixel,
} from "../../../support/make-clip.ts";
import { aFrame, aRenditionSpec, aPictureSpec, aVideoSpec } from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

async function encode(sourcePath: string, rendition: Partial<RenditionSpec>): Promise<string> {
  const ctx = await aWorkContext(directory.path);
  const spec = aRenditionSpec({ audio: null, ...rendition });
  return (
    await encodeRendition(
      { source: await sourceAt(sourcePath), rendition: spec, threads: 1, watermarks: NO_WATERMARKS },
      ctx,
    )
  ).path;
}

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());

/** The colour's name when it is clearly one of the four corner colours. */
function colourName({ red, green, blue }: Pixel): string {
  const bright = [red, green, blue].map((value) => (value > 200 ? "1" : value < 55 ? "0" : "?")).join("");
  return { "100": "red", "010": "green", "001": "blue", "111": "white", "000": "black" }[bright] ?? bright;
}

/** Colours near the four corners, row by row. */
async function cornerColours(
  path: string,
  widthPx: number,
  heightPx: number,
  insetPx = 8,
): Promise<string[]> {
  const picture = await firstPicture(path);
  const [right, bottom] = [widthPx - 1 - insetPx, heightPx - 1 - insetPx];
  const points = [
    [insetPx, insetPx],
    [right, insetPx],
    [insetPx, bottom],
    [right, bottom],
  ] as const;
  return points.map(([x, y]) => colourName(picture.at(x, y)));
}

const UPRIGHT = ["red", "green", "blue", "white"];

describe("encodeRendition", () => {
  it("makes a streamable H.264 file, reports progress to the end and leaves nothing else", async () => {
    const source = await clip(
      "plain.mp4",
      lavfi("testsrc2=s=320x180:r=25:d=4"),
      lavfi("sine=440:d=4"),
      SHARP_H264,
    );
    const ctx = await aWorkContext(directory.path);
    const { path, ffprobe } = await encodeRendition(
      { source: await sourceAt(source), rendition: aRenditionSpec(), threads: 2, watermarks: NO_WATERMARKS },
      ctx,
    );
    expect(ffprobe.format).toMatchObject({
      filename: "",
      nb_streams: 2,
      duration: expect.stringMatching(/^4\.0/),
    });
    expect(ffprobe.streams.map((stream) => stream["codec_name"])).toEqual(["h264", "aac"]);
    const file = await readFile(path);
    expect(file.indexOf("moov")).toBeLessThan(file.indexOf("mdat"));
    expect(await readdir(ctx.directory)).toEqual(["rendition.mp4"]);
    expect(ctx.fractions.at(-1)).toBe(1);
    expect(ctx.fractions).toEqual([...ctx.fractions].sort((one, other) => one - other));
    expect(await frameTimes(path)).toHaveLength(100);
  });

  it("makes the same bytes from the same plan", async () => {
    const source = await clip(
      "same.mp4",
      lavfi("testsrc2=s=320x180:r=25:d=1"),
      lavfi("sine=440:d=1"),
      SHARP_H264,
    );
    const [one, other] = await Promise.all(
      [1, 2].map(async () => {
        const ctx = await aWorkContext(directory.path);
        const work = {
          source: await sourceAt(source),
          rendition: aRenditionSpec(),
          threads: 2,
          watermarks: NO_WATERMARKS,
        };
        return readFile((await encodeRendition(work, ctx)).path);
      }),
    );
    expect(one?.equals(other ?? Buffer.alloc(0))).toBe(true);
  });

  it.each([90, 180, 270] as const)("turns a picture that was held at %i degrees upright", async (degrees) => {
    const turned = await clip(`turned-${degrees}.mp4`, lavfi(corners(320, 180)), ["-t", "0.2"], SHARP_H264);
    await turnClip(turned, degrees);
    const [widthPx, heightPx] = degrees === 180 ? [320, 180] : [180, 320];
    const path = await encode(turned, {
      video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(widthPx, heightPx) }) }),
    });
    const expected = { 90: [2, 0, 3, 1], 180: [3, 2, 1, 0], 270: [1, 3, 0, 2] }[degrees].map(
      (corner) => UPRIGHT[corner],
    );
    expect(await cornerColours(path, widthPx, heightPx)).toEqual(expected);
    expect((await readFile(path)).includes("rotate")).toBe(false);
    expect(await probeEntry(path, "v:0", "stream_side_data=rotation")).toBe("");
  });

  it("scales odd sizes to even ones without losing an edge", async () => {
    const odd = await clip(
      "odd.mp4",
      lavfi(corners(577, 323)),
      ["-t", "0.2", "-pix_fmt", "yuv444p"],
      SHARP_H264,
    );
    const path = await encode(odd, {
      video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(576, 322) }) }),
    });
    expect(await probeEntry(path, "v:0", "stream=width,height,pix_fmt")).toBe("576,322,yuv420p");
    expect(await cornerColours(path, 576, 322)).toEqual(UPRIGHT);
  });

  it("widens an anamorphic picture to square pixels", async () => {
    const wide = await clip(
      "wide.mp4",
      lavfi(`${corners(720, 576)},setsar=64/45`),
      ["-t", "0.2"],
      SHARP_H264,
    );
    const path = await encode(wide, {
      video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(1024, 576) }) }),
    });
    expect(await probeEntry(path, "v:0", "stream=width,height,sample_aspect_ratio")).toBe("1024,576,1:1");
    expect(await cornerColours(path, 1024, 576)).toEqual(UPRIGHT);
  });

  it("centres a picture between black bars", async () => {
    const source = await clip("bars.mp4", lavfi(corners(320, 180)), ["-t", "0.2"], SHARP_H264);
    const frame = { widthPx: 320, heightPx: 240, scaledWidthPx: 320, scaledHeightPx: 180 };
    const path = await encode(source, { video: aVideoSpec({ picture: aPictureSpec({ frame }) }) });
    expect(await cornerColours(path, 320, 240)).toEqual(["black", "black", "black", "black"]);
    const picture = await firstPicture(path);
    expect([26, 33, 206, 213].map((y) => colourName(picture.at(8, y)))).toEqual([
      "black",
      "red",
      "blue",
      "black",
    ]);
  });

  it("makes an 8 bit picture of a 10 bit one with the same brightness", async () => {
    const graph = "nullsrc=s=64x64:r=25:d=1,format=yuv420p10le,geq=lum=600:cb=512:cr=512";
    const deep = await clip("deep.mkv", lavfi(graph), [
      "-c:v",
      "libx264",
      "-crf",
      "1",
      "-preset",
      "ultrafast",
    ]);
    const path = await encode(deep, {
      video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(64, 64) }) }),
    });
    expect(await probeEntry(path, "v:0", "stream=profile,pix_fmt")).toBe("High,yuv420p");
    for (const luma of await frameLumas(path)) {
      expect(Math.abs(luma - 150)).toBeLessThanOrEqual(1);
    }
  });

  it("brings a full range picture to studio range", async () => {
    const graph = "nullsrc=s=64x64:r=25:d=0.4,format=yuvj420p,geq=lum='if(lt(X,32),0,255)':cb=128:cr=128";
    const full = await clip("full.avi", lavfi(graph), ["-c:v", "mjpeg", "-q:v", "2"]);
    const path = await encode(full, {
      video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(64, 64) }) }),
    });
    expect(await probeEntry(path, "v:0", "stream=pix_fmt,color_range")).toMatch(/^yuv420p,(tv|unknown)$/);
    const picture = await firstPicture(path);
    expect([colourName(picture.at(8, 32)), colourName(picture.at(56, 32))]).toEqual(["black", "white"]);
  });

  it("keeps every frame of a constant rate at its time", async () => {
    const source = await clip("ntsc.mp4", lavfi("testsrc2=s=320x180:r=30000/1001:d=3"), SHARP_H264);
    const path = await encode(source, {});
    const times = await frameTimes(path);
    expect(times).toHaveLength(90);
    times.forEach((time, index) => expect(Math.abs(time - (index * 1001) / 30000)).toBeLessThan(0.00001));
    expect(await probeEntry(path, "v:0", "stream=r_frame_rate,avg_frame_rate")).toBe("30000/1001,30000/1001");
  });

  it("keeps the times of a variable rate", async () => {
    const select = "select='if(lt(t,1),1,not(mod(n,7)))'";
    const source = await clip(
      "variable.mp4",
      lavfi("testsrc2=s=320x180:r=60:d=3"),
      ["-vf", select, "-fps_mode", "passthrough"],
      SHARP_H264,
    );
    const [expected, times] = await Promise.all([frameTimes(source), encode(source, {}).then(frameTimes)]);
    expect(
      new Set(expected.slice(1).map((time, index) => (time - (expected[index] ?? 0)).toFixed(3))).size,
    ).toBeGreaterThan(1);
    expect(times).toHaveLength(expected.length);
    times.forEach((time, index) => expect(Math.abs(time - (expected[index] ?? 0))).toBeLessThan(0.001));
  });

  it("starts at zero where a muxer has moved the picture back", async () => {
    for (const name of ["moved.ts", "moved.mkv"]) {
      const source = await clip(
        name,
        lavfi("testsrc2=s=320x180:r=25:d=2"),
        lavfi("sine=440:d=2"),
        SHARP_H264,
        ["-c:a", "aac"],
      );
      const times = await encode(source, { audio: aRenditionSpec().audio }).then(frameTimes);
      expect(times).toHaveLength(50);
      times.forEach((time, index) => expect(Math.abs(time - index * 0.04)).toBeLessThan(0.0011));
    }
  });

  it("converts to a constant rate when asked to", async () => {
    const source = await clip("fast.mp4", lavfi("testsrc2=s=320x180:r=50:d=2"), SHARP_H264);
    const path = await encode(source, { video: aVideoSpec({ frameRate: { num: 24000, den: 1001 } }) });
    const times = await frameTimes(path);
    expect(times).toHaveLength(48);
    times.forEach((time, index) => expect(Math.abs(time - (index * 1001) / 24000)).toBeLessThan(0.0001));
  });

  it.each(["luma.mp4", "luma.ts", "luma.mkv"])(
    "cuts %s at the exact frame and to the exact length",
    async (name) => {
      // One group of pictures of 4 s: a seek that lands after its keyframe finds nothing to decode.
      const encoder = ["-c:v", "libx264", "-crf", "4", "-bf", "2"];
      const source = await clip(name, lavfi(TIME_AS_LUMA), encoder);
      const path = await encode(source, {
        video: aVideoSpec({
          picture: aPictureSpec({ frame: aFrame(64, 64) }),
          rate: { mode: "quality", crf: 4, maxrateBps: null },
        }),
        span: { startSeconds: 1.4, durationSeconds: 1.2 },
      });
      const lumas = await frameLumas(path);
      expect(lumas).toHaveLength(30);
      lumas.forEach((luma, index) => expect(Math.abs(luma - brightness(35 + index))).toBeLessThanOrEqual(1));
      expect(Number(await probeEntry(path, "v:0", "stream=duration"))).toBeCloseTo(1.2, 2);
      expect((await frameTimes(path))[0]).toBe(0);
    },
  );

  it("cuts far inside a transport stream, with keyframes at multiples of the interval", async () => {
    const source = await clip(
      "far.ts",
      lavfi("color=black:s=64x64:r=25:d=16,drawbox=t=fill:color=white:enable='gte(t,13)'"),
      ["-c:v", "libx264", "-bf", "2", "-output_ts_offset", "5000"],
    );
    const video = aVideoSpec({
      picture: aPictureSpec({ frame: aFrame(64, 64) }),
      keyframeIntervalSeconds: 1,
    });
    const path = await encode(source, { video, span: { startSeconds: 12, durationSeconds: 3 } });
    const lumas = await frameLumas(path);
    expect(lumas).toHaveLength(75);
    expect(lumas.findIndex((luma) => luma > 128)).toBe(25);
    const keys = (await packets(path, "v:0")).filter(({ isKey }) => isKey);
    expect(keys.map(({ ptsSeconds }) => ptsSeconds)).toEqual([0, 1, 2]);
  });

  it("shows the first frame from zero on when a cut falls between two frames", async () => {
    const source = await clip("between.mp4", lavfi("testsrc2=s=320x180:r=25:d=3"), SHARP_H264);
    const times = await encode(source, { span: { startSeconds: 1.01, durationSeconds: 1 } }).then(frameTimes);
    expect(times.slice(0, 3)).toEqual([0, expect.closeTo(0.07, 5), expect.closeTo(0.11, 5)]);
  });

  it("places keyframes at multiples of the interval, alike in all sizes", async () => {
    const scenes = "testsrc2=s=320x180:r=30000/1001:d=4,hue=H=if(mod(floor(t*3)\\,2)\\,3\\,0)";
    const source = await clip("keys.mp4", lavfi(scenes), SHARP_H264);
    const keyTimes = async (widthPx: number, heightPx: number) => {
      const video = aVideoSpec({
        picture: aPictureSpec({ frame: aFrame(widthPx, heightPx) }),
        keyframeIntervalSeconds: 1,
      });
      const list = await packets(await encode(source, { video }), "v:0");
      return list.filter(({ isKey }) => isKey).map(({ ptsSeconds }) => ptsSeconds);
    };
    const large = await keyTimes(320, 180);
    expect(large).toEqual([0, 1.001, 2.002, 3.003].map((time) => expect.closeTo(time, 5)));
    expect(await keyTimes(160, 90)).toEqual(large);
  });

  it.each([1, 2] as const)("comes near the bitrate that is asked for in %i passes", async (passes) => {
    const source = await clip("noise.mp4", lavfi("testsrc2=s=640x360:r=25:d=4,noise=alls=20:allf=t"), [
      "-c:v",
      "libx264",
      "-preset",
      "ultrafast",
    ]);
    const rate = { mode: "bitrate", bitrateBps: 800_000, maxrateBps: 1_200_000, passes } as const;
    const video = aVideoSpec({ picture: aPictureSpec({ frame: aFrame(640, 360) }), rate });
    const reached = Number(await probeEntry(await encode(source, { video }), "v:0", "stream=bit_rate"));
    expect(reached).toBeGreaterThan(640_000);
    expect(reached).toBeLessThan(960_000);
  });

  it("takes the picture and not the timecode, the cover or the subtitles", async () => {
    const cover = await clip("cover.png", lavfi("color=red:s=64x64"), ["-frames:v", "1"]);
    const source = await clip(
      "many.mov",
      lavfi("testsrc2=s=320x180:r=25:d=1"),
      [
        "-i",
        cover,
        "-map",
        "0",
        "-map",
        "1",
        "-c:v:1",
        "png",
        "-disposition:v:1",
        "attached_pic",
        "-timecode",
        "01:00:00:00",
      ],
      ["-c:v:0", "libx264"],
    );
    const path = await encode(source, {});
    expect(await probeEntry(path, "v:0", "format=nb_streams")).toBe("1");
  });

  it("calls a source that breaks off damaged, whatever could be made of it", async () => {
    const source = await clip(
      "cut-off.mp4",
      lavfi("testsrc2=s=320x180:r=25:d=4"),
      ["-movflags", "+faststart", "-g", "10"],
      SHARP_H264,
    );
    await truncate(source, Math.round((await readFile(source)).length / 3));
    await expect(encode(source, {})).rejects.toMatchObject({ failure: { code: "source_not_media" } });
  });

  it("refuses a cut that begins after the end", async () => {
    const source = await clip("short.mp4", lavfi("testsrc2=s=320x180:r=25:d=1"), SHARP_H264);
    const span = { startSeconds: 5, durationSeconds: 1 };
    await expect(encode(source, { span })).rejects.toMatchObject({ failure: { code: "encode_failed" } });
  });

  it("stops FFmpeg when the work is aborted", async () => {
    const source = await clip("long.mp4", lavfi("testsrc2=s=320x180:r=25:d=10"), SHARP_H264);
    const controller = new AbortController();
    const reason = new Error("cancelled");
    const ctx = await aWorkContext(directory.path, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    const rendition = aRenditionSpec({
      audio: null,
      video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(1920, 1080) }) }),
    });
    await expect(
      encodeRendition(
        { source: await sourceAt(source), rendition, threads: 1, watermarks: NO_WATERMARKS },
        ctx,
      ),
    ).rejects.toBe(reason);
    const commandLines = await Promise.all(
      (await readdir("/proc"))
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    expect(commandLines.filter((line) => line.includes(ctx.directory))).toEqual([]);
  });
});

/** Brightness of frame n of `TIME_AS_LUMA`: grey 2n, brought to studio range. */
function brightness(frameIndex: number): number {
  return 16 + (2 * frameIndex * 219) / 255;
}
