import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PixelFormat } from "../../../../../encoder/contract/formats.ts";
import type { Colour } from "../../../../../encoder/contract/media-info.ts";
import { WATERMARK_POSITIONS, type Watermark } from "../../../../../encoder/contract/output-spec.ts";
import { fileUrl } from "../../../../../encoder/ffmpeg/input-guards.ts";
import { pictureGraph } from "../../../../../encoder/ffmpeg/picture/picture-graph.ts";
import { watermarkInput } from "../../../../../encoder/ffmpeg/picture/watermark-input.ts";
import { distance, type Rgb } from "../../../../support/colour-patches.ts";
import { filterOne, filterPicture } from "../../../../support/filter-picture.ts";
import { lavfi, makeClip, makeTestDirectory } from "../../../../support/make-clip.ts";
import { aFrame, aPictureSpec, BT709 } from "../../../../support/output-specs.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** 40x20, its left half opaque orange, its right half orange seen through at half. */
let png: string;
/** 40x20 orange without transparency. */
let jpeg: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const orange = "color=0xff8000:s=40x20,format=rgba";
  const halves = `${orange},geq=r=r(X\\,Y):g=g(X\\,Y):b=b(X\\,Y):a='if(lt(X,20),255,128)'`;
  png = await mark("mark.png", halves);
  jpeg = await mark("mark.jpg", `${orange},format=yuvj444p`, "-q:v", "1");
});
afterAll(() => directory.remove());

const mark = async (name: string, graph: string, ...args: string[]) =>
  fileUrl(await makeClip(directory.path, name, [...lavfi(graph), "-frames:v", "1", ...args]));

const RGB: Colour = { matrix: "rgb", primaries: "bt709", transfer: "bt709", range: "pc" };
const ORANGE: Rgb = [255, 128, 0];
const GREY: Rgb = [128, 128, 128];
const HALF: Rgb = [192, 128, 64];

/** Grey frames of 200x100. */
const grey = (frames = 1) => lavfi(`color=0x808080:s=200x100:r=25,trim=end_frame=${frames},format=yuv420p`);

/** A mark of 40x20 in its corner, 10 and 6 pixels from the edges. */
function aMark(overrides: Partial<Watermark> = {}): Watermark {
  const box = { maxWidthPx: 40, maxHeightPx: 40, marginXPx: 10, marginYPx: 6 };
  return { source: 0, position: "topleft", ...box, ...overrides };
}

const aMarkedPicture = (watermark: Partial<Watermark> = {}) =>
  aPictureSpec({ frame: aFrame(200, 100), watermark: aMark(watermark) });

const CORNERS = {
  topleft: [10, 6],
  topright: [150, 6],
  bottomleft: [10, 74],
  bottomright: [150, 74],
} as const;

describe("pictureGraph: watermarks", () => {
  it.each(WATERMARK_POSITIONS)("stands at %s with its margins, and nowhere else", async (position) => {
    const frame = await filterOne(grey(), aMarkedPicture({ position }), { marks: watermarkInput(png) });
    const [left, top] = CORNERS[position];
    expect(distance(frame.at(left + 4, top + 4), ORANGE)).toBeLessThanOrEqual(4);
    expect(distance(frame.at(left + 4, top + 15), ORANGE)).toBeLessThanOrEqual(4);
    const outside: [number, number][] = [
      [left - 3, top + 10],
      [left + 42, top + 10],
      [left + 10, top - 3],
      [left + 10, top + 22],
      [100, 50],
    ];
    expect(outside.every(([x, y]) => distance(frame.at(x, y), GREY) <= 2)).toBe(true);
  });

  it.each([
    ["yuv420p", BT709],
    ["yuv420p", { ...BT709, matrix: "bt601" }],
    ["yuv422p", BT709],
    ["yuv444p", BT709],
    ["yuv420p10le", BT709],
    ["yuv422p10le", BT709],
    ["yuv444p10le", BT709],
    ["yuva444p10le", BT709],
    ["yuvj420p", { ...RGB, matrix: "bt601" }],
    ["yuvj422p", { ...RGB, matrix: "bt601" }],
    ["rgb24", RGB],
    ["rgba", RGB],
  ] as [PixelFormat, Colour][])(
    "keeps its colours and its transparency in %s",
    async (pixelFormat, colour) => {
      const picture = { ...aMarkedPicture(), pixelFormat, colour };
      const frame = await filterOne(grey(), picture, { marks: watermarkInput(png) });
      expect(distance(frame.at(20, 16), ORANGE)).toBeLessThanOrEqual(4);
      expect(distance(frame.at(40, 16), HALF)).toBeLessThanOrEqual(4);
      expect(distance(frame.at(100, 50), GREY)).toBeLessThanOrEqual(2);
      expect(frame.alphaAt(20, 16)).toBe(255);
    },
  );

  it("is seen on a transparent picture, which stays transparent around it", async () => {
    const clear = lavfi("color=black@0:s=200x100:r=25:d=0.04,format=rgba");
    for (const [pixelFormat, colour] of [
      ["rgba", RGB],
      ["yuva444p10le", BT709],
    ] as const) {
      const picture = { ...aMarkedPicture(), pixelFormat, colour, sourceColour: RGB };
      const frame = await filterOne(clear, picture, { marks: watermarkInput(png) });
      expect(frame.alphaAt(20, 16)).toBe(255);
      expect(distance(frame.at(20, 16), ORANGE)).toBeLessThanOrEqual(4);
      expect(Math.abs(frame.alphaAt(40, 16) - 128)).toBeLessThanOrEqual(2);
      expect(frame.alphaAt(100, 50)).toBe(0);
    }
  });

  it("takes a JPEG", async () => {
    const frame = await filterOne(grey(), aMarkedPicture(), { marks: watermarkInput(jpeg) });
    expect(distance(frame.at(20, 16), ORANGE)).toBeLessThanOrEqual(5);
    expect(distance(frame.at(40, 16), ORANGE)).toBeLessThanOrEqual(5);
  });

  it.each([
    ["as they come", "null"],
    ["before zero, as at the beginning of a chunk", "setpts=PTS-3/TB"],
    ["a day later, as in a broadcast", "settb=1/360000,setpts=PTS+90000/TB"],
    ["in ticks of a chunk", "settb=1/360000"],
  ])("lies over the first frame and over the last, with times %s", async (_, before) => {
    const frames = await filterPicture(grey(6), aMarkedPicture(), { before, marks: watermarkInput(png) });
    expect(frames).toHaveLength(6);
    expect(frames.map((frame) => distance(frame.at(20, 16), ORANGE) <= 4)).toEqual(Array(6).fill(true));
  });

  it.each([
    ["wide", "1000x1", 20, 7],
    ["high", "1x1000", 10, 20],
    ["tiny", "1x1", 28, 24],
  ])("fits a %s mark into its box, however narrow it gets", async (name, size, x, y) => {
    const url = await mark(`${name}.png`, `color=0xff8000:s=${size},format=rgb24`);
    const picture = { ...aMarkedPicture(), pixelFormat: "yuv444p" } as const;
    const frame = await filterOne(grey(), picture, { marks: watermarkInput(url) });
    const lit = Array.from({ length: 100 }, (_, row) => distance(frame.at(x, row), GREY) > 40);
    expect(lit.includes(true)).toBe(true);
    expect(distance(frame.at(x, y - 1), GREY) > 40 || distance(frame.at(x, y), GREY) > 40).toBe(true);
    expect(distance(frame.at(10 + 40 + 2, y), GREY)).toBeLessThanOrEqual(2);
  });

  it("is laid on after cropping and before a blur", async () => {
    const frame = { widthPx: 200, heightPx: 100, scaledWidthPx: 240, scaledHeightPx: 120 };
    const picture = { ...aMarkedPicture(), frame, blur: 2, pixelFormat: "rgb24", colour: RGB } as const;
    const shown = await filterOne(grey(), picture, { marks: watermarkInput(jpeg) });
    const row = Array.from({ length: 30 }, (_, x) => shown.at(x, 16)[0]);
    // No hard edge anywhere, and still clearly there.
    const steps = row.slice(1).map((red, index) => Math.abs(red - (row[index] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(40);
    expect(Math.max(...row)).toBeGreaterThan(190);
  });

  it("refuses a mark without its input, and an input without a mark", () => {
    const labels = { input: "0:v", output: "picture" };
    expect(() => pictureGraph(aMarkedPicture(), { ...labels, watermark: null })).toThrow("go together");
    expect(() => pictureGraph(aPictureSpec(), { ...labels, watermark: "1:v" })).toThrow("go together");
  });
});
