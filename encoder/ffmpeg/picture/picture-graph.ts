/**
 * From a decoded frame to the finished picture: one chain of filters, the same for videos, stills and animations.
 * FFmpeg has turned the frames upright before. Frame times (`fps`, `trim`, `setpts`) are the caller's; the chain keeps
 * them and the time base.
 */
import { hasAlpha } from "../../contract/formats.ts";
import type { FrameSize, PictureSpec } from "../../contract/output-spec.ts";
import { blurFilters } from "./blur-filters.ts";
import { colourFilters, entryTagFilter, tagFilter } from "./colour-filters.ts";
import { overlayGraph } from "./watermark-overlay.ts";

/**
 * The picture as one linear chain, for `-vf` or a branch of a graph.
 *
 * @throws Error for a picture with a watermark, which needs a second input: see `pictureGraph`
 */
export function pictureChain(picture: PictureSpec): string {
  if (picture.watermark !== null) {
    throw new Error("a picture with a watermark is a graph of two inputs");
  }
  return [...frameFilters(picture), ...finishFilters(picture)].join(",");
}

/**
 * The picture as a graph from `[input]` to `[output]`. Labels are without brackets; `watermark` is the label of the
 * mark's frames, a `watermarkInput`, and null without one. Labels within begin with the name of the output.
 *
 * @throws Error when picture and labels do not agree on whether there is a mark
 */
export function pictureGraph(
  picture: PictureSpec,
  labels: { input: string; output: string; watermark: string | null },
): string {
  const { input, output, watermark } = labels;
  if (picture.watermark === null || watermark === null) {
    if (picture.watermark !== watermark) {
      throw new Error("a watermark and its input go together");
    }
    return `[${input}]${pictureChain(picture)}[${output}]`;
  }
  const unmarked = `${output}_unmarked`;
  const marked = `${output}_marked`;
  return [
    `[${input}]${frameFilters(picture).join(",")}[${unmarked}]`,
    overlayGraph({ mark: picture.watermark, picture }, { mark: watermark, frame: unmarked, output: marked }),
    `[${marked}]${finishFilters(picture).join(",")}[${output}]`,
  ].join(";");
}

function frameFilters(picture: PictureSpec): string[] {
  const { sourceColour, colour, frame, pixelFormat } = picture;
  const size = { widthPx: frame.scaledWidthPx, heightPx: frame.scaledHeightPx };
  return [
    entryTagFilter(sourceColour),
    ...deinterlaceFilters(picture.deinterlace),
    // Multiplied by its own opacity a picture is what it looks like over black; the alpha channel may then go.
    ...(picture.flattensAlpha ? ["premultiply=inplace=1"] : []),
    ...turnFilters(picture),
    ...colourFilters({ from: sourceColour, to: colour, ...size, pixelFormat }),
    ...fitFilters(frame, hasAlpha(pixelFormat)),
    "setsar=1",
  ];
}

function finishFilters({ blur, frame, pixelFormat, colour }: PictureSpec): string[] {
  return [...blurFilters(blur, frame, pixelFormat), `format=${pixelFormat}`, tagFilter(colour)];
}

/** Four lines of quartered chroma, as in 4:1:0. */
const MIN_FIELD_SIDE_PX = 16;

/**
 * The deinterlacing that `pictureChain` begins with. A caller that repeats, drops or chooses frames does it before and
 * gives the chain a picture with `deinterlace: "off"`: a deinterlacer compares neighbouring frames, and combs those that
 * are repeated.
 */
export function deinterlaceFilters(mode: PictureSpec["deinterlace"]): string[] {
  if (mode === "off") {
    return [];
  }
  const frames = mode === "all" ? "all" : "interlaced";
  return [
    // It refuses planes of less than 3 columns or 4 lines. Frames of any other size pass through untouched.
    `scale=w=max(iw\\,${MIN_FIELD_SIDE_PX}):h=max(ih\\,${MIN_FIELD_SIDE_PX})`,
    `bwdif=mode=send_frame:parity=auto:deint=${frames}`,
    // A deinterlacer counts in half ticks because it could make two frames of one.
    "settb=expr=intb*2",
  ];
}

function turnFilters({ transpose, hflip, vflip }: PictureSpec): string[] {
  return [
    ...(transpose === null ? [] : [`transpose=dir=${transpose}:passthrough=none`]),
    ...(hflip ? ["hflip"] : []),
    ...(vflip ? ["vflip"] : []),
  ];
}

function fitFilters(frame: FrameSize, isTransparent: boolean): string[] {
  const { widthPx, heightPx, scaledWidthPx, scaledHeightPx } = frame;
  const isCropped = widthPx < scaledWidthPx || heightPx < scaledHeightPx;
  const isPadded = widthPx > scaledWidthPx || heightPx > scaledHeightPx;
  const crop = `crop=w=${Math.min(widthPx, scaledWidthPx)}:h=${Math.min(heightPx, scaledHeightPx)}`;
  const bars = isTransparent ? "black@0" : "black";
  const pad = `pad=w=${widthPx}:h=${heightPx}:x=(ow-iw)/2:y=(oh-ih)/2:color=${bars}`;
  return [...(isCropped ? [crop] : []), ...(isPadded ? [pad] : [])];
}
