/** How long the sound of a stream lasts beside its picture. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { Span } from "../../../encoder/contract/output-spec.ts";
import { TICKS_PER_SECOND, type Timeline } from "../../../encoder/contract/timeline.ts";

/** What recorders and muxers let sound last behind a picture. More than that may be meant to be heard. */
const TAIL_SECONDS = 1;

/**
 * Ends with the picture: shorter sound is filled up with silence, a short tail is cut. The span as it is when the source
 * goes on for longer than that behind its picture, or when nothing is known of where the picture ends.
 *
 * @param timeline of the picture; null without one, and when it is not known.
 */
export function soundSpan(span: Span, { durationSeconds }: MediaInfo, timeline: Timeline | null): Span {
  if (timeline === null) {
    return span;
  }
  const { startSeconds } = span;
  const restSeconds =
    span.durationSeconds ?? (durationSeconds === null ? Infinity : durationSeconds - startSeconds);
  const pictureSeconds = (timeline.endTicks - timeline.zeroTicks) / TICKS_PER_SECOND - startSeconds;
  if (pictureSeconds <= 0 || restSeconds - pictureSeconds > TAIL_SECONDS) {
    return span;
  }
  return { startSeconds, durationSeconds: Math.min(pictureSeconds, span.durationSeconds ?? Infinity) };
}
