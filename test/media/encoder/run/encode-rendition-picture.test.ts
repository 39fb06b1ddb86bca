/** Pictures of all kinds of sources, planned as the service plans them: what the outputs show is measured. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Colour } from "../../../../encoder/contract/media-info.ts";
import type { VideoSpec } from "../../../../encoder/contract/output-spec.ts";
import type { ProbedMedia } from "../../../../encoder/ffmpeg/probe/parse-probe.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { probeSource } from "../../../../encoder/run/probe-source.ts";
import { takeImages } from "../../../../encoder/run/take-images.ts";
import type { PictureRequest, Resolution } from "../../../../worker/domain/job-spec.ts";
import { frameSize } from "../../../../worker/domain/plan/frame-size.ts";
import { outputColour } from "../../../../worker/domain/plan/output-colour.ts";
import { resolvePicture } from "../../../../worker/domain/plan/resolve-picture.ts";
import {
  BARS,
  distance,
  drawPatches,
  hdrSignal,
  PATCH,
  readFrame,
  type Rgb,
} from "../../../support/colour-patches.ts";
import { rawInput } from "../../../support/filter-picture.ts";
import {
  corners,
  frameTimes,
  lavfi,
  makeClip,
  makeTestDirectory,
  probeEntry,
  SHARP_H264,
  turnClip,
} from "../../../support/make-clip.ts";
import {
  aFrame,
  anAudioSpec,
  anImageSpec,
  aPictureSpec,
  aRenditionSpec,
  aVideoSpec,
  BT709,
} from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

const execute = promisify(execFile);
const { ffmpegPath } = await locateFfmpeg();

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());

const PLAIN: PictureRequest = {
  fit: "pad",
  transpose: null,
  hflip: false,
  vflip: false,
  deinterlace: null,
  watermark: null,
};
const AS_IT_IS: Resolution = { widthPx: null, heightPx: null };
const BT709_TV = { matrix: "bt709", range: "tv" } as const;

async function probe(path: string): Promise<ProbedMedia> {
  return probeSource(await sourceAt(path), await aWorkContext(directory.path));
}

type Wanted = { resolution?: Resolution; request?: Partial<PictureRequest>; video?: Partial<VideoSpec> };

/** Encodes the source to H.264 in MP4, with its sound when it has any. */
async function encode(sourcePath: string, wanted: Wanted = {}): Promise<string> {
  const { mediaInfo } = await probe(sourcePath);
  const { video, audio } = mediaInfo;
  if (video === null) {
    throw new Error("the source has no picture");
  }
  const request = { ...PLAIN, ...wanted.request };
  const { fit, transpose } = request;
  const picture = resolvePicture(request, video, {
    frame: frameSize(video, wanted.resolution ?? AS_IT_IS, { fit, transpose, isEven: true }),
    blur: 0,
    colour: outputColour(video.colour, BT709_TV),
    pixelFormat: "yuv420p",
  });
  const rate = { mode: "quality", crf: 4, maxrateBps: null } as const;
  const spec = aVideoSpec({ picture, sourceStreamIndex: video.streamIndex, rate, ...wanted.video });
  const sound =
    audio && anAudioSpec({ sourceStreamIndex: audio.streamIndex, sourceChannels: audio.channels });
  const rendition = aRenditionSpec({ video: spec, audio: sound });
  const source = await sourceAt(sourcePath);
  const work = { source, rendition, threads: 1, watermarks: NO_WATERMARKS };
  return (await encodeRendition(work, await aWorkContext(directory.path))).path;
}

/** Takes the first picture as a PNG. */
async function still(sourcePath: string, changes: Partial<PictureRequest> = {}): Promise<string> {
  const { video } = (await probe(sourcePath)).mediaInfo;
  if (video === null) {
    throw new Error("the source has no picture");
  }
  const colour = outputColour(video.colour, { matrix: "rgb", range: "pc" });
  const request = { ...PLAIN, ...changes };
  const { fit, transpose } = request;
  const frame = frameSize(video, AS_IT_IS, { fit, transpose, isEven: false });
  const picture = resolvePicture(request, video, { frame, blur: 0, colour, pixelFormat: "rgb24" });
  const image = anImageSpec({ picture, sourceStreamIndex: video.streamIndex });
  const source = await sourceAt(sourcePath);
  const work = { source, image, threads: 1, watermarks: NO_WATERMARKS };
  const [path = ""] = await takeImages(work, await aWorkContext(directory.path));
  return path;
}

type Shown = ReturnType<typeof readFrame> & { widthPx: number; heightPx: number };

/** The first frame, by the formulas of BT.709, or of RGB for a PNG. No conversion of FFmpeg's is involved. */
async function shown(path: string): Promise<Shown> {
  const [widthPx = 0, heightPx = 0] = (await probeEntry(path, "v:0", "stream=width,height"))
    .split(",")
    .map(Number);
  const pixelFormat = path.endsWith("png") ? "rgb24" : "yuv420p";
  const args = ["-v", "error", "-noautorotate", "-i", `file:${path}`, "-frames:v", "1", "-f", "rawvideo"];
  const { stdout } = await execute(ffmpegPath, [...args, "-pix_fmt", pixelFormat, "-"], {
    encoding: "buffer",
    maxBuffer: 64 * 1024 ** 2,
  });
  return { ...readFrame(stdout, { widthPx, heightPx }, pixelFormat, BT709_TV), widthPx, heightPx };
}

const NAMES: readonly (readonly [string, Rgb])[] = [
  ["red", [255, 0, 0]],
  ["green", [0, 255, 0]],
  ["blue", [0, 0, 255]],
  ["white", [255, 255, 255]],
  ["black", [0, 0, 0]],
];
const nameOf = (rgb: Rgb) => NAMES.find(([, wanted]) => distance(rgb, wanted) < 45)?.[0] ?? rgb.join(" ");

/** Colours at a quarter from each corner, row by row. */
function cornersOf(frame: Shown): string[] {
  return [0.25, 0.75].flatMap((y) =>
    [0.25, 0.75].map((x) => nameOf(frame.at(Math.floor(frame.widthPx * x), Math.floor(frame.heightPx * y)))),
  );
}

const UPRIGHT = ["red", "green", "blue", "white"];

/** Patches of known colours in the middle of which a decoder can be trusted. */
async function patchClip(
  name: string,
  patches: readonly Rgb[],
  source: {
    format: Parameters<typeof drawPatches>[1];
    colour: Pick<Colour, "matrix" | "range">;
    args: string[];
  },
): Promise<string> {
  const raw = join(directory.path, `${name}.raw`);
  await writeFile(raw, drawPatches(patches, source.format, source.colour));
  const size = { widthPx: patches.length * PATCH, heightPx: PATCH };
  return clip(name, rawInput(raw, { pixelFormat: source.format, ...size }), source.args);
}

const SHARP = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "1"];
/** Tags of frames and file alike: FFmpeg 7 converts frames that differ from the options. */
const tags = (matrix: string, primaries: string, transfer: string, range = "tv") => [
  "-vf",
  `setparams=colorspace=${matrix}:color_primaries=${primaries}:color_trc=${transfer}:range=${range}`,
  ...["-colorspace", matrix, "-color_primaries", primaries, "-color_range", range],
  ...["-color_trc", transfer === "bt470bg" ? "gamma28" : transfer],
];

async function patchesOf(path: string, count: number): Promise<Rgb[]> {
  const frame = await shown(path);
  return Array.from({ length: count }, (_, index) => frame.at(index * PATCH + PATCH / 2, PATCH / 2));
}

const worst = (found: readonly Rgb[], wanted: readonly Rgb[]): number =>
  Math.max(...found.map((rgb, index) => distance(rgb, wanted[index] ?? [0, 0, 0])));

const COLOUR_ENTRIES = "stream=color_range,color_space,color_transfer,color_primaries";

describe("encodeRendition: colours", () => {
  it.each([
    ["BT.709", "yuv420p", { matrix: "bt709", range: "tv" }, tags("bt709", "bt709", "bt709")],
    [
      "BT.601 of 525 lines",
      "yuv420p",
      { matrix: "bt601", range: "tv" },
      tags("smpte170m", "smpte170m", "smpte170m"),
    ],
    [
      "BT.601 of 625 lines",
      "yuv420p",
      { matrix: "bt601", range: "tv" },
      tags("bt470bg", "bt470bg", "bt470bg"),
    ],
    ["full range", "yuvj420p", { matrix: "bt601", range: "pc" }, tags("bt470bg", "bt709", "bt709", "pc")],
    ["10 bit 4:2:2", "yuv422p10le", { matrix: "bt709", range: "tv" }, tags("bt709", "bt709", "bt709")],
    ["4:4:4", "yuv444p", { matrix: "bt709", range: "tv" }, tags("bt709", "bt709", "bt709")],
    ["no tags at all, small: BT.601", "yuv420p", { matrix: "bt601", range: "tv" }, []],
    [
      "an impossible matrix",
      "yuv420p",
      { matrix: "bt601", range: "tv" },
      ["-x264-params", "colormatrix=GBR"],
    ],
  ] as const)(
    "shows the colour bars of %s within 3 of 255 by the tags of the file",
    async (name, format, colour, args) => {
      const source = await patchClip(`bars-${name.replace(/\W/g, "")}.mkv`, BARS, {
        format,
        colour,
        args: [...SHARP, ...args],
      });
      const path = await encode(source);
      expect(worst(await patchesOf(path, BARS.length), BARS)).toBeLessThanOrEqual(3);
      const [range, matrix] = (await probeEntry(path, "v:0", COLOUR_ENTRIES)).split(",");
      expect([range, matrix]).toEqual(["tv", "bt709"]);
      expect(worst(await patchesOf(await still(source), BARS.length), BARS)).toBeLessThanOrEqual(3);
    },
  );

  it("takes a large picture without tags for BT.709", async () => {
    const bars = drawPatches(BARS, "yuv444p", { matrix: "bt709", range: "tv" });
    const raw = join(directory.path, "large.raw");
    await writeFile(raw, bars);
    const input = rawInput(raw, { pixelFormat: "yuv444p", widthPx: BARS.length * PATCH, heightPx: PATCH });
    const source = await clip(
      "large.mkv",
      input,
      ["-vf", "scale=1344:112:flags=neighbor", "-pix_fmt", "yuv420p"],
      SHARP,
    );
    const frame = await shown(await encode(source));
    expect(
      worst(
        BARS.map((_, index) => frame.at(index * 112 + 56, 56)),
        BARS,
      ),
    ).toBeLessThanOrEqual(3);
  });

  it.each(["smpte2084", "arib-std-b67"] as const)(
    "shows %s on every screen, with nothing of HDR left in the tags",
    async (transfer) => {
      const grey = [0, 18, 100, 203, 500, 1000].map((nits): Rgb => {
        const value = 255 * hdrSignal(nits, transfer);
        return [value, value, value];
      });
      const params = `log-level=error:colorprim=bt2020:transfer=${transfer}:colormatrix=bt2020nc:range=limited:crf=2`;
      const source = await patchClip(`${transfer}.mp4`, grey, {
        format: "yuv420p10le",
        colour: { matrix: "bt2020nc", range: "tv" },
        args: ["-c:v", "libx265", "-x265-params", params, ...tags("bt2020nc", "bt2020", transfer)],
      });
      expect((await probe(source)).mediaInfo.video?.colour).toMatchObject({ transfer, primaries: "bt2020" });
      const path = await encode(source);
      expect(await probeEntry(path, "v:0", `${COLOUR_ENTRIES},pix_fmt`)).toBe("yuv420p,tv,bt709,bt709,bt709");
      const levels = (await patchesOf(path, grey.length)).map(([, green]) => green / 255);
      expect(levels[3]).toBeGreaterThan(0.6);
      expect(levels[3]).toBeLessThan(0.8);
      levels.slice(1).forEach((level, index) => expect(level).toBeGreaterThan((levels[index] ?? 0) + 0.03));
      const inPng = (await patchesOf(await still(source), grey.length)).map(([, green]) => green / 255);
      expect(Math.max(...inPng.map((level, index) => Math.abs(level - (levels[index] ?? 0))))).toBeLessThan(
        0.02,
      );
    },
  );
});

describe("encodeRendition: tags", () => {
  const RATES: Partial<Record<VideoSpec["codec"], VideoSpec["rate"]>> = {
    prores: { mode: "fixed" },
    mpeg2video: { mode: "bitrate", bitrateBps: 500_000, maxrateBps: 1_000_000, passes: 1 },
  };
  const BT601: Colour = { matrix: "bt601", primaries: "smpte170m", transfer: "smpte170m", range: "tv" };

  it.each([
    // MPEG-TS has no place for tags of its own: these are in the bitstream.
    ["h264", "mpegts", BT709, "tv,bt709,bt709,bt709"],
    ["hevc", "mpegts", BT709, "tv,bt709,bt709,bt709"],
    ["mpeg2video", "mpegts", BT601, "tv,smpte170m,smpte170m,smpte170m"],
    ["h264", "mp4", BT709, "tv,bt709,bt709,bt709"],
    ["vp9", "webm", BT709, "tv,bt709,bt709,bt709"],
    ["av1", "mp4", BT709, "tv,bt709,bt709,bt709"],
    ["prores", "mov", BT709, /^(?:tv|unknown),bt709,bt709,bt709$/],
  ] as const)(
    "writes %s in %s with the colours that the plan says",
    async (codec, container, colour, wanted) => {
      const source = await clip("tags.mp4", lavfi("testsrc2=s=128x96:r=25:d=0.2,format=yuv444p"), SHARP);
      const sourceColour: Colour = { ...BT601, primaries: "bt470bg" };
      const pixelFormat = codec === "prores" ? "yuv422p10le" : "yuv420p";
      const picture = aPictureSpec({ sourceColour, colour, pixelFormat, frame: aFrame(128, 96) });
      const rate = RATES[codec] ?? { mode: "quality", crf: 30, maxrateBps: null };
      const rendition = aRenditionSpec({
        container,
        audio: null,
        video: aVideoSpec({ codec, picture, rate, frameRate: { num: 25, den: 1 } }),
      });
      const work = { source: await sourceAt(source), rendition, threads: 1, watermarks: NO_WATERMARKS };
      const { path } = await encodeRendition(work, await aWorkContext(directory.path));
      const found = await probeEntry(path, "v:0", COLOUR_ENTRIES);
      expect(found).toMatch(wanted);
    },
  );
});

describe("encodeRendition: sizes and turns", () => {
  it.each([90, 180, 270] as const)(
    "shows a phone's picture upright that was held at %i degrees",
    async (degrees) => {
      const turned = await clip(`held-${degrees}.mp4`, lavfi(corners(96, 64)), ["-t", "0.2"], SHARP_H264);
      await turnClip(turned, degrees);
      const wanted = { 90: [2, 0, 3, 1], 180: [3, 2, 1, 0], 270: [1, 3, 0, 2] }[degrees].map(
        (corner) => UPRIGHT[corner],
      );
      const size = degrees === 180 ? [96, 64] : [64, 96];
      for (const path of [await encode(turned), await still(turned)]) {
        const frame = await shown(path);
        expect([frame.widthPx, frame.heightPx]).toEqual(size);
        expect(cornersOf(frame)).toEqual(wanted);
        expect(await probeEntry(path, "v:0", "stream_side_data=rotation")).toBe("");
      }
    },
  );

  it("turns and flips the upright picture as it is asked to", async () => {
    const held = await clip("held.mp4", lavfi(corners(96, 64)), ["-t", "0.2"], SHARP_H264);
    await turnClip(held, 90);
    // Upright it is blue, red, white, green; turned clockwise once more it stands on its head.
    const frame = await shown(await encode(held, { request: { transpose: 1 } }));
    expect([frame.widthPx, frame.heightPx]).toEqual([96, 64]);
    expect(cornersOf(frame)).toEqual(["white", "blue", "green", "red"]);
    expect(cornersOf(await shown(await still(held, { vflip: true })))).toEqual([
      "white",
      "green",
      "blue",
      "red",
    ]);
  });

  it.each([
    [577, 324],
    [145, 97],
    [33, 17],
    [3, 3],
    [2, 2],
    [1, 1],
  ])("encodes %sx%s, whose sides 4:2:0 cannot halve", async (widthPx, heightPx) => {
    const source = await clip(
      `odd-${widthPx}x${heightPx}.mkv`,
      lavfi(`${corners(widthPx, heightPx)},format=bgr0,trim=end_frame=2`),
      ["-c:v", "ffv1"],
    );
    const frame = await shown(await encode(source));
    expect([frame.widthPx % 2, frame.heightPx % 2]).toEqual([0, 0]);
    expect(Math.abs(frame.widthPx - widthPx)).toBeLessThanOrEqual(1);
    expect(Math.abs(frame.heightPx - heightPx)).toBeLessThanOrEqual(1);
    if (widthPx > 16) {
      expect(cornersOf(frame)).toEqual(UPRIGHT);
    }
  });

  it.each(["yuv420p", "yuv422p", "yuv410p"])("encodes odd sides in %s", async (format) => {
    const source = await clip(
      `odd-${format}.mkv`,
      lavfi(`${corners(67, 45)},format=rgb24,trim=end_frame=2,format=${format}`),
      ["-c:v", "ffv1"],
    );
    const frame = await shown(await encode(source, { resolution: { widthPx: 64, heightPx: null } }));
    expect(frame.widthPx).toBe(64);
    expect(cornersOf(frame)).toEqual(UPRIGHT);
  });

  it("shows pixels that are not square as a television does", async () => {
    const circle =
      "color=black:s=144x116:r=25:d=0.2,format=gray,geq=lum='if(lt(hypot((X-72)*64/45\\,Y-58)\\,40)\\,235\\,16)'";
    const source = await clip("pal.mkv", lavfi(`${circle},setsar=64/45,format=yuv420p`), SHARP_H264);
    const path = await encode(source);
    expect(await probeEntry(path, "v:0", "stream=sample_aspect_ratio")).toBe("1:1");
    const frame = await shown(path);
    expect(frame.widthPx / frame.heightPx).toBeCloseTo((144 / 116) * (64 / 45), 1);
    const lit = (length: number, at: (index: number) => Rgb): number =>
      Array.from({ length }, (_, index) => at(index)[0]).filter((red) => red > 128).length;
    const [middleX, middleY] = [Math.floor(frame.widthPx / 2), Math.floor(frame.heightPx / 2)];
    const across = lit(frame.widthPx, (x) => frame.at(x, middleY));
    const down = lit(frame.heightPx, (y) => frame.at(middleX, y));
    expect(Math.abs(across - down)).toBeLessThanOrEqual(2);
  });
});

describe("encodeRendition: frames", () => {
  it("deinterlaces what the file calls interlaced, unless it is told not to", async () => {
    const moving =
      "color=black:s=160x96:r=50:d=0.4,format=yuv420p,geq=lum='if(between(X,10+8*N,42+8*N),200,40)':cb=128:cr=128";
    const encoder = [...SHARP, "-flags", "+ilme+ildct", "-x264-params", "tff=1"];
    const source = await clip("interlaced.mp4", lavfi(`${moving},tinterlace=mode=interleave_top`), encoder);
    expect((await probe(source)).mediaInfo.video?.isInterlaced).toBe(true);
    const combed = async (deinterlace: boolean | null): Promise<number> => {
      const path = await encode(source, { request: { deinterlace } });
      const frames = Array.from({ length: 10 }, (_, frame) => frame / 25);
      expect(await frameTimes(path)).toEqual(frames.map((time) => expect.closeTo(time, 5)));
      const frame = await shown(path);
      return Array.from({ length: 160 }, (_, x) => {
        const [above = 0, here = 0, below = 0] = [47, 48, 49].map((y) => frame.at(x, y)[0]);
        return (
          (here - above) * (here - below) > 0 && Math.min(Math.abs(here - above), Math.abs(here - below)) > 40
        );
      }).filter(Boolean).length;
    };
    expect(await combed(false)).toBeGreaterThanOrEqual(8);
    expect(await combed(null)).toBe(0);
    expect(await combed(true)).toBe(0);
  });

  it.each([8, 240])("keeps every frame of %s a second", async (rate) => {
    const source = await clip(`rate-${rate}.mp4`, lavfi(`testsrc2=s=64x48:r=${rate}:d=1`), SHARP_H264);
    const times = await frameTimes(await encode(source));
    expect(times).toHaveLength(rate);
    times.forEach((time, frame) => expect(Math.abs(time - frame / rate)).toBeLessThan(0.001));
  });

  it.each(["png", "jpg", "webp", "bmp", "tiff"])(
    "makes a video of one frame of a %s, and a picture",
    async (format) => {
      const source = await clip(`photo.${format}`, lavfi(corners(97, 64)), ["-frames:v", "1", "-q:v", "2"]);
      expect((await probe(source)).mediaInfo).toMatchObject({
        mimeType: expect.stringMatching(/^image\//),
        durationSeconds: 0.04,
      });
      const path = await encode(source);
      expect(await frameTimes(path)).toEqual([0]);
      expect(cornersOf(await shown(path))).toEqual(UPRIGHT);
      expect(cornersOf(await shown(await still(source)))).toEqual(UPRIGHT);
    },
  );

  it("turns a photo upright that its Exif data calls turned", async () => {
    const jpeg = await readFile(await clip("photo-plain.jpg", lavfi(corners(96, 64)), ["-frames:v", "1"]));
    // APP1 "Exif", a TIFF header and one entry: 0x0112 orientation, 6 is a quarter turn clockwise.
    const exif = Buffer.from("4578696600004d4d002a00000008000101120003000000010006000000000000", "hex");
    const length = Buffer.from([0, exif.length + 2]);
    const source = join(directory.path, "photo-turned.jpg");
    await writeFile(
      source,
      Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, exif, jpeg.subarray(2)]),
    );
    expect((await probe(source)).mediaInfo.video).toMatchObject({ rotationDegrees: 90, displayWidthPx: 64 });
    for (const path of [await encode(source), await still(source)]) {
      const frame = await shown(path);
      expect([frame.widthPx, frame.heightPx]).toEqual([64, 96]);
      expect(cornersOf(frame)).toEqual(["blue", "red", "white", "green"]);
    }
  });
});

describe("encodeRendition: tracks", () => {
  const picture = (colour: string) => lavfi(`color=${colour}:s=64x48:r=25:d=0.4`);
  const tone = (hertz: number) => lavfi(`sine=f=${hertz}:d=0.4`);

  it("passes over cover art, subtitles and data, and takes the picture after the sound", async () => {
    const cover = await clip("cover.png", lavfi("color=blue:s=64x64"), ["-frames:v", "1"]);
    const subtitles = join(directory.path, "words.srt");
    await writeFile(subtitles, "1\n00:00:00,000 --> 00:00:00,300\nwords\n");
    const inputs = [...tone(440), ...picture("lime"), "-i", cover, "-i", subtitles];
    const source = await clip("many.mp4", inputs, [
      ...["-map", "2", "-map", "0", "-map", "1", "-map", "3", "-c:a", "aac", "-c:s", "mov_text"],
      ...[
        "-c:v:0",
        "copy",
        "-disposition:v:0",
        "attached_pic",
        "-c:v:1",
        "libx264",
        "-timecode",
        "00:00:00:00",
      ],
    ]);
    const { ffprobe } = await probe(source);
    const kinds = new Set(ffprobe.streams.map((stream) => stream["codec_type"]));
    expect(kinds).toEqual(new Set(["audio", "data", "subtitle", "video"]));
    const path = await encode(source);
    expect(await probeEntry(path, "v:0", "format=nb_streams")).toBe("2");
    expect(nameOf((await shown(path)).at(32, 24))).toBe("green");
  });

  it("takes the track that the file marks as its default", async () => {
    const source = await clip("two.mkv", picture("red"), picture("lime"), [
      ...["-map", "0", "-map", "1", "-disposition:v:0", "0", "-disposition:v:1", "default"],
      ...SHARP_H264,
    ]);
    expect(nameOf((await shown(await encode(source))).at(32, 24))).toBe("green");
  });

  it("takes the first picture when no track or every track is the default", async () => {
    const both = ["-map", "0", "-map", "1", ...SHARP_H264];
    for (const [name, flag] of [
      ["none.mkv", "0"],
      ["all.mkv", "default"],
    ] as const) {
      const source = await clip(name, picture("red"), picture("lime"), both, ["-disposition:v", flag]);
      expect(nameOf((await shown(await encode(source))).at(32, 24))).toBe("red");
    }
  });
});
