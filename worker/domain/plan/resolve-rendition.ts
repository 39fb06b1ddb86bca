/**
 * From a format to the file that an encoder makes of this source. A track that the source lacks is left out, as FFmpeg
 * does; only when no track is left the output fails.
 */
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { Container } from "../../../encoder/contract/formats.ts";
import type { AudioInfo, MediaInfo, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type { CopiedTrack, RenditionSpec, Span } from "../../../encoder/contract/output-spec.ts";
import type { PictureRequest, RenditionFormat } from "../job-spec.ts";
import { isCopyable } from "./copyable.ts";
import { resolveSound } from "./resolve-sound.ts";
import { resolveVideoSpec } from "./resolve-video-spec.ts";
import type { Resolved } from "./resolved.ts";

/** They store a display matrix beside the picture. */
const KEEPS_ROTATION: readonly Container[] = ["mp4", "mov"];

export function resolveRendition(
  format: RenditionFormat,
  picture: PictureRequest,
  media: MediaInfo,
  span: Span,
): Resolved<{ rendition: RenditionSpec }> {
  const { container, isFragmented, keepsMetadata } = format;
  const video = resolveVideoTrack(format, picture, media.video);
  const audio = resolveAudioTrack(format, media.audio);
  if (!video.ok) {
    return video;
  }
  if (!audio.ok) {
    return audio;
  }
  if (video.track === null && audio.track === null) {
    return {
      ok: false,
      failure: { code: format.video === null ? "input_has_no_audio" : "input_has_no_video" },
    };
  }
  const tracks = { video: video.track, audio: audio.track };
  return { ok: true, rendition: { container, ...tracks, span, isFragmented, keepsMetadata } };
}

function resolveVideoTrack(
  { container, video: format }: RenditionFormat,
  picture: PictureRequest,
  source: VideoInfo | null,
): Resolved<{ track: RenditionSpec["video"] }> {
  if (format === null || source === null) {
    return { ok: true, track: null };
  }
  if (format.codec === "copy") {
    return source.rotationDegrees === 0 || KEEPS_ROTATION.includes(container)
      ? copiedTrack(container, "video", source)
      : copyFailure(source, `${container}, which cannot say that the picture is to be turned`);
  }
  const resolved = resolveVideoSpec({ format, picture, container }, source, null);
  return resolved.ok ? { ok: true, track: resolved.video } : resolved;
}

function resolveAudioTrack(
  { container, audio: format }: RenditionFormat,
  source: AudioInfo | null,
): Resolved<{ track: RenditionSpec["audio"] }> {
  if (format === null || source === null) {
    return { ok: true, track: null };
  }
  return format.codec === "copy"
    ? copiedTrack(container, "audio", source)
    : { ok: true, track: resolveSound(format, source) };
}

function copiedTrack(
  container: Container,
  kind: "video" | "audio",
  { codec, streamIndex }: VideoInfo | AudioInfo,
): Resolved<{ track: CopiedTrack }> {
  return isCopyable(container, kind, codec)
    ? { ok: true, track: { codec: "copy", sourceStreamIndex: streamIndex } }
    : copyFailure({ codec, streamIndex }, container);
}

function copyFailure(
  { codec, streamIndex }: Pick<VideoInfo, "codec" | "streamIndex">,
  limit: string,
): { ok: false; failure: Failure } {
  return { ok: false, failure: { code: "copy_not_possible", streamIndex, codec, limit } };
}
