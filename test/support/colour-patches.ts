/**
 * Patches of known colours as raw frames, and raw frames back into colours: by the formulas of ITU-R BT.601, 709 and
 * 2020, so that FFmpeg is not its own witness.
 */
import type { PixelFormat } from "../../encoder/contract/formats.ts";
import type { Colour } from "../../encoder/contract/media-info.ts";

/** Red, green, blue from 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Colour bars of 75 % and 100 %, greys, skin, and a dark green. */
export const BARS: readonly Rgb[] = [
  [255, 255, 255],
  [191, 191, 0],
  [0, 191, 191],
  [0, 191, 0],
  [191, 0, 191],
  [191, 0, 0],
  [0, 0, 191],
  [0, 0, 0],
  [128, 128, 128],
  [235, 160, 130],
  [40, 90, 60],
  [16, 16, 16],
];

/** Side of one patch in pixels. */
export const PATCH = 16;

/** Shares of red and blue in the luma of a matrix. */
const WEIGHTS: Partial<Record<Colour["matrix"], readonly [number, number]>> = {
  bt709: [0.2126, 0.0722],
  bt601: [0.299, 0.114],
  bt2020nc: [0.2627, 0.0593],
  smpte240m: [0.212, 0.087],
  fcc: [0.3, 0.11],
};

type Layout = {
  bits: number;
  bytes: number;
  chromaX: number;
  chromaY: number;
  isRgb: boolean;
  planes: number;
};

function layoutOf(pixelFormat: PixelFormat): Layout {
  const bits = pixelFormat.includes("10") ? 10 : 8;
  return {
    bits,
    bytes: bits > 8 ? 2 : 1,
    chromaX: /42[02]/.test(pixelFormat) ? 2 : 1,
    chromaY: pixelFormat.includes("420") ? 2 : 1,
    isRgb: pixelFormat.startsWith("rgb"),
    planes: pixelFormat.startsWith("yuva") || pixelFormat === "rgba" ? 4 : 3,
  };
}

/** One row of patches as a raw frame. */
export function drawPatches(
  patches: readonly Rgb[],
  pixelFormat: Exclude<PixelFormat, "yuva444p10le" | "rgba">,
  colour: Pick<Colour, "matrix" | "range">,
): Buffer {
  const layout = layoutOf(pixelFormat);
  const width = patches.length * PATCH;
  if (layout.isRgb) {
    return Buffer.from(
      Array.from(
        { length: width * PATCH },
        (_, index) => patches[Math.floor((index % width) / PATCH)] ?? [],
      ).flat(),
    );
  }
  const planes = [0, 1, 2].map((plane) => {
    const [stepX, stepY] = plane === 0 ? [1, 1] : [layout.chromaX, layout.chromaY];
    const values = Array.from({ length: (width / stepX) * (PATCH / stepY) }, (_, index) => {
      const x = (index % (width / stepX)) * stepX;
      return toYuv(patches[Math.floor(x / PATCH)] ?? [0, 0, 0], colour, layout.bits)[plane] ?? 0;
    });
    return layout.bytes === 2 ? Buffer.from(Uint16Array.from(values).buffer) : Buffer.from(values);
  });
  return Buffer.concat(planes);
}

/** A reader of single pixels of a raw frame. `alpha` is 0 to 255, 255 for formats without. */
export function readFrame(
  bytes: Buffer,
  size: { widthPx: number; heightPx: number },
  pixelFormat: PixelFormat,
  colour: Pick<Colour, "matrix" | "range">,
): { at: (x: number, y: number) => Rgb; alphaAt: (x: number, y: number) => number } {
  const { bits, bytes: sampleBytes, chromaX, chromaY, isRgb, planes } = layoutOf(pixelFormat);
  const { widthPx, heightPx } = size;
  const sample = (index: number): number =>
    sampleBytes === 2 ? bytes.readUInt16LE(index * 2) : (bytes[index] ?? 0);
  const chromaWidth = Math.ceil(widthPx / chromaX);
  const chromaSize = chromaWidth * Math.ceil(heightPx / chromaY);
  const lumaSize = widthPx * heightPx;
  return {
    at(x, y) {
      if (isRgb) {
        const start = (y * widthPx + x) * planes;
        return [sample(start), sample(start + 1), sample(start + 2)];
      }
      const chroma = lumaSize + Math.floor(y / chromaY) * chromaWidth + Math.floor(x / chromaX);
      return toRgb([sample(y * widthPx + x), sample(chroma), sample(chroma + chromaSize)], colour, bits);
    },
    alphaAt(x, y) {
      if (planes === 3) {
        return 255;
      }
      return isRgb
        ? sample((y * widthPx + x) * planes + 3)
        : Math.round((sample(3 * lumaSize + y * widthPx + x) * 255) / (2 ** bits - 1));
    },
  };
}

/** Largest difference of a component. */
export function distance(one: Rgb, other: Rgb): number {
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? 0))));
}

type Levels = Pick<Colour, "matrix" | "range">;

function toYuv([red, green, blue]: Rgb, { matrix, range }: Levels, bits: number): number[] {
  const [kr = 0, kb = 0] = WEIGHTS[matrix] ?? [];
  const [r, g, b] = [red / 255, green / 255, blue / 255];
  const luma = kr * r + (1 - kr - kb) * g + kb * b;
  const chroma = [(b - luma) / (2 * (1 - kb)), (r - luma) / (2 * (1 - kr))];
  const scale = 2 ** (bits - 8);
  const most = 2 ** bits - 1;
  const levels =
    range === "tv"
      ? [(16 + 219 * luma) * scale, ...chroma.map((value) => (128 + 224 * value) * scale)]
      : [luma * most, ...chroma.map((value) => 128 * scale + value * most)];
  return levels.map((level) => Math.max(0, Math.min(most, Math.round(level))));
}

function toRgb(levels: readonly [number, number, number], { matrix, range }: Levels, bits: number): Rgb {
  const [kr = 0, kb = 0] = WEIGHTS[matrix] ?? [];
  const scale = 2 ** (bits - 8);
  const most = 2 ** bits - 1;
  const [y, u, v] = levels;
  const luma = range === "tv" ? (y / scale - 16) / 219 : y / most;
  const [cb, cr] = [u, v].map((value) =>
    range === "tv" ? (value / scale - 128) / 224 : (value - 128 * scale) / most,
  );
  const red = luma + 2 * (1 - kr) * (cr ?? 0);
  const blue = luma + 2 * (1 - kb) * (cb ?? 0);
  const to255 = (value: number): number => Math.max(0, Math.min(255, Math.round(value * 255)));
  return [to255(red), to255((luma - kr * red - kb * blue) / (1 - kr - kb)), to255(blue)];
}

/** The signal from 0 to 1 that shows this many nits: SMPTE ST 2084, and HLG (BT.2100) on a display of 1000 nits. */
export function hdrSignal(nits: number, transfer: "smpte2084" | "arib-std-b67"): number {
  if (transfer === "smpte2084") {
    const power = (nits / 10_000) ** (2610 / 16_384);
    const [c1, c2, c3] = [3424 / 4096, 2413 / 128, 2392 / 128];
    return ((c1 + c2 * power) / (1 + c3 * power)) ** (2523 / 32);
  }
  const scene = Math.min(1, nits / 1000) ** (1 / 1.2);
  return scene <= 1 / 12
    ? Math.sqrt(3 * scene)
    : 0.178_832_77 * Math.log(12 * scene - 0.284_668_92) + 0.559_910_73;
}
