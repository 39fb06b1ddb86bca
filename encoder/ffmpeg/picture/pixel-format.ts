/** What the pixel formats of outputs have and have not. */
import type { PixelFormat } from "../../contract/formats.ts";

/** True for formats with transparency. */
export function hasAlpha(pixelFormat: PixelFormat): boolean {
  return pixelFormat === "rgba" || pixelFormat === "yuva444p10le";
}
