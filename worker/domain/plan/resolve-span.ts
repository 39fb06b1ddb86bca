/** Which part of the source an output shows. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { Span } from "../../../encoder/contract/output-spec.ts";
import { beyondEnd, isBeyondEnd } from "./image-times.ts";
import type { Resolved } from "./resolved.ts";

/** A duration that reaches the end of the source is the same as none. */
export function resolveSpan(
  { offsetSeconds, durationSeconds }: { offsetSeconds: number; durationSeconds: number | null },
  media: MediaInfo,
): Resolved<{ span: Span }> {
  if (media.durationSeconds !== null && isBeyondEnd(offsetSeconds, media.durationSeconds)) {
    return { ok: false, failure: beyondEnd(media.durationSeconds) };
  }
  const reachesEnd =
    durationSeconds === null ||
    (media.durationSeconds !== null && offsetSeconds + durationSeconds >= media.durationSeconds);
  return {
    ok: true,
    span: { startSeconds: offsetSeconds, durationSeconds: reachesEnd ? null : durationSeconds },
  };
}
