import { mkdtemp, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageSpec } from "../../../../encoder/contract/output-spec.ts";
import { takeImages } from "../../../../encoder/run/take-images.ts";
import {
  corners,
  firstPicture,
  lavfi,
  makeClip,
  makeTestDirectory,
  probeEntry,
  SHARP_H264,
  TIME_AS_LUMA,
  turnClip,
} from "../../../support/make-clip.ts";
import { aFrame, anImageSpec } from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** 4 s at 25 frames a second whose grey tells the frame, with B frames and few keyframes. */
let clock: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const encoder = ["-c:v", "libx264", "-crf", "2", "-g", "33", "-bf", "3"];
  clock = await clip("clock.mp4", lavfi(TIME_AS_LUMA), encoder);
});
afterAll(() => directory.remove());

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());

async function take(sourcePath: string, image: Partial<ImageSpec>): Promise<string[]> {
  return takeImages(
    { source: await sourceAt(sourcePath), image: anImageSpec(image), threads: 1 },
    await aWorkContext(directory.path),
  );
}

/** Numbers of the frames that the pictures show. */
async function framesShown(paths: readonly string[]): Promise<number[]> {
  const pictures = await Promise.all(paths.map(firstPicture));
  // Encoding and the two conversions of range cost a level or so; frames are two levels apart.
  return pictures.map((picture) => Math.round(picture.at(32, 32).red / 2));
}

const frameAt = (seconds: number) => Math.min(99, Math.floor(seconds * 25 + 1e-6));

describe("takeImages", () => {
  it("shows the frame that a player shows at each time, in the given order", async () => {
    const atSeconds = [2, 0, 1.2, 1.21, 1.239, 1.24, 3.96, 0.5];
    expect(await framesShown(await take(clock, { atSeconds }))).toEqual(atSeconds.map(frameAt));
  });

  it("gives the last frame for times up to the end", async () => {
    expect(await framesShown(await take(clock, { atSeconds: [3.97, 3.9999, 4] }))).toEqual([99, 99, 99]);
  });

  it("refuses a time after the end", async () => {
    await expect(take(clock, { atSeconds: [1, 60] })).rejects.toMatchObject({
      failure: { code: "output_frame_missing" },
    });
  });

  it.each(["clock.ts", "clock.mkv", "clock.avi"])(
    "finds the frame in %s, where seeking is less exact",
    async (name) => {
      const copy = await clip(name, [
        "-i",
        clock,
        "-c",
        name.endsWith("avi") ? "mpeg4" : "copy",
        "-q:v",
        "1",
        "-bf",
        "0",
      ]);
      const atSeconds = [0, 0.52, 1.33, 2.7, 3.99];
      const shown = await framesShown(await take(copy, { atSeconds }));
      shown.forEach((frame, index) =>
        expect(Math.abs(frame - frameAt(atSeconds[index] ?? 0))).toBeLessThanOrEqual(1),
      );
    },
  );

  it("takes a long regular series in one decode, with the same pictures as by seeking", async () => {
    const atSeconds = Array.from({ length: 41 }, (_, index) => index * 0.1);
    const ctx = await aWorkContext(directory.path);
    const paths = await takeImages(
      { source: await sourceAt(clock), image: anImageSpec({ atSeconds }), threads: 1 },
      ctx,
    );
    expect(paths).toHaveLength(41);
    const chosen = [0, 1, 6, 20, 29, 39, 40];
    expect(await framesShown(chosen.map((index) => paths[index] ?? ""))).toEqual(
      chosen.map((index) => frameAt(index / 10)),
    );
    expect(ctx.fractions.at(-1)).toBe(1);
  });

  it("shows the held frame of a variable rate", async () => {
    const slides = await clip("slides.mp4", lavfi(TIME_AS_LUMA), [
      ...["-vf", "select='eq(n,0)+eq(n,10)+eq(n,80)'", "-fps_mode", "passthrough"],
      ...["-c:v", "libx264", "-crf", "2"],
    ]);
    expect(await framesShown(await take(slides, { atSeconds: [0.39, 0.41, 3.1, 3.21] }))).toEqual([
      0, 10, 10, 80,
    ]);
  });

  it("counts from the first picture, and shows it for times before it", async () => {
    const late = await clip("late.mp4", ["-itsoffset", "0.8", "-i", clock], lavfi("sine=440:d=4"), [
      "-map",
      "0:v",
      "-map",
      "1:a",
      "-c:v",
      "copy",
      "-c:a",
      "aac",
    ]);
    expect(await framesShown(await take(late, { atSeconds: [0, 0.5, 1.8] }))).toEqual([0, 0, 25]);
  });

  it("shows the last frame where the sound goes on without it", async () => {
    const long = await clip("long-sound.mp4", ["-i", clock], lavfi("sine=440:d=8"), [
      "-c:v",
      "copy",
      "-c:a",
      "aac",
    ]);
    expect(await framesShown(await take(long, { atSeconds: [6, 8] }))).toEqual([99, 99]);
  });

  it("writes upright JPEG files of the planned size, with their bars", async () => {
    const turned = await clip("turned.mp4", lavfi(corners(320, 180)), ["-t", "0.2"], SHARP_H264);
    await turnClip(turned, 90);
    const frame = { widthPx: 240, heightPx: 320, scaledWidthPx: 180, scaledHeightPx: 320 };
    const [path = ""] = await take(turned, { format: "jpg", frame });
    expect(await probeEntry(path, "v:0", "stream=codec_name,width,height")).toBe("mjpeg,240,320");
    expect((await readFile(path)).subarray(0, 3).toString("hex")).toBe("ffd8ff");
    const picture = await firstPicture(path);
    const near = (red: number, green: number, blue: number) => ({
      red: expect.closeTo(red, -1.3),
      green: expect.closeTo(green, -1.3),
      blue: expect.closeTo(blue, -1.3),
    });
    expect(picture.at(40, 10)).toEqual(near(0, 0, 255));
    expect(picture.at(200, 10)).toEqual(near(255, 0, 0));
    expect(picture.at(40, 310)).toEqual(near(255, 255, 255));
    expect(picture.at(200, 310)).toEqual(near(0, 255, 0));
    expect(picture.at(10, 160)).toEqual(near(0, 0, 0));
  });

  it("keeps the colours of BT.709 video in both formats", async () => {
    const colour =
      "color=0x2060C0:s=64x64:r=25:d=0.2,format=rgb24,scale=out_color_matrix=bt709:out_range=tv,format=yuv444p";
    const tags = [
      "-colorspace",
      "bt709",
      "-color_primaries",
      "bt709",
      "-color_trc",
      "bt709",
      "-color_range",
      "tv",
    ];
    const source = await clip("colour.mp4", lavfi(colour), tags, SHARP_H264);
    for (const format of ["jpg", "png"] as const) {
      const [path = ""] = await take(source, { format });
      const { red, green, blue } = (await firstPicture(path)).at(32, 32);
      expect(
        Math.max(Math.abs(red - 0x20), Math.abs(green - 0x60), Math.abs(blue - 0xc0)),
      ).toBeLessThanOrEqual(4);
    }
  });

  it("works in a directory whose name holds a counter pattern", async () => {
    const ctx = await aWorkContext(await makeOddDirectory());
    const atSeconds = Array.from({ length: 31 }, (_, index) => index * 0.1);
    const [single, series] = [anImageSpec({ atSeconds: [1] }), anImageSpec({ atSeconds })];
    expect(await takeImages({ source: await sourceAt(clock), image: single, threads: 1 }, ctx)).toHaveLength(
      1,
    );
    const other = await aWorkContext(await makeOddDirectory());
    expect(
      await takeImages({ source: await sourceAt(clock), image: series, threads: 1 }, other),
    ).toHaveLength(31);
  });

  it("passes odd sizes on to even ones", async () => {
    const odd = await clip(
      "odd.mp4",
      lavfi(corners(577, 323)),
      ["-t", "0.2", "-pix_fmt", "yuv444p"],
      SHARP_H264,
    );
    const [path = ""] = await take(odd, { frame: aFrame(576, 322) });
    expect(await probeEntry(path, "v:0", "stream=width,height")).toBe("576,322");
  });
});

function makeOddDirectory(): Promise<string> {
  return mkdtemp(`${directory.path}/odd %d:name-`);
}
