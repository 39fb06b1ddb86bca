/** The arithmetic of picture sizes: from a source's display size and a wanted box to pixel counts. */
import { MAX_PICTURE_SIDE_PX } from "../../../encoder/contract/formats.ts";
import type { FrameSize } from "../../../encoder/contract/output-spec.ts";
import type { PictureRequest, Resolution } from "../job-spec.ts";

type DisplaySize = { displayWidthPx: number; displayHeightPx: number };
type Size = { widthPx: number; heightPx: number };

/** `isEven`: both sides of the finished picture are, as 4:2:0 needs. */
export type FrameOptions = Pick<PictureRequest, "fit" | "transpose"> & { isEven: boolean };

/** Of a thinner picture nothing is cropped to make it even: one pixel is too much of it. */
const MIN_CROPPED_PX = 16;

/** Columns and rows together: where the nearest even size would cost more, the one below is as good. */
const MAX_CROPPED_PX = 4;

/** Thinner bars are not worth having; the picture fills the box instead. */
const MIN_BARS_PX = 2;

/**
 * The finished picture for `wanted`, in square pixels, and the size that the source is scaled to for it.
 * - no side given: the source's size, an odd side cropped by one pixel;
 * - one side given: the other follows the aspect ratio;
 * - both given: `pad` fits the source inside the box and black bars fill it, `crop` fills the box with the source.
 *
 * The scaled source keeps its shape to half a pixel. Where the nearest even size would not, the source is scaled a
 * little larger than the frame and its edges are cropped. A given side that is odd is rounded down.
 */
export function frameSize(source: DisplaySize, wanted: Resolution, options: FrameOptions): FrameSize {
  const { isEven, fit } = options;
  const shape = upright(source, options.transpose);
  const asked = isEven ? evenBelow : (sidePx: number) => sidePx;
  const { widthPx, heightPx } = wanted;
  if (widthPx === null && heightPx === null) {
    return ownSize(shape, isEven);
  }
  if (widthPx !== null && heightPx !== null) {
    const box = { widthPx: asked(widthPx), heightPx: asked(heightPx) };
    return fit === "crop" ? cropped(shape, box) : padded(shape, box);
  }
  return widthPx === null
    ? turned(following(turned(shape), asked(heightPx ?? 0), isEven))
    : following(shape, asked(widthPx), isEven);
}

/** Every value of `transpose` is a quarter turn. */
function upright(
  { displayWidthPx, displayHeightPx }: DisplaySize,
  transpose: FrameOptions["transpose"],
): Size {
  const size = { widthPx: displayWidthPx, heightPx: displayHeightPx };
  return transpose === null ? size : turned(size);
}

function ownSize(shape: Size, isEven: boolean): FrameSize {
  if (!isEven) {
    return scaled(shape, shape);
  }
  const frame = { widthPx: evenBelow(shape.widthPx), heightPx: evenBelow(shape.heightPx) };
  return shape.widthPx === 1 || shape.heightPx === 1
    ? scaled(frame, inside(shape, frame))
    : scaled(frame, shape);
}

/** The frame of this width whose height follows the shape, but grows no larger than a side may be. */
function following(shape: Size, widthPx: number, isEven: boolean): FrameSize {
  const exact = (widthPx * shape.heightPx) / shape.widthPx;
  if (exact > MAX_PICTURE_SIDE_PX) {
    return turned(following(turned(shape), MAX_PICTURE_SIDE_PX, isEven));
  }
  if (!isEven) {
    return filled(shape, { widthPx, heightPx: Math.max(1, Math.round(exact)) });
  }
  if (exact < MIN_CROPPED_PX) {
    const frame = { widthPx, heightPx: Math.max(2, 2 * Math.ceil(Math.round(exact) / 2)) };
    return scaled(frame, inside(shape, frame));
  }
  const nearest = filled(shape, { widthPx, heightPx: 2 * Math.round(exact / 2) });
  return croppedPx(nearest) <= MAX_CROPPED_PX
    ? nearest
    : filled(shape, { widthPx, heightPx: evenBelow(Math.round(exact)) });
}

function padded(shape: Size, box: Size): FrameSize {
  const size = inside(shape, box);
  const barsPx = box.widthPx - size.widthPx + box.heightPx - size.heightPx;
  return barsPx < MIN_BARS_PX ? filled(shape, box) : scaled(box, size);
}

/** A shape that is too far from the box's to be filled in memory gets bars after all. */
function cropped(shape: Size, box: Size): FrameSize {
  const size = around(shape, box);
  return Math.max(size.widthPx, size.heightPx) > MAX_PICTURE_SIDE_PX ? padded(shape, box) : scaled(box, size);
}

/** The frame without bars, by a scaled source that is as small as its shape allows. */
function filled(shape: Size, frame: Size): FrameSize {
  const size = scaled(frame, around(shape, frame));
  // A picture a few pixels thin would lose most of itself.
  return croppedPx(size) > Math.min(frame.widthPx, frame.heightPx) / 4
    ? scaled(frame, inside(shape, frame))
    : size;
}

function croppedPx({ widthPx, heightPx, scaledWidthPx, scaledHeightPx }: FrameSize): number {
  return scaledWidthPx - widthPx + scaledHeightPx - heightPx;
}

/** The largest size of this shape that fits into the box. */
function inside(shape: Size, box: Size): Size {
  const scale = Math.min(box.widthPx / shape.widthPx, box.heightPx / shape.heightPx);
  return {
    widthPx: Math.min(box.widthPx, Math.max(1, Math.round(shape.widthPx * scale))),
    heightPx: Math.min(box.heightPx, Math.max(1, Math.round(shape.heightPx * scale))),
  };
}

/** The smallest size of this shape that covers the box: the long side follows the short one, to half a pixel. */
function around(shape: Size, box: Size): Size {
  if (shape.widthPx < shape.heightPx) {
    return turned(around(turned(shape), turned(box)));
  }
  const ratio = shape.widthPx / shape.heightPx;
  const following = (heightPx: number) => Math.round(heightPx * ratio);
  const least = Math.max(box.heightPx, Math.floor((box.widthPx - 0.5) / ratio));
  const heightPx = following(least) >= box.widthPx ? least : least + 1;
  return { widthPx: Math.max(box.widthPx, following(heightPx)), heightPx };
}

function scaled({ widthPx, heightPx }: Size, size: Size): FrameSize {
  return { widthPx, heightPx, scaledWidthPx: size.widthPx, scaledHeightPx: size.heightPx };
}

function turned<T extends Size | FrameSize>(size: T): T {
  return {
    ...size,
    widthPx: size.heightPx,
    heightPx: size.widthPx,
    ...("scaledWidthPx" in size
      ? { scaledWidthPx: size.scaledHeightPx, scaledHeightPx: size.scaledWidthPx }
      : {}),
  };
}

const evenBelow = (sidePx: number): number => Math.max(2, 2 * Math.floor(sidePx / 2));
