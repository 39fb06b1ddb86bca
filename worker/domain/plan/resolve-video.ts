/** The file of a video output: which part of the source it shows, and what is made of it. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import type { VideoRequest } from "../job-spec.ts";
import { beyondEnd, isBeyondEnd } from "./image-times.ts";
import { resolveRendition } from "./resolve-rendition.ts";
import type { Resolved } from "./resolved.ts";

/** FFmpeg's demuxers that find a time but not the keyframe before it, which a copy has to begin with. */
const FORMATS_WITHOUT_INDEX: readonly string[] = ["mpegts", "mpeg", "ogg"];

/** A duration that reaches the end of the source is the same as none. */
export function resolveVideo(
  { rendition, picture, offsetSeconds, durationSeconds }: VideoRequest,
  media: MediaInfo,
): Resolved<{ rendition: RenditionSpec }> {
  if (media.durationSeconds !== null && isBeyondEnd(offsetSeconds, media.durationSeconds)) {
    return { ok: false, failure: beyondEnd(media.durationSeconds) };
  }
  const copied = [rendition.video, rendition.audio].some((track) => track?.codec === "copy");
  const isUnindexed = media.formatName.split(",").some((name) => FORMATS_WITHOUT_INDEX.includes(name));
  if (copied && offsetSeconds > 0 && isUnindexed) {
    return { ok: false, failure: { code: "copy_cut_not_possible" } };
  }
  const reachesEnd =
    durationSeconds === null ||
    (media.durationSeconds !== null && offsetSeconds + durationSeconds >= media.durationSeconds);
  const span = { startSeconds: offsetSeconds, durationSeconds: reachesEnd ? null : durationSeconds };
  return resolveRendition(rendition, picture, media, span, null);
}
