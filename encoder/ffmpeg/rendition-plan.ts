/** What a finished file must be, derived from its plan and its source, and the comparison of the two. */
import { CHANNEL_LAYOUTS } from "../contract/formats.ts";
import type { AudioInfo, VideoInfo } from "../contract/media-info.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import type { TrackCodecs } from "./codec/container-args.ts";
import { audioCodecName, videoCodecName } from "./codec/encoded-names.ts";
import type { ProbedMedia } from "./probe/parse-probe.ts";
import { readNumber, readText } from "./probe/probe-tree.ts";
import { exactEndSeconds, timelineZero } from "./probe/source-timeline.ts";

/**
 * Containers disagree by a frame or two about where a stream ends. One second, or one percent of a long source, is
 * more than that and far less than what a file that broke off lacks.
 */
const TOLERANCE_SECONDS = 1;
const TOLERANCE_SHARE = 0.01;

/** A copied picture begins with a keyframe, which may come this long after the cut. */
const COPIED_CUT_SECONDS = 15;

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
  const isCutCopy = rendition.video?.codec === "copy" && rendition.span.startSeconds > 0;
  const tolerance = Math.max(TOLERANCE_SECONDS, exact * TOLERANCE_SHARE);
  return Math.max(0, exact - tolerance - (isCutCopy ? COPIED_CUT_SECONDS : 0));
}

/** Of the tracks of a rendition: what a copied one has is the source's to say. */
export function trackCodecs({ video, audio }: RenditionSpec, source: ProbedMedia): TrackCodecs {
  const copied = (streamIndex: number): string | null => {
    const stream = source.ffprobe.streams.find((each) => readNumber(each, "index") === streamIndex);
    return stream ? readText(stream, "codec_name") : null;
  };
  return {
    video: video?.codec === "copy" ? copied(video.sourceStreamIndex) : (video?.codec ?? null),
    audio: audio?.codec === "copy" ? copied(audio.sourceStreamIndex) : (audio?.codec ?? null),
  };
}

/**
 * The first way in which the file is not what was planned, for the log; null when it is right. Of copied tracks only
 * that they are there.
 */
export function findFlaw(rendition: RenditionSpec, result: ProbedMedia): string | null {
  const { video, audio, durationSeconds } = result.mediaInfo;
  const planned = { video: rendition.video !== null, audio: rendition.audio !== null };
  // Beside a picture there may be no sound: it ended before the span, or never began. Sound that FFmpeg could not
  // decode makes it fail.
  const isLacking = planned.video ? video === null : audio === null;
  if (isLacking || (video !== null && !planned.video) || (audio !== null && !planned.audio)) {
    return `streams: video ${video !== null}, audio ${audio !== null}`;
  }
  if (result.ffprobe.streams.length !== [video, audio].filter((stream) => stream !== null).length) {
    return `${result.ffprobe.streams.length} streams`;
  }
  return (
    (video && findVideoFlaw(rendition, video)) ??
    (audio && findAudioFlaw(rendition, audio)) ??
    (isTooLong(rendition, durationSeconds) ? `duration ${durationSeconds}` : null)
  );
}

function findVideoFlaw({ video: plan }: RenditionSpec, video: VideoInfo): string | null {
  if (plan === null || plan.codec === "copy") {
    return null;
  }
  const { frame, pixelFormat } = plan.picture;
  if (video.codec !== videoCodecName(plan.codec) || !isSamePixelFormat(video.pixelFormat, pixelFormat)) {
    return `video is ${video.codec} ${video.pixelFormat}`;
  }
  if (video.displayWidthPx !== frame.widthPx || video.displayHeightPx !== frame.heightPx) {
    return `video is ${video.displayWidthPx}x${video.displayHeightPx}`;
  }
  return null;
}

/** Two names of one layout: `yuvj` says the range besides, and ProRes with transparency is decoded to 12 bit. */
function isSamePixelFormat(found: string | null, planned: string): boolean {
  const plain = (name: string): string => name.replace("yuvj", "yuv").replace("444p12le", "444p10le");
  return found !== null && plain(found) === plain(planned);
}

function findAudioFlaw({ audio: plan, container }: RenditionSpec, audio: AudioInfo): string | null {
  if (plan === null || plan.codec === "copy") {
    return null;
  }
  return audio.codec !== audioCodecName(plan.codec, container) ||
    audio.channels !== CHANNEL_LAYOUTS[plan.layout]
    ? `audio is ${audio.codec} with ${audio.channels} channels`
    : null;
}

/** A frame of kept times may be shown for longer than the cut; everything else ends where it should. */
function isTooLong({ video, audio, span }: RenditionSpec, seconds: number | null): boolean {
  const isCopied = video?.codec === "copy" || audio?.codec === "copy";
  const lastFrameIsOpen = video !== null && (video.codec === "copy" || video.frameRate === null);
  return (
    span.durationSeconds !== null &&
    !isCopied &&
    !lastFrameIsOpen &&
    (seconds ?? 0) > span.durationSeconds + TOLERANCE_SECONDS
  );
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
