/** The file of a video output: which part of the source it shows, and what is made of it. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import type { VideoRequest } from "../job-spec.ts";
import { resolveRendition } from "./resolve-rendition.ts";
import { resolveSpan } from "./resolve-span.ts";
import type { Resolved } from "./resolved.ts";

/** FFmpeg's demuxers that find a time but not the keyframe before it, which a copy has to begin with. */
const FORMATS_WITHOUT_INDEX: readonly string[] = ["mpegts", "mpeg", "ogg"];

export function resolveVideo(
  request: VideoRequest,
  media: MediaInfo,
): Resolved<{ rendition: RenditionSpec }> {
  const { rendition, picture, offsetSeconds } = request;
  const resolved = resolveSpan(request, media);
  if (!resolved.ok) {
    return resolved;
  }
  const copied = [rendition.video, rendition.audio].some((track) => track?.codec === "copy");
  const isUnindexed = media.formatName.split(",").some((name) => FORMATS_WITHOUT_INDEX.includes(name));
  if (copied && offsetSeconds > 0 && isUnindexed) {
    return { ok: false, failure: { code: "copy_cut_not_possible" } };
  }
  return resolveRendition(rendition, picture, media, resolved.span);
}
