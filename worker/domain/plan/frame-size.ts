/** The arithmetic of picture sizes: from a source's display size and a wanted box to even pixel counts. */
import type { FrameSize } from "../../../encoder/contract/output-spec.ts";
import type { Resolution } from "../job-spec.ts";

type DisplaySize = { displayWidthPx: number; displayHeightPx: number };

/**
 * The finished picture for `wanted`, in square pixels.
 * - no side given: the source's size, an odd side rounded down so that nothing is invented;
 * - one side given: the other follows the aspect ratio, rounded to the nearest even number;
 * - both given: the source fits inside the box and black bars fill it.
 */
export function frameSize(source: DisplaySize, wanted: Resolution): FrameSize {
  const { displayWidthPx: width, displayHeightPx: height } = source;
  if (wanted.widthPx === null && wanted.heightPx === null) {
    return withoutBars(evenBelow(width), evenBelow(height));
  }
  if (wanted.widthPx === null || wanted.heightPx === null) {
    const scale = (wanted.widthPx ?? 0) / width + (wanted.heightPx ?? 0) / height;
    return withoutBars(
      wanted.widthPx === null ? nearestEven(width * scale) : evenBelow(wanted.widthPx),
      wanted.heightPx === null ? nearestEven(height * scale) : evenBelow(wanted.heightPx),
    );
  }
  const boxWidth = evenBelow(wanted.widthPx);
  const boxHeight = evenBelow(wanted.heightPx);
  const scale = Math.min(boxWidth / width, boxHeight / height);
  return {
    widthPx: boxWidth,
    heightPx: boxHeight,
    scaledWidthPx: Math.min(boxWidth, nearestEven(width * scale)),
    scaledHeightPx: Math.min(boxHeight, nearestEven(height * scale)),
  };
}

function withoutBars(widthPx: number, heightPx: number): FrameSize {
  return { widthPx, heightPx, scaledWidthPx: widthPx, scaledHeightPx: heightPx };
}

const evenBelow = (sidePx: number): number => Math.max(2, 2 * Math.floor(sidePx / 2));
const nearestEven = (sidePx: number): number => Math.max(2, 2 * Math.round(sidePx / 2));
