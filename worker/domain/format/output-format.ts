/**
 * Coconut's format strings, such as `mp4:720p_2000k:96k_mono:quality=4` and `jpg:640x`. The text itself is echoed
 * to the customer unchanged; this is what it means.
 */
import type { RenditionFormat, Resolution } from "../job-spec.ts";
import { PENDING_CONTAINERS } from "./known-formats.ts";
import { RESOLUTION_PRESETS } from "./output-presets.ts";
import { parseRendition } from "./rendition-format.ts";
import { parseResolution, type Refuse } from "./format-parts.ts";

export type OutputFormat =
  | { type: "video"; rendition: RenditionFormat }
  | { type: "image"; container: "jpg" | "png"; resolution: Resolution }
  | { type: "httpstream" };

/**
 * Parses the key of an output, in any letter case. `refuse` gets the broken rule as the end of a sentence that
 * begins with the format, and throws.
 */
export function parseOutputFormat(text: string, refuse: Refuse): OutputFormat {
  const [container = "", ...parts] = text.toLowerCase().split(":");
  switch (container) {
    case "mp4":
      return { type: "video", rendition: parseRendition(parts, refuse) };
    case "jpg":
    case "jpeg":
      return { type: "image", container: "jpg", resolution: imageResolution(parts, refuse) };
    case "png":
      return { type: "image", container: "png", resolution: imageResolution(parts, refuse) };
    case "httpstream":
      return parts.length === 0
        ? { type: "httpstream" }
        : refuse("must be just httpstream, without further parts");
    default:
      return PENDING_CONTAINERS.includes(container)
        ? refuse(`uses container '${container}', which is not supported yet`)
        : refuse("does not begin with a known container (mp4, jpg, png or httpstream)");
  }
}

/**
 * Parses a variant of a stream. A preset fixes only the height there, as Coconut's own packages show: players
 * switch between variants, so all of them keep one aspect ratio.
 */
export function parseVariantFormat(text: string, refuse: Refuse): RenditionFormat {
  const format = parseOutputFormat(text, refuse);
  if (format.type !== "video") {
    return refuse("must be an mp4 format");
  }
  const { video } = format.rendition;
  const isPreset = text
    .toLowerCase()
    .split(/[:_]/)
    .some((part) => Object.hasOwn(RESOLUTION_PRESETS, part));
  return video === null || !isPreset
    ? format.rendition
    : { ...format.rendition, video: { ...video, resolution: { ...video.resolution, widthPx: null } } };
}

function imageResolution(parts: string[], refuse: Refuse): Resolution {
  const [resolution = "", ...rest] = parts;
  if (rest.length > 0) {
    refuse("has more parts than an image format (container:resolution)");
  }
  return resolution === "" ? { widthPx: null, heightPx: null } : parseResolution(resolution, refuse);
}
