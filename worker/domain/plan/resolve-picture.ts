/** What happens to a picture between the decoder and the encoder: sizes, colours, turns and marks, all resolved. */
import { hasAlpha, type PixelFormat } from "../../../encoder/contract/formats.ts";
import type { Colour, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type { FrameSize, PictureSpec, Watermark } from "../../../encoder/contract/output-spec.ts";
import type { PictureRequest, WatermarkRequest } from "../job-spec.ts";

/** What the kind of output says of its pictures. */
export type PictureOptions = {
  /** As the output's codec can code it. */
  frame: FrameSize;
  /** 0 for none to 5. */
  blur: number;
  /** Of the finished picture. */
  colour: Colour;
  pixelFormat: PixelFormat;
};

/** Largest side of a mark and its distance from the edge, as shares of the frame: every rendition shows it alike. */
const WATERMARK_BOX = 0.2;
const WATERMARK_MARGIN = 0.05;

/** The picture of `source` as `request` wants it. */
export function resolvePicture(
  request: PictureRequest,
  source: VideoInfo,
  { frame, blur, colour, pixelFormat }: PictureOptions,
): PictureSpec {
  const { transpose, hflip, vflip } = request;
  return {
    deinterlace: deinterlacing(request.deinterlace, source),
    sourceColour: source.colour,
    colour,
    flattensAlpha: source.hasAlpha && !hasAlpha(pixelFormat),
    transpose,
    hflip,
    vflip,
    frame,
    blur,
    watermark: request.watermark === null ? null : placeWatermark(request.watermark, frame),
    pixelFormat,
  };
}

function deinterlacing(wanted: boolean | null, { isInterlaced }: VideoInfo): PictureSpec["deinterlace"] {
  if (wanted === null) {
    return isInterlaced ? "flagged" : "off";
  }
  return wanted ? "all" : "off";
}

/** The mark's box in a corner of this frame. */
function placeWatermark({ source, position }: WatermarkRequest, { widthPx, heightPx }: FrameSize): Watermark {
  return {
    source,
    position,
    maxWidthPx: Math.max(1, Math.round(widthPx * WATERMARK_BOX)),
    maxHeightPx: Math.max(1, Math.round(heightPx * WATERMARK_BOX)),
    marginXPx: Math.round(widthPx * WATERMARK_MARGIN),
    marginYPx: Math.round(heightPx * WATERMARK_MARGIN),
  };
}
