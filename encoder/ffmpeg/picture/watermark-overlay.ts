/** A mark in a corner of every frame. */
import { hasAlpha, type PixelFormat } from "../../contract/formats.ts";
import type { PictureSpec, Watermark } from "../../contract/output-spec.ts";
import { swscaleMatrix } from "./colour-names.ts";

type Labels = { mark: string; frame: string; output: string };

/**
 * The graph that lays the mark over `[frame]`, which has the picture's size, colours and pixel format. Labels within
 * begin with the name of the output.
 */
export function overlayGraph(
  { mark, picture }: { mark: Watermark; picture: PictureSpec },
  labels: Labels,
): string {
  const { blend, markFormat } = BLENDING[picture.pixelFormat];
  const prepared = `[${labels.mark}]${markFilters(mark, picture, markFormat).join(",")}`;
  return blend === "masked"
    ? maskedGraph(prepared, mark, { picture, markFormat, labels })
    : overlaidGraph(prepared, mark, { format: blend, labels });
}

/** How each format is blended: a format of `overlay`, or by a mask for those that it does not know everywhere. */
const BLENDING: Record<PixelFormat, { blend: string; markFormat: string }> = {
  yuv420p: { blend: "yuv420", markFormat: "yuva420p" },
  yuvj420p: { blend: "yuv420", markFormat: "yuva420p" },
  yuv422p: { blend: "yuv422", markFormat: "yuva422p" },
  yuvj422p: { blend: "yuv422", markFormat: "yuva422p" },
  yuv444p: { blend: "yuv444", markFormat: "yuva444p" },
  yuv420p10le: { blend: "yuv420p10", markFormat: "yuva420p10le" },
  yuv422p10le: { blend: "yuv422p10", markFormat: "yuva422p10le" },
  yuv444p10le: { blend: "masked", markFormat: "yuva444p10le" },
  yuva444p10le: { blend: "masked", markFormat: "yuva444p10le" },
  rgb24: { blend: "rgb", markFormat: "rgba" },
  rgba: { blend: "rgb", markFormat: "rgba" },
};

function markFilters(mark: Watermark, { colour }: PictureSpec, format: string): string[] {
  const ratio = `min(${mark.maxWidthPx}/iw\\,${mark.maxHeightPx}/ih)`;
  const size = `w=max(1\\,round(iw*${ratio})):h=max(1\\,round(ih*${ratio}))`;
  const matrix = swscaleMatrix(colour);
  const colours = `${matrix === null ? "" : `:out_color_matrix=${matrix}`}:out_range=${colour.range}`;
  return [
    `scale=${size}:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp${colours}`,
    `format=${format}`,
    "setsar=1",
    // Long before any frame of the picture, whose times may be negative: it lies over the first one already.
    `settb=expr=1/1000`,
    `setpts=-1000000000`,
  ];
}

function place({ position, marginXPx, marginYPx }: Watermark, own: "overlay" | "pad"): string {
  const [free, freeHeight] = own === "overlay" ? ["W-w", "H-h"] : ["ow-iw", "oh-ih"];
  const x = position.endsWith("left") ? `${marginXPx}` : `${free}-${marginXPx}`;
  const y = position.startsWith("top") ? `${marginYPx}` : `${freeHeight}-${marginYPx}`;
  return `x=${x}:y=${y}`;
}

function overlaidGraph(prepared: string, mark: Watermark, plan: { format: string; labels: Labels }): string {
  const { format, labels } = plan;
  const ready = `${labels.output}_mark`;
  return [
    `${prepared}[${ready}]`,
    `[${labels.frame}][${ready}]overlay=${place(mark, "overlay")}:format=${format}:eof_action=repeat[${labels.output}]`,
  ].join(";");
}

/** The mark at the size of the frame, weighed plane by plane with its own transparency. */
function maskedGraph(
  prepared: string,
  mark: Watermark,
  plan: { picture: PictureSpec; markFormat: string; labels: Labels },
): string {
  const { picture, labels } = plan;
  const { widthPx, heightPx } = picture.frame;
  const { output } = labels;
  const isTransparent = hasAlpha(picture.pixelFormat);
  const format = picture.pixelFormat;
  const planes = isTransparent ? "0x00000000" : "0x000000";
  const colours = isTransparent ? "lutyuv=a=maxval" : "null";
  return [
    `${prepared},pad=w=${widthPx}:h=${heightPx}:${place(mark, "pad")}:color=black@0,split[${output}_colours][${output}_alpha]`,
    `[${output}_colours]${colours},format=${format}[${output}_mark]`,
    `[${output}_alpha]alphaextract,mergeplanes=${planes}:format=${format}[${output}_mask]`,
    `[${labels.frame}][${output}_mark][${output}_mask]maskedmerge[${output}]`,
  ].join(";");
}
