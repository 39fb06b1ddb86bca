/** Scaling and padding to a planned picture, the same for videos and images. */
import type { FrameSize } from "../contract/output-spec.ts";

/** Video is what every player decodes, 8 bit, 4:2:0, studio range; stills are worked on in full-range RGB. */
type PixelFormat = "yuv420p" | "rgb24";

/**
 * The filter chain that scales an upright picture to the planned size in square pixels and centres it between black
 * bars where the plan is larger. Bicubic is swscale's default, named because the default has changed before.
 */
export function fitFilter(frame: FrameSize, pixelFormat: PixelFormat): string {
  const { widthPx, heightPx, scaledWidthPx, scaledHeightPx } = frame;
  const range = pixelFormat === "yuv420p" ? ":out_range=tv" : "";
  const scale = `scale=w=${scaledWidthPx}:h=${scaledHeightPx}:flags=bicubic${range}`;
  const isPadded = widthPx !== scaledWidthPx || heightPx !== scaledHeightPx;
  const pad = isPadded ? [`pad=w=${widthPx}:h=${heightPx}:x=(ow-iw)/2:y=(oh-ih)/2:color=black`] : [];
  // Stated last, the pixel format is what `scale` converts to: one conversion for size, depth and range.
  return [scale, ...pad, "setsar=1", `format=${pixelFormat}`].join(",");
}
