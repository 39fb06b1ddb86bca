import { describe, expect, it } from "vitest";
import { frameSizeSchema, type FrameSize } from "../../../../../encoder/contract/output-spec.ts";
import { frameSize } from "../../../../../worker/domain/plan/frame-size.ts";

type Size = [number, number];
const sizeFor = ([displayWidthPx, displayHeightPx]: Size, widthPx: number | null, heightPx: number | null) =>
  frameSize({ displayWidthPx, displayHeightPx }, { widthPx, heightPx });

type Wish = [number | null, number | null];

/** How far one side is from where the other puts it, in pixels of the side that can tell more. */
function aspectErrorPx([width, height]: Size, frame: FrameSize): number {
  return Math.min(
    Math.abs((frame.scaledHeightPx * width) / height - frame.scaledWidthPx),
    Math.abs((frame.scaledWidthPx * height) / width - frame.scaledHeightPx),
  );
}

const SOURCES: Size[] = [
  ...([
    [1920, 1080],
    [1080, 1920],
    [320, 180],
    [1920, 804],
    [1440, 1080],
    [3840, 2160],
  ] satisfies Size[]),
  // Odd sides, sizes after rotation and after an anamorphic sample aspect ratio (720x576 at 64:45, 853.33 wide).
  ...([
    [577, 324],
    [1164, 767],
    [1919, 1079],
    [405, 720],
    [1024, 576],
    [853, 480],
    [1, 1],
    [3, 1000],
    [4001, 3],
  ] satisfies Size[]),
];

describe("frameSize", () => {
  it.each<[Size, number | null, number | null, Size]>([
    [[1920, 1080], null, 240, [426, 240]],
    [[1920, 1080], null, 360, [640, 360]],
    [[1920, 1080], null, 480, [854, 480]],
    [[1080, 1920], null, 480, [270, 480]],
    [[1920, 1080], 1024, null, [1024, 576]],
    [[1080, 1920], 1024, null, [1024, 1820]],
    [[577, 324], null, 480, [854, 480]],
    [[1024, 576], 640, null, [640, 360]],
    [[1920, 1080], 401, null, [400, 226]],
  ])("makes %j with %s x %s into %j without bars", (source, widthPx, heightPx, expected) => {
    const frame = sizeFor(source, widthPx, heightPx);
    expect([frame.widthPx, frame.heightPx]).toEqual(expected);
    expect([frame.scaledWidthPx, frame.scaledHeightPx]).toEqual(expected);
  });

  it.each<[Size, Size, Size]>([
    [
      [1920, 1080],
      [1280, 720],
      [1280, 720],
    ],
    [
      [1920, 804],
      [1280, 720],
      [1280, 536],
    ],
    [
      [1440, 1080],
      [1280, 720],
      [960, 720],
    ],
    [
      [1080, 1920],
      [1280, 720],
      [406, 720],
    ],
    [
      [1918, 1080],
      [1280, 720],
      [1278, 720],
    ],
    [
      [320, 180],
      [1920, 1080],
      [1920, 1080],
    ],
    [
      [405, 720],
      [1920, 1080],
      [608, 1080],
    ],
  ])("fits %j into the box %j as %j and keeps the box", (source, box, scaled) => {
    const frame = sizeFor(source, ...box);
    expect([frame.widthPx, frame.heightPx]).toEqual(box);
    expect([frame.scaledWidthPx, frame.scaledHeightPx]).toEqual(scaled);
  });

  it.each<[Size, Size]>([
    [
      [1280, 720],
      [1280, 720],
    ],
    [
      [577, 324],
      [576, 324],
    ],
    [
      [1919, 1079],
      [1918, 1078],
    ],
    [
      [1, 1],
      [2, 2],
    ],
  ])("keeps a source of %j at %j when no side is given", (source, expected) => {
    const frame = sizeFor(source, null, null);
    expect([frame.widthPx, frame.heightPx]).toEqual(expected);
  });

  it("always gives even sides inside the frame and keeps the aspect ratio to two pixels", () => {
    const wishes: Wish[] = [
      [null, null],
      [null, 240],
      [640, null],
      [1280, 720],
      [300, 300],
      [17, 8191],
    ];
    const frames = SOURCES.flatMap((source) =>
      wishes.map((wish) => ({ source, wish, frame: sizeFor(source, ...wish) })),
    );
    expect(frames.filter(({ frame }) => !frameSizeSchema.safeParse(frame).success)).toEqual([]);
    expect(
      frames.filter(
        ({ frame }) => frame.scaledWidthPx > frame.widthPx || frame.scaledHeightPx > frame.heightPx,
      ),
    ).toEqual([]);
    expect(frames.filter(({ source, frame }) => aspectErrorPx(source, frame) > 2)).toEqual([]);
  });
});
