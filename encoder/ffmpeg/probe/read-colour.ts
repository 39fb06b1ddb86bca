/**
 * The colours of a picture from what the file says of them. Most files say little and some say what cannot be: each
 * part that is missing or impossible is taken from the others, and in the end guessed by size, as players do.
 */
import type { Colour, Ffprobe } from "../../contract/media-info.ts";
import { readCount, readText } from "./probe-tree.ts";

type Stream = Ffprobe["streams"][number];

const RGB_FORMATS = /^(?:[0a]?(?:rgb|bgr)|rgba|bgra|gbr|pal8|x2|xyz|bayer)/;
/** Grey of stills uses all values; that of video codecs is studio swing unless the file says otherwise. */
const FULL_GREY = /^(?:gray|ya\d|mono)/;
const STILL_CODECS = new Set(["png", "apng", "mjpeg", "bmp", "tiff", "jpeg2000", "webp", "gif"]);
/** Their formats define BT.601, whatever the size. */
const BT601_CODECS = new Set(["vp8", "webp", "mjpeg"]);

/** Colours of a video stream, complete. */
export function readColour(stream: Stream): Colour {
  const pixelFormat = readText(stream, "pix_fmt") ?? "";
  const isRgb = RGB_FORMATS.test(pixelFormat);
  const tagged = MATRICES[readText(stream, "color_space") ?? ""];
  const primariesTag = PRIMARIES[readText(stream, "color_primaries") ?? ""];
  const transferTag = TRANSFERS[readText(stream, "color_transfer") ?? ""];
  const matrix = isRgb ? "rgb" : (tagged ?? guessMatrix(stream, { primariesTag, transferTag }));
  const primaries = primariesTag ?? guessPrimaries(stream, { matrix, transferTag });
  return {
    matrix,
    primaries,
    transfer: transferTag ?? guessTransfer(primaries),
    range: isRgb ? "pc" : readRange(stream, pixelFormat),
  };
}

/** A matrix that FFmpeg's filters cannot convert; null when they can. Named for the customer. */
export function findForeignMatrix(stream: Stream): string | null {
  return FOREIGN_MATRICES[readText(stream, "color_space") ?? ""] ?? null;
}

// Keys are ffprobe's names. What is absent, such as `unknown` and `reserved`, is guessed.
const MATRICES: Readonly<Record<string, Colour["matrix"]>> = {
  bt709: "bt709",
  bt470bg: "bt601",
  smpte170m: "bt601",
  bt2020nc: "bt2020nc",
  bt2020c: "bt2020c",
  smpte240m: "smpte240m",
  fcc: "fcc",
  ycgco: "ycgco",
};

const FOREIGN_MATRICES: Readonly<Record<string, string>> = {
  ictcp: "ICtCp",
  "ipt-c2": "IPT-C2",
  smpte2085: "SMPTE ST 2085",
  "chroma-derived-c": "chromaticity-derived constant luminance",
  "ycgco-re": "YCgCo-Re",
  "ycgco-ro": "YCgCo-Ro",
};

const PRIMARIES: Readonly<Record<string, Colour["primaries"]>> = {
  bt709: "bt709",
  bt470m: "bt470m",
  bt470bg: "bt470bg",
  smpte170m: "smpte170m",
  smpte240m: "smpte240m",
  film: "film",
  bt2020: "bt2020",
  smpte431: "smpte431",
  smpte432: "smpte432",
};

const TRANSFERS: Readonly<Record<string, Colour["transfer"]>> = {
  bt709: "bt709",
  bt470m: "gamma22",
  bt470bg: "gamma28",
  smpte170m: "smpte170m",
  smpte240m: "smpte240m",
  linear: "linear",
  "iec61966-2-1": "iec61966-2-1",
  "bt2020-10": "bt2020-10",
  "bt2020-12": "bt2020-12",
  smpte2084: "smpte2084",
  "arib-std-b67": "arib-std-b67",
};

type Tags = {
  primariesTag: Colour["primaries"] | undefined;
  transferTag: Colour["transfer"] | undefined;
};

function guessMatrix(stream: Stream, { primariesTag, transferTag }: Tags): Colour["matrix"] {
  switch (primariesTag) {
    case "bt709":
      return "bt709";
    case "bt470bg":
    case "smpte170m":
      return "bt601";
    case "bt2020":
      return "bt2020nc";
    default:
      break;
  }
  if (transferTag === "smpte2084" || transferTag === "arib-std-b67") {
    return "bt2020nc";
  }
  const isOldCodec = BT601_CODECS.has(readText(stream, "codec_name") ?? "");
  return isHighDefinition(stream) && !isOldCodec ? "bt709" : "bt601";
}

function guessPrimaries(
  stream: Stream,
  { matrix, transferTag }: { matrix: Colour["matrix"]; transferTag: Colour["transfer"] | undefined },
): Colour["primaries"] {
  if (transferTag === "smpte2084" || transferTag === "arib-std-b67") {
    return "bt2020";
  }
  switch (matrix) {
    case "bt601":
      return guessStandardPrimaries(stream);
    case "bt2020nc":
    case "bt2020c":
      return "bt2020";
    case "smpte240m":
      return "smpte240m";
    case "fcc":
      return "bt470m";
    case "bt709":
    case "ycgco":
    case "rgb":
      return "bt709";
  }
}

/** BT.601 has the primaries of the television system, but JPEG only borrows its matrix (JFIF 1.02 shows sRGB). */
function guessStandardPrimaries(stream: Stream): Colour["primaries"] {
  if (STILL_CODECS.has(readText(stream, "codec_name") ?? "")) {
    return "bt709";
  }
  const lines = readCount(stream, "height");
  const isOf625Lines = readText(stream, "color_space") === "bt470bg" || lines === 576 || lines === 288;
  return isOf625Lines ? "bt470bg" : "smpte170m";
}

function guessTransfer(primaries: Colour["primaries"]): Colour["transfer"] {
  switch (primaries) {
    case "bt470bg":
    case "smpte170m":
      return "smpte170m";
    case "smpte240m":
      return "smpte240m";
    case "bt2020":
      return "bt2020-10";
    default:
      return "bt709";
  }
}

function readRange(stream: Stream, pixelFormat: string): Colour["range"] {
  const tag = readText(stream, "color_range");
  if (pixelFormat.startsWith("yuvj") || tag === "pc") {
    return "pc";
  }
  const isStill = STILL_CODECS.has(readText(stream, "codec_name") ?? "");
  return tag !== "tv" && isStill && FULL_GREY.test(pixelFormat) ? "pc" : "tv";
}

function isHighDefinition(stream: Stream): boolean {
  return (readCount(stream, "width") ?? 0) >= 1280 || (readCount(stream, "height") ?? 0) >= 720;
}
