/** From an `httpstream` request to the planned stream: what is encoded, what is packaged, and the keys of its manifests. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import { manifestName, SEGMENT_SECONDS, type PackageFormat } from "../../../encoder/contract/stream.ts";
import type { Timeline } from "../../../encoder/contract/timeline.ts";
import type { HlsRequest, HttpstreamRequest } from "../job-spec.ts";
import { objectKey } from "../object-location.ts";
import { packagePrefix } from "../package-claim.ts";
import type { FragmentsPackage, Stream, TransportPackage } from "../stream-record.ts";
import { resolveVariants, type ResolvedStream } from "./resolve-variants.ts";
import type { Resolved } from "./resolved.ts";
import { soundSpan } from "./sound-span.ts";
import { placeTracks } from "./stream-folders.ts";

/** A stream of unknown length may be a day long. */
const LONGEST_SECONDS = 86_400;

/**
 * @param storagePath prefix of every output path.
 * @param timeline of the source's picture; null when it is not known.
 */
export function planStream(
  request: HttpstreamRequest,
  storagePath: string,
  media: MediaInfo,
  timeline: Timeline | null,
): Resolved<{ stream: Stream }> {
  const resolved = resolveVariants(request, media);
  if (!resolved.ok) {
    return resolved;
  }
  const { hls, dash, playlistName } = request;
  const transport: TransportPackage | null = hls && {
    prefix: packagePrefix(storagePath, request.path, hls.path),
    version: hls.version,
    isLiveEdge: hls.isLiveEdge,
    encryption: hls.encryption && { ...hls.encryption, keyCount: keyCount(hls.encryption, resolved, media) },
  };
  const fragments: FragmentsPackage | null = dash && {
    prefix: packagePrefix(storagePath, request.path, dash.path),
    hasHls: dash.hasHls,
    encryption: dash.encryption,
    tiles: null,
  };
  const tracks = placeTracks(resolved, request);
  const { span } = resolved;
  const spans = { span, soundSpan: soundSpan(span, media, tracks.pictures.length === 0 ? null : timeline) };
  return { ok: true, stream: { ...spans, ...tracks, playlistName, transport, fragments } };
}

/** Formats of the manifests of a stream, in the order in which customers are told of them. */
export function manifestFormats({ hls, dash }: Pick<HttpstreamRequest, "hls" | "dash">): PackageFormat[] {
  return [
    ...(hls === null ? [] : ["hls" as const]),
    ...(dash === null ? [] : ["dash" as const]),
    ...(dash?.hasHls === true ? ["hlsfmp4" as const] : []),
  ];
}

/** Keys of the manifests in the order of `manifestFormats`. */
export function manifestKeys({ transport, fragments, playlistName }: Stream): string[] {
  const key = (prefix: string, format: PackageFormat) =>
    objectKey(prefix, manifestName(format, playlistName));
  return [
    ...(transport === null ? [] : [key(transport.prefix, "hls")]),
    ...(fragments === null ? [] : [key(fragments.prefix, "dash")]),
    ...(fragments?.hasHls === true ? [key(fragments.prefix, "hlsfmp4")] : []),
  ];
}

/** One for every so many segments; a segment more than the length comes to, because borders are rounded. */
function keyCount(
  { segmentsPerKey }: NonNullable<HlsRequest["encryption"]>,
  { span }: ResolvedStream,
  { durationSeconds }: MediaInfo,
): number {
  const rest = durationSeconds === null ? LONGEST_SECONDS : durationSeconds - span.startSeconds;
  const seconds = span.durationSeconds ?? Math.max(0, rest);
  return segmentsPerKey === null
    ? 1
    : Math.max(1, Math.ceil((Math.ceil(seconds / SEGMENT_SECONDS) + 1) / segmentsPerKey));
}
