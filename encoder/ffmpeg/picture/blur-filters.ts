/** Blurred pictures, such as placeholders that stand until a player has loaded. */
import type { PixelFormat } from "../../contract/formats.ts";
import type { FrameSize } from "../../contract/output-spec.ts";

/** Standard deviation of the blur per level, as a share of the picture's longer side: alike at every size. */
const SIGMA_PER_LEVEL = 0.006;

/** A Gaussian blur of level 1 to 5; nothing for 0. */
export function blurFilters(level: number, frame: FrameSize, pixelFormat: PixelFormat): string[] {
  if (level === 0) {
    return [];
  }
  const sigma = Math.max(frame.widthPx, frame.heightPx) * SIGMA_PER_LEVEL * level;
  const blur = `gblur=sigma=${sigma.toFixed(2)}:steps=2`;
  switch (pixelFormat) {
    case "rgb24":
      return ["format=gbrp", blur];
    case "rgba":
      // Colours count as much as they are seen, or what is hidden would darken the edges.
      return ["format=gbrap", "premultiply=inplace=1", blur, "unpremultiply=inplace=1"];
    default:
      return [blur];
  }
}
