import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PixelFormat } from "../../../../../encoder/contract/formats.ts";
import type { Colour } from "../../../../../encoder/contract/media-info.ts";
import type { PictureSpec } from "../../../../../encoder/contract/output-spec.ts";
import {
  BARS,
  distance,
  drawPatches,
  hdrSignal,
  PATCH,
  type Rgb,
} from "../../../../support/colour-patches.ts";
import { filterOne, filterPicture, rawInput } from "../../../../support/filter-picture.ts";
import { corners, lavfi, makeTestDirectory } from "../../../../support/make-clip.ts";
import { aFrame, aPictureSpec, BT709 } from "../../../../support/output-specs.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

const BT601: Colour = { matrix: "bt601", primaries: "smpte170m", transfer: "smpte170m", range: "tv" };
const RGB: Colour = { matrix: "rgb", primaries: "bt709", transfer: "bt709", range: "pc" };
const JPEG: Colour = { ...RGB, matrix: "bt601" };

type RawFormat = Parameters<typeof drawPatches>[1];
let fileNumber = 0;

async function patchInput(patches: readonly Rgb[], format: RawFormat, colour: Colour): Promise<string[]> {
  fileNumber += 1;
  const path = join(directory.path, `patches-${fileNumber}.raw`);
  await writeFile(path, drawPatches(patches, format, colour));
  return rawInput(path, { pixelFormat: format, widthPx: patches.length * PATCH, heightPx: PATCH });
}

/** Colours in the middle of each patch after the conversion. */
async function convert(
  patches: readonly Rgb[],
  from: { format: RawFormat; colour: Colour },
  to: { format: PixelFormat; colour: Colour },
): Promise<Rgb[]> {
  const picture = aPictureSpec({
    sourceColour: from.colour,
    colour: to.colour,
    pixelFormat: to.format,
    frame: aFrame(patches.length * PATCH, PATCH),
  });
  const frame = await filterOne(await patchInput(patches, from.format, from.colour), picture);
  return patches.map((_, index) => frame.at(index * PATCH + PATCH / 2, PATCH / 2));
}

const worst = (found: readonly Rgb[], wanted: readonly Rgb[]): number =>
  Math.max(...found.map((rgb, index) => distance(rgb, wanted[index] ?? [0, 0, 0])));

const cornerInput = (widthPx: number, heightPx: number, format = "yuv444p") =>
  lavfi(
    `${corners(widthPx, heightPx)},trim=end_frame=1,scale=out_color_matrix=bt709:out_range=tv,format=${format}`,
  );

/** Which of the four corner colours is nearest, or black. */
function nameOf(rgb: Rgb): string {
  const names: [string, Rgb][] = [
    ["red", [255, 0, 0]],
    ["green", [0, 255, 0]],
    ["blue", [0, 0, 255]],
    ["white", [255, 255, 255]],
    ["black", [0, 0, 0]],
  ];
  return names.find(([, wanted]) => distance(rgb, wanted) < 40)?.[0] ?? rgb.join(" ");
}

async function cornersOf(input: string[], overrides: Partial<PictureSpec>): Promise<string[]> {
  const picture = aPictureSpec({ pixelFormat: "yuv444p", ...overrides });
  const { widthPx, heightPx } = picture.frame;
  const frame = await filterOne(input, picture);
  const [left, top, right, bottom] = [widthPx / 4, heightPx / 4, (widthPx * 3) / 4, (heightPx * 3) / 4];
  const places: [number, number][] = [
    [left, top],
    [right, top],
    [left, bottom],
    [right, bottom],
  ];
  return places.map(([x, y]) => nameOf(frame.at(Math.floor(x), Math.floor(y))));
}

describe("pictureGraph: colours", () => {
  it.each([
    ["BT.709 studio", "yuv420p", BT709],
    ["BT.601 studio", "yuv420p", BT601],
    ["BT.601 of all values, as phones and cameras write", "yuvj420p", { ...BT601, range: "pc" }],
    ["BT.709 of all values", "yuv420p", { ...BT709, range: "pc" }],
    ["10 bit 4:2:2", "yuv422p10le", BT709],
    ["4:4:4", "yuv444p", BT601],
    ["SMPTE 240M", "yuv420p", { ...BT601, matrix: "smpte240m" }],
    ["FCC", "yuv420p", { ...BT601, matrix: "fcc" }],
    ["RGB", "rgb24", RGB],
  ] as const)(
    "keeps every colour of %s within 2 of 255, in every kind of output",
    async (_, format, colour) => {
      const outputs: { format: PixelFormat; colour: Colour }[] = [
        { format: "yuv420p", colour: BT709 },
        { format: "yuv420p", colour: BT601 },
        { format: "yuv422p10le", colour: BT709 },
        { format: "yuvj420p", colour: JPEG },
        { format: "rgb24", colour: RGB },
      ];
      for (const output of outputs) {
        const found = await convert(BARS, { format, colour }, output);
        expect(worst(found, BARS)).toBeLessThanOrEqual(2);
      }
    },
  );

  it("goes by the plan and not by what decoder and file say of the frames", async () => {
    const input = await patchInput(BARS, "yuv420p", BT601);
    const picture = aPictureSpec({ sourceColour: BT601, frame: aFrame(BARS.length * PATCH, PATCH) });
    const lies = "setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc=smpte2084:range=pc";
    const frame = await filterOne(input, picture, { before: lies });
    const found = BARS.map((_, index) => frame.at(index * PATCH + 8, 8));
    expect(worst(found, BARS)).toBeLessThanOrEqual(2);
  });

  it.each(["smpte2084", "arib-std-b67"] as const)(
    "shows paper of 203 nits in %s at 0.45 to 0.80 of white, and tells highlights apart",
    async (transfer) => {
      const nits = [0, 1, 18, 100, 203, 400, 700, 1000];
      const grey = nits.map((level): Rgb => {
        const value = 255 * hdrSignal(level, transfer);
        return [value, value, value];
      });
      const colour: Colour = { matrix: "bt2020nc", primaries: "bt2020", transfer, range: "tv" };
      const found = await convert(
        grey,
        { format: "yuv420p10le", colour },
        { format: "yuv420p", colour: BT709 },
      );
      const levels = found.map(([red]) => red / 255);
      expect(found.map((rgb) => distance(rgb, [rgb[0], rgb[0], rgb[0]]))).toEqual(nits.map(() => 0));
      expect(levels[0]).toBe(0);
      expect(levels[4]).toBeGreaterThan(0.6);
      expect(levels[4]).toBeLessThan(0.8);
      // Each of them is at least 8 of 255 brighter than the one before.
      levels
        .slice(1)
        .forEach((level, index) => expect(level - (levels[index] ?? 0)).toBeGreaterThan(8 / 255));
    },
  );

  it("keeps the hue of HDR colours", async () => {
    const signal = (level: number): number => 255 * hdrSignal(level, "smpte2084");
    const patches: Rgb[] = [
      [signal(203), signal(100), signal(100)],
      [signal(100), signal(203), signal(100)],
      [signal(100), signal(100), signal(203)],
    ];
    const colour: Colour = { matrix: "bt2020nc", primaries: "bt2020", transfer: "smpte2084", range: "tv" };
    const found = await convert(patches, { format: "yuv444p10le", colour }, { format: "rgb24", colour: RGB });
    found.forEach((rgb, index) => expect(rgb.indexOf(Math.max(...rgb))).toBe(index));
    expect(found.every((rgb) => Math.max(...rgb) - Math.min(...rgb) > 30)).toBe(true);
  });

  it("converts a wide gamut without tone mapping: white stays white, its red becomes the purest there is", async () => {
    const colour: Colour = { matrix: "bt2020nc", primaries: "bt2020", transfer: "bt2020-10", range: "tv" };
    const patches: Rgb[] = [
      [255, 255, 255],
      [128, 128, 128],
      [255, 0, 0],
      [160, 135, 130],
    ];
    const found = await convert(patches, { format: "yuv444p10le", colour }, { format: "rgb24", colour: RGB });
    expect(worst(found.slice(0, 2), patches)).toBeLessThanOrEqual(1);
    expect(found[2]).toEqual([255, 0, 0]);
    // BT.2087: a muted colour is a little stronger in the smaller gamut.
    const [red, green] = found[3] ?? [0, 0, 0];
    expect(red - green).toBeGreaterThan(28);
    expect(red - green).toBeLessThan(60);
  });

  it.each(["bt2020c", "ycgco"] as const)("reads a matrix that swscale does not know: %s", async (matrix) => {
    const colour: Colour = {
      ...BT709,
      matrix,
      ...(matrix === "bt2020c" ? { primaries: "bt2020", transfer: "bt2020-10" } : {}),
    };
    const grey: Rgb[] = [
      [0, 0, 0],
      [128, 128, 128],
      [255, 255, 255],
    ];
    // Grey has the same code values in every matrix.
    const input = await patchInput(grey, "yuv420p10le", BT709);
    const frame = await filterOne(
      input,
      aPictureSpec({ sourceColour: colour, frame: aFrame(3 * PATCH, PATCH) }),
    );
    const found = grey.map((_, index) => frame.at(index * PATCH + 8, 8));
    expect(worst(found, grey)).toBeLessThanOrEqual(2);
  });

  it.each([
    ["smpte240m", "smpte240m"],
    ["fcc", "gamma22"],
    ["bt709", "iec61966-2-1"],
    ["bt601", "gamma28"],
    ["bt2020c", "bt2020-12"],
    ["ycgco", "linear"],
  ] as const)(
    "takes a wide gamut with the matrix %s and the transfer %s, however odd",
    async (matrix, transfer) => {
      const colour: Colour = { matrix, primaries: "smpte432", transfer, range: "tv" };
      const white: Rgb[] = [[255, 255, 255]];
      const input = await patchInput(white, "yuv420p10le", BT709);
      const frame = await filterOne(
        input,
        aPictureSpec({ sourceColour: colour, frame: aFrame(PATCH, PATCH) }),
      );
      expect(distance(frame.at(8, 8), [255, 255, 255])).toBeLessThanOrEqual(2);
    },
  );

  it("makes 10 bit into 8 bit without bands", async () => {
    const ramp = "nullsrc=s=256x32:d=0.04:r=25,format=yuv420p10le,geq=lum='400+X/16':cb=512:cr=512";
    const frame = await filterOne(lavfi(ramp), aPictureSpec({ frame: aFrame(256, 32) }));
    const column = (x: number): number[] => Array.from({ length: 32 }, (_, y) => frame.at(x, y)[0]);
    // Half way between two levels of 8 bit both of them appear.
    const levels = Array.from({ length: 256 }, (_, x) => new Set(column(x)).size);
    expect(Math.max(...levels)).toBeGreaterThan(1);
  });
});

describe("pictureGraph: turns and sizes", () => {
  const upright = ["red", "green", "blue", "white"];

  it.each([
    [{ transpose: 0 }, ["red", "blue", "green", "white"]],
    [{ transpose: 1 }, ["blue", "red", "white", "green"]],
    [{ transpose: 2 }, ["green", "white", "red", "blue"]],
    [{ transpose: 3 }, ["white", "green", "blue", "red"]],
    [{ hflip: true }, ["green", "red", "white", "blue"]],
    [{ vflip: true }, ["blue", "white", "red", "green"]],
    [{ transpose: 1, hflip: true }, ["red", "blue", "green", "white"]],
  ] as const)("turns first, then flips: %j", async (turns, wanted) => {
    const frame = "transpose" in turns ? aFrame(48, 64) : aFrame(64, 48);
    expect(await cornersOf(cornerInput(64, 48), { ...turns, frame })).toEqual(wanted);
  });

  it.each(["yuv420p", "yuv422p", "yuv422p10le", "yuv444p12le", "gbrp", "yuv410p", "yuv411p"])(
    "turns %s, whose colours may be halved in one direction only",
    async (format) => {
      const sourceColour = format === "gbrp" ? RGB : BT709;
      const overrides = { transpose: 1, frame: aFrame(48, 64), sourceColour };
      expect(await cornersOf(cornerInput(64, 48, format), overrides)).toEqual([
        "blue",
        "red",
        "white",
        "green",
      ]);
    },
  );

  it("crops what is scaled larger than the frame in equal parts on both sides", async () => {
    const frame = { widthPx: 32, heightPx: 48, scaledWidthPx: 65, scaledHeightPx: 49 };
    expect(await cornersOf(cornerInput(64, 48), { frame })).toEqual(upright);
  });

  it.each([
    ["yuv420p", BT709],
    ["yuv420p10le", BT709],
    ["yuvj420p", JPEG],
    ["rgb24", RGB],
  ] as const)("centres the picture between black bars in %s", async (pixelFormat, colour) => {
    const frame = { widthPx: 96, heightPx: 48, scaledWidthPx: 64, scaledHeightPx: 48 };
    const shown = await filterOne(cornerInput(64, 48), aPictureSpec({ frame, pixelFormat, colour }));
    const row = [2, 13, 20, 40, 56, 76, 83, 93].map((x) => nameOf(shown.at(x, 8)));
    expect(row).toEqual(["black", "black", "red", "red", "green", "green", "black", "black"]);
    expect(distance(shown.at(2, 8), [0, 0, 0])).toBeLessThanOrEqual(1);
  });

  it("crops one side and pads the other when a size asks for both", async () => {
    const frame = { widthPx: 32, heightPx: 64, scaledWidthPx: 64, scaledHeightPx: 48 };
    const shown = await filterOne(cornerInput(64, 48), aPictureSpec({ frame, pixelFormat: "yuv444p" }));
    expect([3, 20, 44, 60].map((y) => nameOf(shown.at(8, y)))).toEqual(["black", "red", "blue", "black"]);
  });

  it.each([
    [1, 1],
    [2, 2],
    [3, 5],
    [5, 3],
    [65, 49],
  ])("takes a source of %sx%s, deinterlaced or not", async (widthPx, heightPx) => {
    const lilac: Rgb = [0x80, 0x40, 0xc0];
    const patch = drawPatches([lilac], "yuv420p", BT709);
    const [luma = 0, blue = 0, red = 0] = [0, PATCH ** 2, PATCH ** 2 * 1.25].map((index) => patch[index]);
    const chromaSize = Math.ceil(widthPx / 2) * Math.ceil(heightPx / 2);
    const path = join(directory.path, `lilac-${widthPx}x${heightPx}.raw`);
    const planes = [
      Buffer.alloc(widthPx * heightPx, luma),
      Buffer.alloc(chromaSize, blue),
      Buffer.alloc(chromaSize, red),
    ];
    await writeFile(path, Buffer.concat(planes));
    const input = rawInput(path, { pixelFormat: "yuv420p", widthPx, heightPx });
    for (const deinterlace of ["off", "all"] as const) {
      const frame = await filterOne(input, aPictureSpec({ deinterlace, frame: aFrame(16, 16) }));
      for (const [x, y] of [
        [0, 0],
        [8, 8],
        [15, 15],
      ] as const) {
        expect(distance(frame.at(x, y), lilac)).toBeLessThanOrEqual(2);
      }
    }
  });

  it("keeps transparency, with bars that nothing shines through", async () => {
    const frame = { widthPx: 96, heightPx: 48, scaledWidthPx: 64, scaledHeightPx: 48 };
    const input = lavfi("color=red@0.5:s=64x48:r=25:d=0.04,format=rgba");
    for (const [pixelFormat, colour] of [
      ["rgba", RGB],
      ["yuva444p10le", BT709],
    ] as const) {
      const shown = await filterOne(input, aPictureSpec({ frame, pixelFormat, colour, sourceColour: RGB }));
      expect(shown.alphaAt(2, 8)).toBe(0);
      expect(Math.abs(shown.alphaAt(48, 8) - 127)).toBeLessThanOrEqual(1);
      expect(distance(shown.at(48, 8), [255, 0, 0])).toBeLessThanOrEqual(2);
    }
  });

  it("blurs in proportion to the size, more with each level", async () => {
    const edge = async (side: number, blur: number): Promise<number> => {
      const input = lavfi(
        `color=white:s=${side}x${side}:r=25:d=0.04,format=rgb24,drawbox=w=iw/2:t=fill:color=black`,
      );
      const picture = {
        sourceColour: RGB,
        colour: RGB,
        pixelFormat: "rgb24",
        frame: aFrame(side, side),
        blur,
      } as const;
      const frame = await filterOne(input, aPictureSpec(picture));
      // How far from the edge black has faded in, as a share of the side.
      const lit = Array.from({ length: side / 2 }, (_, x) => frame.at(x, side / 2)[0]).filter(
        (red) => red > 12,
      );
      return lit.length / side;
    };
    const widths: number[] = [];
    for (const level of [0, 1, 2, 3, 4, 5]) {
      widths.push(await edge(200, level));
    }
    expect(widths[0]).toBe(0);
    widths.slice(1).forEach((width, index) => expect(width).toBeGreaterThan(widths[index] ?? 0));
    expect(Math.abs((await edge(400, 3)) - (widths[3] ?? 0))).toBeLessThan(0.012);
  });
});

describe("pictureGraph: interlaced frames", () => {
  /** A bright block that moves 8 pixels per field: combed where two fields are shown as one frame. */
  const MOVING =
    "color=black:s=160x96:r=50:d=0.4,format=yuv420p,geq=lum='if(between(X,10+8*N,42+8*N),200,40)':cb=128:cr=128,tinterlace=mode=interleave_top";

  /** Share of pixels that differ from both their vertical neighbours in the same direction. */
  async function combing(deinterlace: PictureSpec["deinterlace"], flags: string): Promise<number[]> {
    const picture = aPictureSpec({ deinterlace, frame: aFrame(160, 96) });
    const frames = await filterPicture(lavfi(MOVING), picture, { before: flags });
    return frames.map((frame) => {
      const combed = Array.from({ length: 160 }, (_, x) => {
        const [above, here, below] = [47, 48, 49].map((y) => frame.at(x, y)[0]);
        const [up, down] = [(here ?? 0) - (above ?? 0), (here ?? 0) - (below ?? 0)];
        return Math.sign(up) === Math.sign(down) && Math.min(Math.abs(up), Math.abs(down)) > 40;
      });
      return combed.filter(Boolean).length;
    });
  }

  it("combs what is not deinterlaced, and only that", async () => {
    const [off, flagged, all] = [
      await combing("off", "setfield=tff"),
      await combing("flagged", "setfield=tff"),
      await combing("all", "setfield=tff"),
    ];
    expect(Math.min(...off)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...flagged.slice(1, -1))).toBe(0);
    expect(Math.max(...all.slice(1, -1))).toBe(0);
  });

  it("leaves frames alone that are not flagged, and takes them all the same when all are to be", async () => {
    expect(Math.min(...(await combing("flagged", "setfield=prog")))).toBeGreaterThanOrEqual(4);
    expect(Math.max(...(await combing("all", "setfield=tff")).slice(1, -1))).toBe(0);
  });

  it("gives one frame per frame, a single one included", async () => {
    expect(await combing("all", "setfield=tff")).toHaveLength(10);
    expect(await combing("all", "setfield=tff,trim=end_frame=1")).toHaveLength(1);
  });
});

describe("a transparent picture without an alpha channel to go to", () => {
  it.each(["rgba", "yuva444p", "yuva420p"])("is laid over black from %s", async (format) => {
    const half = "color=red:s=64x64:r=1:d=1,format=rgba,colorchannelmixer=aa=0.5";
    const input = lavfi(`${half},scale=out_color_matrix=bt709:out_range=tv,format=${format}`);
    const isRgb = format === "rgba";
    const picture = aPictureSpec({
      sourceColour: isRgb ? RGB : BT709,
      flattensAlpha: true,
      pixelFormat: "yuv444p",
      frame: aFrame(64, 64),
    });
    const frame = await filterOne(input, picture);
    expect(distance(frame.at(32, 32), [127, 0, 0])).toBeLessThanOrEqual(6);
  });
});
