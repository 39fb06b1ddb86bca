/**
 * From what a customer asked for to what an encoder makes, once the source is known. Each function answers one
 * output; a source that cannot give it is a failure of that output alone.
 */
import type { AudioInfo, MediaInfo, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type {
  AudioSpec,
  ImageSpec,
  RenditionSpec,
  Span,
  VideoSpec,
} from "../../../encoder/contract/output-spec.ts";
import { chooseVariants } from "./choose-variants.ts";
import { frameSize } from "./frame-size.ts";
import { numberedPath } from "./image-sequence.ts";
import { beyondEnd, imageTimes, isBeyondEnd } from "./image-times.ts";
import type { HttpstreamRequest, ImageRequest, RenditionFormat, VideoRequest } from "../job-spec.ts";
import { QUALITY_CRF, VARIANT_KEYFRAME_INTERVAL_SECONDS } from "../format/output-presets.ts";
import type { Resolved } from "./resolved.ts";

/**
 * Ceiling of a bitrate output against its average: Apple's authoring guide allows on-demand video peaks of twice the
 * average. With less, a file that is half a still picture cannot spend its bits in the other half.
 */
export const MAXRATE_FACTOR = 2;

const WHOLE_SOURCE: Span = { startSeconds: 0, durationSeconds: null };

/**
 * The file of a video output. A track that the source lacks is left out, as FFmpeg does; only when no track is
 * left the output fails.
 */
export function resolveVideo(
  request: VideoRequest,
  media: MediaInfo,
): Resolved<{ rendition: RenditionSpec }> {
  const { offsetSeconds, durationSeconds } = request;
  if (media.durationSeconds !== null && isBeyondEnd(offsetSeconds, media.durationSeconds)) {
    return { ok: false, failure: beyondEnd(media.durationSeconds) };
  }
  const reachesEnd =
    durationSeconds === null ||
    (media.durationSeconds !== null && offsetSeconds + durationSeconds >= media.durationSeconds);
  const span = { startSeconds: offsetSeconds, durationSeconds: reachesEnd ? null : durationSeconds };
  return resolveRendition(request.rendition, media, span, null);
}

/** The pictures of an image output and their output paths, one per picture in the same order. */
export function resolveImage(
  request: ImageRequest,
  media: MediaInfo,
): Resolved<{ image: ImageSpec; paths: string[] }> {
  if (media.video === null) {
    return { ok: false, failure: { code: "input_has_no_video" } };
  }
  const times = imageTimes(request.sampling, media.durationSeconds);
  if (!times.ok) {
    return times;
  }
  const image: ImageSpec = {
    format: request.container,
    sourceStreamIndex: media.video.streamIndex,
    frame: frameSize(media.video, request.resolution),
    atSeconds: times.seconds,
  };
  return { ok: true, image, paths: times.seconds.map((_, index) => numberedPath(request.path, index + 1)) };
}

/** The renditions of a stream in the order of its master playlist, keyframes at equal times in all of them. */
export function resolveVariants(
  request: HttpstreamRequest,
  media: MediaInfo,
): Resolved<{ renditions: RenditionSpec[] }> {
  const renditions: RenditionSpec[] = [];
  for (const variant of chooseVariants(request.variants, media)) {
    const resolved = resolveRendition(variant, media, WHOLE_SOURCE, VARIANT_KEYFRAME_INTERVAL_SECONDS);
    if (!resolved.ok) {
      return resolved;
    }
    renditions.push(resolved.rendition);
  }
  return renditions.length > 0
    ? { ok: true, renditions }
    : { ok: false, failure: { code: media.video === null ? "input_has_no_video" : "input_has_no_audio" } };
}

function resolveRendition(
  format: RenditionFormat,
  media: MediaInfo,
  span: Span,
  keyframeIntervalSeconds: number | null,
): Resolved<{ rendition: RenditionSpec }> {
  const video =
    format.video === null || media.video === null
      ? null
      : resolvePicture(format.video, media.video, keyframeIntervalSeconds);
  const audio =
    format.audio === null || media.audio === null ? null : resolveSound(format.audio, media.audio);
  if (video === null && audio === null) {
    return {
      ok: false,
      failure: { code: format.video === null ? "input_has_no_audio" : "input_has_no_video" },
    };
  }
  return { ok: true, rendition: { container: format.container, video, audio, span } };
}

function resolvePicture(
  format: NonNullable<RenditionFormat["video"]>,
  source: VideoInfo,
  keyframeIntervalSeconds: number | null,
): VideoSpec {
  const { rate } = format;
  return {
    codec: format.codec,
    sourceStreamIndex: source.streamIndex,
    frame: frameSize(source, format.resolution),
    frameRate: format.frameRate,
    rate:
      rate.mode === "bitrate"
        ? { ...rate, maxrateBps: MAXRATE_FACTOR * rate.bitrateBps }
        : { mode: "quality", crf: QUALITY_CRF[rate.quality], maxrateBps: rate.maxrateBps },
    keyframeIntervalSeconds,
  };
}

function resolveSound(format: NonNullable<RenditionFormat["audio"]>, source: AudioInfo): AudioSpec {
  return { ...format, sourceStreamIndex: source.streamIndex };
}
