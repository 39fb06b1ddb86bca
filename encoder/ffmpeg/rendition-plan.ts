/** What a finished MP4 must be, derived from its plan and its source, and the comparison of the two. */
import type { RenditionSpec } from "../contract/output-spec.ts";
import type { ProbedMedia } from "./probe/parse-probe.ts";
import { exactEndSeconds, timelineZero } from "./probe/source-timeline.ts";

/**
 * Containers disagree by a frame or two about where a stream ends. One second, or one percent of a long source, is
 * more than that and far less than what a file that broke off lacks.
 */
const TOLERANCE_SECONDS = 1;
const TOLERANCE_SHARE = 0.01;

/** Expected length, for progress and time limits; null when the source does not tell its own. */
export function estimateSeconds(rendition: RenditionSpec, source: ProbedMedia): number | null {
  return cutLength(rendition, source, source.mediaInfo.durationSeconds);
}

/** The shortest length that a whole result can have; 0 when the source's own length is only estimated. */
export function leastSeconds(rendition: RenditionSpec, source: ProbedMedia): number {
  const streams = [rendition.video, rendition.audio].flatMap((spec) =>
    spec ? [spec.sourceStreamIndex] : [],
  );
  const exact = cutLength(rendition, source, exactEndSeconds(source.ffprobe, streams)) ?? 0;
  return Math.max(0, exact - Math.max(TOLERANCE_SECONDS, exact * TOLERANCE_SHARE));
}

/** The first way in which the file is not what was planned, for the log; null when it is right. */
export function findFlaw(rendition: RenditionSpec, result: ProbedMedia): string | null {
  const { video, audio, durationSeconds } = result.mediaInfo;
  const size = rendition.video?.frame;
  if ((video !== null) !== (rendition.video !== null) || (audio !== null) !== (rendition.audio !== null)) {
    return `streams: video ${video !== null}, audio ${audio !== null}`;
  }
  if (result.ffprobe.streams.length !== [video, audio].filter((stream) => stream !== null).length) {
    return `${result.ffprobe.streams.length} streams`;
  }
  if (video && (video.codec !== "h264" || video.pixelFormat !== "yuv420p")) {
    return `video is ${video.codec} ${video.pixelFormat}`;
  }
  if (video && size && (video.displayWidthPx !== size.widthPx || video.displayHeightPx !== size.heightPx)) {
    return `video is ${video.displayWidthPx}x${video.displayHeightPx}`;
  }
  if (audio && (audio.codec !== "aac" || audio.channels !== rendition.audio?.channels)) {
    return `audio is ${audio.codec} with ${audio.channels} channels`;
  }
  return isTooLong(rendition, durationSeconds) ? `duration ${durationSeconds}` : null;
}

/** A frame of kept times may be shown for longer than the cut; everything else ends where it should. */
function isTooLong(rendition: RenditionSpec, seconds: number | null): boolean {
  const planned = rendition.span.durationSeconds;
  const lastFrameIsOpen = rendition.video !== null && rendition.video.frameRate === null;
  return planned !== null && !lastFrameIsOpen && (seconds ?? 0) > planned + TOLERANCE_SECONDS;
}

/** Length of the span within a source that ends there, in seconds from FFmpeg's zero; never negative. */
function cutLength(rendition: RenditionSpec, source: ProbedMedia, endSeconds: number | null): number | null {
  const { startSeconds, durationSeconds } = rendition.span;
  if (endSeconds === null) {
    return durationSeconds;
  }
  const left = Math.max(0, endSeconds - timelineZero(source) - startSeconds);
  return durationSeconds === null ? left : Math.min(left, durationSeconds);
}
