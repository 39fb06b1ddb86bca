import { mkdtemp, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Colour } from "../../../../encoder/contract/media-info.ts";
import type { ImageSpec } from "../../../../encoder/contract/output-spec.ts";
import { takeImages } from "../../../../encoder/run/take-images.ts";
import type { WorkContext } from "../../../../encoder/run/work-context.ts";
import {
  corners,
  firstPicture,
  lavfi,
  makeClip,
  makeTestDirectory,
  probeEntry,
  SHARP_H264,
  turnClip,
} from "../../../support/make-clip.ts";
import { aFrame, aJpegPicture, BT709, anImageSpec, aStillPicture } from "../../../support/output-specs.ts";
import { lumaPlanes, numbered, psnr, shownNumbers } from "../../../support/numbered-clip.ts";
import { startRangeServer } from "../../../support/range-server.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { startSourceRig } from "../../../support/source-rig.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** 4 s at 25 numbered frames a second, with B frames and few keyframes. */
let clock: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const encoder = ["-c:v", "libx264", "-crf", "10", "-g", "33", "-bf", "3"];
  clock = await clip("clock.mp4", lavfi(numbered("25", 4)), encoder);
});
afterAll(() => directory.remove());

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());

/** FFmpeg's own conversion of RGB. */
const BT601: Colour = { ...BT709, matrix: "bt601" };

const RGB_OF_BT601 = "scale=in_color_matrix=bt601:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24";

/** Wide enough for the blocks of numbered frames. */
const WIDE = aFrame(160, 90);

async function take(
  sourcePath: string,
  image: Partial<ImageSpec>,
  ctx?: WorkContext,
  watermarks = NO_WATERMARKS,
): Promise<string[]> {
  return takeImages(
    {
      source: await sourceAt(sourcePath),
      image: anImageSpec({ picture: aStillPicture({ frame: WIDE }), ...image }),
      threads: 1,
      watermarks,
    },
    ctx ?? (await aWorkContext(directory.path)),
  );
}

/** Numbers of the frames that the pictures show. */
async function framesShown(paths: readonly string[]): Promise<number[]> {
  return (await Promise.all(paths.map((path) => shownNumbers(path)))).flat();
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
    const paths = await take(clock, { atSeconds }, ctx);
    expect(paths).toHaveLength(41);
    const chosen = [0, 1, 6, 20, 29, 39, 40];
    expect(await framesShown(chosen.map((index) => paths[index] ?? ""))).toEqual(
      chosen.map((index) => frameAt(index / 10)),
    );
    expect(ctx.fractions.at(-1)).toBe(1);
  });

  it("shows the held frame of a variable rate", async () => {
    const slides = await clip("slides.mp4", lavfi(numbered("25", 4)), [
      ...["-vf", "select='eq(n,0)+eq(n,10)+eq(n,80)'", "-fps_mode", "passthrough"],
      ...["-c:v", "libx264", "-crf", "10"],
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

  it("counts alike where a container counts from what is read of it", async () => {
    const streams = ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac"];
    for (const [delay, wanted] of [
      // FFmpeg's own muxers delay the picture by a little; that is not meant.
      ["0", [0, 12, 25]],
      ["0.5", [0, 0, 12]],
    ] as const) {
      const input = ["-itsoffset", delay, "-i", clock];
      const late = await clip("late.ts", input, lavfi("sine=440:d=4"), streams);
      const shown = await framesShown(await take(late, { atSeconds: [0, 0.5, 1] }));
      shown.forEach((frame, index) => expect(Math.abs(frame - (wanted[index] ?? 0))).toBeLessThanOrEqual(3));
    }
  });

  it("reads a small part of a two-hour source for a few pictures and for a series", async () => {
    const minute = await clip("minute.mp4", lavfi(`${numbered("5", 60)},noise=alls=12:allf=t`), [
      ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "26", "-g", "50"],
    ]);
    const film = await clip("film.mp4", ["-stream_loop", "119", "-i", minute], ["-c", "copy"]);
    const bytes = await readFile(film);
    const server = await startRangeServer(bytes.length, (start, end) => bytes.subarray(start, end));
    const rig = await startSourceRig();
    try {
      const source = await rig.open(`${server.origin}/film.mp4`);
      const takeFrom = async (atSeconds: number[]) => {
        const image = anImageSpec({ picture: aStillPicture({ frame: WIDE }), atSeconds });
        const work = { source, image, threads: 1, watermarks: NO_WATERMARKS };
        return framesShown(await takeImages(work, await aWorkContext(directory.path)));
      };
      // Numbers begin anew every minute.
      const numberAt = (seconds: number) => Math.floor((seconds % 60) * 5 + 1e-6);
      const few = [1200, 2403, 3605.5, 4809.9, 6015.1];
      expect(await takeFrom(few)).toEqual(few.map(numberAt));
      const series = Array.from({ length: 31 }, (_, index) => 7000 + index * 1.5);
      expect(await takeFrom(series)).toEqual(series.map(numberAt));
      expect(server.sentBytes()).toBeLessThan(bytes.length / 4);
    } finally {
      await rig.close();
      await server.close();
    }
  });

  it("deinterlaces with the frames around the wanted one, by seeking and in a series", async () => {
    const fields = "testsrc2=s=160x96:r=50:d=4,scroll=h=0.02,tinterlace=interleave_top";
    const interlaced = await clip("fields.mkv", lavfi(fields), [
      ...["-c:v", "libx264", "-preset", "ultrafast", "-crf", "8", "-g", "100"],
      ...["-flags", "+ildct+ilme", "-top", "1", "-vf", "setfield=tff"],
    ]);
    const picture = aStillPicture({ frame: aFrame(160, 96), sourceColour: BT601, deinterlace: "all" });
    // What the deinterlacer makes of the whole stream is what is right.
    const reference = await clip(
      "progressive.mkv",
      ["-i", interlaced],
      [
        ...[
          "-vf",
          `setparams=field_mode=tff,bwdif=mode=send_frame:parity=auto:deint=all,${RGB_OF_BT601},format=gray`,
        ],
        ...["-c:v", "ffv1"],
      ],
    );
    const frames = await lumaPlanes(reference, 160 * 96);
    const likeness = async (path: string | undefined, frame: number) => {
      const gray = await clip("gray.mkv", ["-i", path ?? ""], ["-vf", "format=gray", "-c:v", "ffv1"]);
      const [plane] = await lumaPlanes(gray, 160 * 96);
      return psnr(plane ?? Buffer.alloc(0), frames[frame] ?? Buffer.alloc(0));
    };
    const single = await take(interlaced, { picture, atSeconds: [0, 1.5, 3.2] });
    for (const [index, frame] of [0, 37, 80].entries()) {
      expect(await likeness(single[index], frame)).toBeGreaterThan(45);
    }
    const atSeconds = Array.from({ length: 31 }, (_, index) => 1 + index * 0.08);
    const series = await take(interlaced, { picture, atSeconds });
    expect(await likeness(series[20], 65)).toBeGreaterThan(45);
    const combed = await take(interlaced, {
      picture: { ...picture, deinterlace: "off" },
      atSeconds: [1.5],
    });
    expect(await likeness(combed[0], 37)).toBeLessThan(35);
  });

  it("keeps the transparency of a source in PNG and WebP", async () => {
    const see = `color=red:s=64x64:r=25:d=0.2,format=rgba,geq=r=255:g=0:b=0:a='if(lt(X,32),255,0)'`;
    const source = await clip("see-through.mov", lavfi(see), ["-c:v", "qtrle", "-pix_fmt", "argb"]);
    for (const format of ["png", "webp"] as const) {
      const [path = ""] = await take(source, { format, picture: aStillPicture({ pixelFormat: "rgba" }) });
      const alpha = await clip(`alpha-${format}.png`, ["-i", path, "-vf", "alphaextract,format=gray"]);
      const picture = await firstPicture(alpha);
      expect([picture.at(16, 32).red, picture.at(48, 32).red]).toEqual([255, 0]);
    }
  });

  it("lays its watermark over every picture", async () => {
    const mark = await clip("mark.png", lavfi("color=lime:s=40x40"), ["-frames:v", "1"]);
    const watermarks = { ...NO_WATERMARKS, urls: new Map([[0, `file:${mark}`]]) };
    const place = { maxWidthPx: 20, maxHeightPx: 20, marginXPx: 4, marginYPx: 4 };
    for (const format of ["jpg", "png", "webp"] as const) {
      const watermark = { source: 0, position: "bottomright" as const, ...place };
      const still = format === "jpg" ? aJpegPicture : aStillPicture;
      const paths = await take(
        clock,
        { format, picture: still({ frame: WIDE, watermark }), atSeconds: [0, 2] },
        undefined,
        watermarks,
      );
      expect(await framesShown(paths)).toEqual([0, 50]);
      for (const path of paths) {
        const { red, green, blue } = (await firstPicture(path)).at(146, 76);
        expect([red < 30, green > 225, blue < 30]).toEqual([true, true, true]);
      }
    }
  });

  it("says nothing of gamma in a PNG, which browsers would apply to its colours", async () => {
    const [path = ""] = await take(clock, { atSeconds: [0] });
    const text = (await readFile(path)).toString("latin1");
    expect(["gAMA", "cHRM", "sRGB", "tEXt"].filter((chunk) => text.includes(chunk))).toEqual([]);
  });

  it("writes upright JPEG files of the planned size, with their bars", async () => {
    const turned = await clip("turned.mp4", lavfi(corners(320, 180)), ["-t", "0.2"], SHARP_H264);
    await turnClip(turned, 90);
    const frame = { widthPx: 240, heightPx: 320, scaledWidthPx: 180, scaledHeightPx: 320 };
    const [path = ""] = await take(turned, {
      format: "jpg",
      picture: aJpegPicture({ frame, sourceColour: BT601 }),
    });
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

  it("keeps the colours of BT.709 video in every format", async () => {
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
    for (const format of ["jpg", "png", "webp"] as const) {
      const picture = format === "jpg" ? aJpegPicture() : aStillPicture();
      const [path = ""] = await take(source, { format, picture });
      const { red, green, blue } = (await firstPicture(path)).at(32, 32);
      expect(
        Math.max(Math.abs(red - 0x20), Math.abs(green - 0x60), Math.abs(blue - 0xc0)),
      ).toBeLessThanOrEqual(4);
    }
  });

  it("works in a directory whose name holds a counter pattern", async () => {
    const ctx = await aWorkContext(await makeOddDirectory());
    const atSeconds = Array.from({ length: 31 }, (_, index) => index * 0.1);
    expect(await take(clock, { atSeconds: [1] }, ctx)).toHaveLength(1);
    const other = await aWorkContext(await makeOddDirectory());
    expect(await take(clock, { atSeconds }, other)).toHaveLength(31);
  });

  it("writes odd sizes as they are", async () => {
    const odd = await clip(
      "odd.mp4",
      lavfi(corners(577, 323)),
      ["-t", "0.2", "-pix_fmt", "yuv444p"],
      SHARP_H264,
    );
    const [path = ""] = await take(odd, { picture: aStillPicture({ frame: aFrame(577, 323) }) });
    expect(await probeEntry(path, "v:0", "stream=width,height")).toBe("577,323");
  });
});

function makeOddDirectory(): Promise<string> {
  return mkdtemp(`${directory.path}/odd %d:name-`);
}
