/** Names of colours. Each of FFmpeg's parts spells the same code point of ITU-T H.273 in its own way. */
import type { Colour } from "../../contract/media-info.ts";

/** H.273 gives the same matrix two numbers: BT.601 of 625 lines and of 525. The primaries tell which it is. */
function isOf625Lines({ primaries }: Colour): boolean {
  return primaries === "bt470bg";
}

/** As a codec's `-colorspace` and ffprobe spell it. */
export function matrixTag(colour: Colour): string {
  if (colour.matrix === "bt601") {
    return isOf625Lines(colour) ? "bt470bg" : "smpte170m";
  }
  return colour.matrix;
}

/** As the `setparams` filter spells it. */
export function matrixParam(colour: Colour): string {
  switch (colour.matrix) {
    case "rgb":
      return "gbr";
    case "bt2020c":
      return "bt2020nc";
    default:
      return matrixTag(colour);
  }
}

/** As the `scale` filter spells it; null for those that swscale cannot convert, and for RGB, which has none. */
export function swscaleMatrix({ matrix }: Colour): string | null {
  switch (matrix) {
    case "bt709":
    case "bt601":
    case "smpte240m":
    case "fcc":
      return matrix;
    case "bt2020nc":
    // Constant luminance differs in strong colours only; zimg's reading of it is wrong in every grey.
    case "bt2020c":
      return "bt2020";
    case "ycgco":
    case "rgb":
      return null;
  }
}

/** As `setparams` spells it. */
export function transferParam({ transfer }: Colour): string {
  switch (transfer) {
    case "gamma22":
      return "bt470m";
    case "gamma28":
      return "bt470bg";
    default:
      return transfer;
  }
}

/** As `zscale` spells it. SMPTE 240M goes by its number in H.273, because the name is misspelt there. */
export function zscaleMatrix(colour: Colour): string {
  return colour.matrix === "smpte240m" ? "7" : matrixParam(colour);
}

/** As `zscale` spells it. The curve of SMPTE 240M, which it does not know, is BT.709's but for two hundredths. */
export function zscaleTransfer(colour: Colour): string {
  return colour.transfer === "smpte240m" ? "bt709" : transferParam(colour);
}
