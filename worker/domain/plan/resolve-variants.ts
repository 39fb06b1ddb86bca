/** The renditions of a stream: those variants that the source is worth, so that players can switch between them. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { RenditionSpec, Span } from "../../../encoder/contract/output-spec.ts";
import { VARIANT_KEYFRAME_INTERVAL_SECONDS } from "../format/output-presets.ts";
import type { HttpstreamRequest, PictureRequest } from "../job-spec.ts";
import { chooseVariants } from "./choose-variants.ts";
import { resolveRendition } from "./resolve-rendition.ts";
import type { Resolved } from "./resolved.ts";

const WHOLE_SOURCE: Span = { startSeconds: 0, durationSeconds: null };

/** Streams have no parameters for their pictures. */
const PLAIN_PICTURE: PictureRequest = {
  fit: "pad",
  transpose: null,
  hflip: false,
  vflip: false,
  deinterlace: null,
  watermark: null,
};

/** In the order of the master playlist, keyframes at equal times in all of them. */
export function resolveVariants(
  request: HttpstreamRequest,
  media: MediaInfo,
): Resolved<{ renditions: RenditionSpec[] }> {
  const renditions: RenditionSpec[] = [];
  for (const variant of chooseVariants(request.variants, media)) {
    const interval = VARIANT_KEYFRAME_INTERVAL_SECONDS;
    const resolved = resolveRendition(variant, PLAIN_PICTURE, media, WHOLE_SOURCE, interval);
    if (!resolved.ok) {
      return resolved;
    }
    renditions.push(resolved.rendition);
  }
  return renditions.length > 0
    ? { ok: true, renditions }
    : { ok: false, failure: { code: media.video === null ? "input_has_no_video" : "input_has_no_audio" } };
}
