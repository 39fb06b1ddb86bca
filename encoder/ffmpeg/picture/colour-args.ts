/** Output options that say in the file which colours its pictures have. */
import type { Colour } from "../../contract/media-info.ts";
import { matrixTag } from "./colour-names.ts";

/**
 * Colour tags of a video stream. The frames that `pictureChain` gives carry the same ones: FFmpeg 7 converts frames
 * that differ from these options.
 */
export function colourTagArgs(colour: Colour): string[] {
  return [
    ...["-color_primaries", colour.primaries, "-color_trc", colour.transfer],
    ...["-colorspace", matrixTag(colour), "-color_range", colour.range],
  ];
}
