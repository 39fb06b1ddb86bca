import { describe, expect, it } from "vitest";
import { frameSizeSchema, type FrameSize } from "../../../../../encoder/contract/output-spec.ts";
import { frameSize, type FrameOptions } from "../../../../../worker/domain/plan/frame-size.ts";
import { seededRandom } from "../../../../support/random.ts";

type Size = [number, number];
type Wish = [number | null, number | null];
type Numbers = [number, number, number, number];

const VIDEO: FrameOptions = { fit: "pad", transpose: null, isEven: true };

function sizeFor(
  [displayWidthPx, displayHeightPx]: Size,
  [widthPx, heightPx]: Wish,
  options: Partial<FrameOptions> = {},
): FrameSize {
  return frameSize({ displayWidthPx, displayHeightPx }, { widthPx, heightPx }, { ...VIDEO, ...options });
}

/** Width and height of the frame, then of the scaled source. */
const numbers = (frame: FrameSize): Numbers => [
  ...([frame.widthPx, frame.heightPx] as const),
  ...([frame.scaledWidthPx, frame.scaledHeightPx] as const),
];

/** How far the scaled source is from its shape, in pixels of the side that can tell more. */
function shapeErrorPx([width, height]: Size, frame: FrameSize): number {
  return Math.min(
    Math.abs((frame.scaledHeightPx * width) / height - frame.scaledWidthPx),
    Math.abs((frame.scaledWidthPx * height) / width - frame.scaledHeightPx),
  );
}

/** Sizes of cameras and screens, all parities, and shapes that no camera has. */
const SOURCES: Size[] = [
  ...([
    [1920, 1080],
    [1080, 1920],
    [320, 180],
    [1920, 804],
    [1440, 1080],
    [3840, 2160],
    [1024, 576],
    [853, 480],
  ] satisfies Size[]),
  ...([
    [577, 324],
    [1164, 767],
    [1920, 1079],
    [1919, 1079],
    [405, 720],
  ] satisfies Size[]),
  ...([
    [1, 1],
    [2, 8192],
    [3, 1000],
    [4001, 3],
    [1, 4096],
  ] satisfies Size[]),
];
const WISHES: Wish[] = [
  ...([
    [null, null],
    [null, 240],
    [null, 480],
    [640, null],
    [401, null],
  ] satisfies Wish[]),
  ...([
    [1280, 720],
    [300, 300],
    [17, 8191],
    [405, 719],
  ] satisfies Wish[]),
];

const allFrames = (options: Partial<FrameOptions>) =>
  SOURCES.flatMap((source) =>
    WISHES.map((wish) => ({ source, wish, frame: sizeFor(source, wish, options) })),
  );

describe("frameSize", () => {
  it.each<[Size, Wish, Numbers]>([
    [
      [1920, 1080],
      [null, 360],
      [640, 360, 640, 360],
    ],
    [
      [1080, 1920],
      [null, 480],
      [270, 480, 270, 480],
    ],
    [
      [1024, 576],
      [640, null],
      [640, 360, 640, 360],
    ],
    [
      [1080, 1920],
      [1024, null],
      [1024, 1820, 1024, 1820],
    ],
  ])("lets the other side of %j follow when %j is asked for: %j", (source, wish, expected) => {
    expect(numbers(sizeFor(source, wish))).toEqual(expected);
  });

  it.each<[Size, Wish, Numbers]>([
    [
      [1920, 1080],
      [null, 240],
      [426, 240, 427, 240],
    ],
    [
      [1920, 1080],
      [null, 480],
      [854, 480, 855, 481],
    ],
    [
      [577, 324],
      [null, 480],
      [854, 480, 855, 480],
    ],
    [
      [1920, 1080],
      [401, null],
      [400, 226, 402, 226],
    ],
    [
      [1920, 1079],
      [1280, 720],
      [1280, 720, 1281, 720],
    ],
  ])("crops an edge of %j for %j rather than bend the picture: %j", (source, wish, expected) => {
    expect(numbers(sizeFor(source, wish))).toEqual(expected);
  });

  it.each<[Size, Size, Numbers]>([
    [
      [1920, 804],
      [1280, 720],
      [1280, 720, 1280, 536],
    ],
    [
      [1440, 1080],
      [1280, 720],
      [1280, 720, 960, 720],
    ],
    [
      [1080, 1920],
      [1280, 720],
      [1280, 720, 405, 720],
    ],
    [
      [1164, 767],
      [1280, 720],
      [1280, 720, 1093, 720],
    ],
    [
      [320, 180],
      [1920, 1080],
      [1920, 1080, 1920, 1080],
    ],
  ])("fits %j into the box %j with bars: %j", (source, box, expected) => {
    expect(numbers(sizeFor(source, box))).toEqual(expected);
  });

  it.each<[Size, Size, Numbers]>([
    [
      [1440, 1080],
      [1280, 720],
      [1280, 720, 1280, 960],
    ],
    [
      [1080, 1920],
      [720, 720],
      [720, 720, 720, 1280],
    ],
    [
      [1920, 804],
      [1280, 720],
      [1280, 720, 1719, 720],
    ],
  ])("fills the box with `fit: crop`: %j in %j is %j", (source, box, expected) => {
    expect(numbers(sizeFor(source, box, { fit: "crop" }))).toEqual(expected);
  });

  it.each<[Size, Numbers]>([
    [
      [1280, 720],
      [1280, 720, 1280, 720],
    ],
    [
      [577, 324],
      [576, 324, 577, 324],
    ],
    [
      [1919, 1079],
      [1918, 1078, 1919, 1079],
    ],
    [
      [1, 1],
      [2, 2, 2, 2],
    ],
  ])("keeps a source of %j and crops odd edges when no side is given: %j", (source, expected) => {
    expect(numbers(sizeFor(source, [null, null]))).toEqual(expected);
  });

  it("keeps odd sides of images", () => {
    expect(numbers(sizeFor([577, 323], [null, null], { isEven: false }))).toEqual([577, 323, 577, 323]);
    expect(numbers(sizeFor([577, 323], [301, null], { isEven: false }))).toEqual([301, 168, 302, 169]);
  });

  it("turns the source before it fits it", () => {
    for (const transpose of [0, 1, 2, 3] as const) {
      expect(numbers(sizeFor([1920, 1080], [null, 480], { transpose }))).toEqual([270, 480, 270, 480]);
    }
  });

  it("gives even sides that never leave the box and are as large as asked", () => {
    for (const fit of ["pad", "crop"] as const) {
      const wrong = allFrames({ fit }).filter(({ wish: [width, height], frame }) => {
        const isOdd = frame.widthPx % 2 !== 0 || frame.heightPx % 2 !== 0;
        const isBeyond = frame.widthPx > (width ?? Infinity) || frame.heightPx > (height ?? Infinity);
        const isShort = width !== null && height !== null && frame.widthPx < width - 1;
        return isOdd || isBeyond || isShort || !frameSizeSchema.safeParse(frame).success;
      });
      expect(wrong).toEqual([]);
    }
  });

  it("keeps the shape to half a pixel, in everything that can be shown with whole pixels", () => {
    for (const options of [{ fit: "pad" }, { fit: "crop" }, { isEven: false }] as const) {
      const wrong = allFrames(options).filter(
        ({ source, frame }) =>
          Math.min(frame.scaledWidthPx, frame.scaledHeightPx) > 1 && shapeErrorPx(source, frame) > 0.5,
      );
      expect(wrong).toEqual([]);
    }
  });

  it("keeps the shape of any source to half a pixel on both sides when it fills the frame", () => {
    const random = seededRandom(577);
    const side = () => 64 + random.below(2000);
    const frames = Array.from({ length: 20_000 }, () => {
      const source: Size = [500 + random.below(3500), 500 + random.below(3500)];
      const wish: Wish = random.chance(0.5) ? [side(), null] : [null, side()];
      return { source, wish, frame: sizeFor(source, wish) };
    });
    const wrong = frames.filter(({ source: [width, height], frame }) => {
      const error = Math.max(
        Math.abs((frame.scaledHeightPx * width) / height - frame.scaledWidthPx),
        Math.abs((frame.scaledWidthPx * height) / width - frame.scaledHeightPx),
      );
      const isCovered = frame.scaledWidthPx >= frame.widthPx && frame.scaledHeightPx >= frame.heightPx;
      return Math.min(frame.widthPx, frame.heightPx) >= 64 && (error > 0.5 + 1e-9 || !isCovered);
    });
    expect(wrong).toEqual([]);
  });

  it("shows nearly all of a source of which a side is not given", () => {
    const lost = allFrames({})
      .filter(({ wish: [width, height] }) => width === null || height === null)
      .filter(({ source, frame }) => {
        const shown = Math.min(1, frame.widthPx / frame.scaledWidthPx);
        const isThin = Math.min(...source) < 4;
        return !isThin && shown * Math.min(1, frame.heightPx / frame.scaledHeightPx) < 0.98;
      });
    expect(lost).toEqual([]);
  });

  it("does not grow a side beyond what memory holds", () => {
    const frames = [...allFrames({}), ...allFrames({ fit: "crop" })].map(({ frame }) => frame);
    const longest = frames.map((frame) => Math.max(...numbers(frame)));
    expect(Math.max(...longest)).toBeLessThanOrEqual(16_384);
  });
});
