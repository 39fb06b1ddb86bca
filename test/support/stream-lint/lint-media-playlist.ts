/** Rules for one media playlist and the segments that it names (RFC 8216 §4.3.2, §4.3.3, §7). */
import type { Findings, StreamSource } from "./finding.ts";
import type { MediaPlaylist, PlaylistSegment } from "./read-playlist.ts";
import { nalUnits } from "./read-bitstream.ts";
import { boxesOf } from "./read-boxes.ts";
import { readTransport } from "./read-transport.ts";
import { attempt, readFragmentTrack, readTransportTrack, segmentBytes, type TrackFacts } from "./tracks.ts";

/** EXTINF is written to the microsecond, and clocks of 90 kHz round. */
const SAME_SECONDS = 0.001;

export function lintMediaText(playlist: MediaPlaylist, isOpen: boolean, findings: Findings): void {
  const { check, advise } = findings;
  const { url, text, segments, targetDuration, version, type, hasEnd } = playlist;
  check(text.startsWith("#EXTM3U\n"), "hls-header", url, "does not begin with #EXTM3U");
  check(text.split("#EXT-X-VERSION:").length === 2, "hls-header", url, "does not say one version");
  check(segments.length > 0, "hls-segments", url, "is empty");
  check(targetDuration !== null, "hls-target-duration", url, "has no target duration");
  const longest = Math.max(...segments.map(({ durationSeconds }) => Math.round(durationSeconds)));
  check(
    (targetDuration ?? 0) >= longest,
    "hls-target-duration",
    url,
    `${targetDuration} is below ${longest}`,
  );
  const expectedType = isOpen ? "EVENT" : "VOD";
  check(type === expectedType, "hls-type", url, `is ${type}, not ${expectedType}`);
  check(hasEnd === !isOpen, "hls-end", url, hasEnd ? "has an end though it is open" : "has no end");
  check(!text.includes("#EXT-X-DISCONTINUITY"), "hls-discontinuity", url, "has a discontinuity");
  check(version >= neededVersion(playlist), "hls-version", url, `${version} < ${neededVersion(playlist)}`);
  const names = new Set(segments.map((segment) => segment.url));
  check(names.size === segments.length, "hls-segments", url, "names a segment twice");
  const hasExactTimes = segments.every(
    ({ tags }) =>
      /^#EXTINF:\d+(\.\d+)?,/.test(tags.join("\n")) || tags.some((tag) => tag.startsWith("#EXTINF:")),
  );
  check(hasExactTimes, "hls-segments", url, "has a segment without EXTINF");
  const positive = segments.every(({ durationSeconds }) => durationSeconds > 0);
  check(positive, "hls-segments", url, "has a segment without a length");
  if (!playlist.isIFramesOnly && targetDuration !== null) {
    advise(
      targetDuration <= 6 || segments.length < 2,
      "apple-six-seconds",
      url,
      `target is ${targetDuration} s`,
    );
  }
}

/** RFC 8216 §7. */
function neededVersion({ text, isIFramesOnly }: MediaPlaylist): number {
  const needs: [boolean, number][] = [
    [/IV=/.test(text), 2],
    [/#EXTINF:\d+\.\d/.test(text), 3],
    [/#EXT-X-BYTERANGE|#EXT-X-I-FRAMES-ONLY/.test(text), 4],
    [/METHOD=SAMPLE-AES|KEYFORMAT=|#EXT-X-MAP/.test(text), 5],
    [/#EXT-X-MAP/.test(text) && !isIFramesOnly, 6],
  ];
  return Math.max(1, ...needs.map(([isUsed, version]) => (isUsed ? version : 1)));
}

/** Reads what the playlist names and compares it; null when it cannot be read. */
export async function lintMedia(
  playlist: MediaPlaylist,
  source: StreamSource,
  findings: Findings,
): Promise<TrackFacts | null> {
  const { check } = findings;
  const { url, segments } = playlist;
  const [first] = segments;
  const maps = new Set(segments.map(({ mapUrl }) => mapUrl));
  check(maps.size <= 1, "hls-map", url, "has several maps");
  const track = first?.mapUrl
    ? await readFragmentTrack(
        first.mapUrl,
        segments.map((segment) => segment.url),
        source,
        findings,
      )
    : await readTransportTrack(playlist, source, findings);
  if (track === null) {
    return null;
  }
  for (const { url, beginsWithKeyframe } of track.segments) {
    check(beginsWithKeyframe, "segment-keyframe", url, "does not begin with a keyframe");
  }
  lintDurations(playlist, track, findings);
  lintKeys(segments, track, url, findings);
  return track;
}

/** Where the media of each segment begins is where the playlist says. */
function lintDurations({ url, segments }: MediaPlaylist, track: TrackFacts, { check }: Findings): void {
  const [first] = track.segments;
  let listed = first?.startSeconds ?? 0;
  // A border may be off by a frame of sound in a transport stream: it is muxed to the picture's.
  const slack = track.kind === "transport" && !track.hasPicture ? 0.03 : SAME_SECONDS;
  segments.forEach((segment, index) => {
    const start = track.segments[index]?.startSeconds ?? NaN;
    check(
      Math.abs(start - listed) <= slack,
      "hls-duration",
      segment.url,
      `begins at ${start} s and is listed at ${listed} s`,
    );
    listed += segment.durationSeconds;
  });
  const end = track.segments.at(-1);
  if (end && end.durationSeconds !== null) {
    const media = end.startSeconds + end.durationSeconds;
    check(
      Math.abs(media - listed) <= slack,
      "hls-duration",
      url,
      `ends at ${listed} s, its media at ${media} s`,
    );
  }
}

function lintKeys(
  segments: readonly PlaylistSegment[],
  { init }: TrackFacts,
  where: string,
  { check }: Findings,
): void {
  const keys = segments.flatMap((segment) => segment.keys);
  const sample = keys.filter(({ METHOD }) => METHOD?.startsWith("SAMPLE-AES"));
  const method = init?.encryption?.scheme === "cbcs" ? "SAMPLE-AES" : "SAMPLE-AES-CTR";
  if (init?.encryption) {
    check(sample.length > 0, "hls-key", where, "names no key of its encrypted media");
    const isRight = sample.every((key) => key["METHOD"] === method);
    check(isRight, "hls-key", where, `is ${init.encryption.scheme}, which is ${method}`);
    const ids = sample.flatMap(({ KEYID }) => (KEYID ? [KEYID.replace(/^0x/i, "").toLowerCase()] : []));
    const { keyId } = init.encryption;
    check(
      ids.every((id) => id === keyId),
      "hls-key",
      where,
      `names key ${ids[0]}, the media ${keyId}`,
    );
  } else if (init) {
    check(sample.length === 0, "hls-key", where, "names a key of clear media");
  }
  for (const key of keys) {
    check((key["URI"] ?? "") !== "", "hls-key", where, `${key["METHOD"]} has no URI`);
  }
  const isPerSegment = segments.every(({ keys }) =>
    keys.every((key) => key["METHOD"] !== "AES-128" || key["IV"]),
  );
  check(isPerSegment, "hls-key", where, "has an AES-128 key without an IV");
}

/** Ranges hold one keyframe each, whole, and nothing after it. */
export async function lintIFrames(
  iFrames: MediaPlaylist,
  media: MediaPlaylist,
  source: StreamSource,
  findings: Findings,
): Promise<void> {
  const { check } = findings;
  const { url, segments, isIFramesOnly } = iFrames;
  check(isIFramesOnly, "hls-iframes", url, "does not say that it has I-frames only");
  const keysOf = (playlist: MediaPlaylist) => JSON.stringify(playlist.segments.map(({ keys }) => keys));
  check(keysOf(iFrames) === keysOf(media), "hls-iframes", url, "names other keys than the media's playlist");
  for (const segment of segments) {
    const { byteRange } = segment;
    const bytes = await segmentBytes(segment, source, findings, url);
    const isWithin =
      byteRange !== null && bytes !== null && byteRange.offset + byteRange.length <= bytes.length;
    if (!check(isWithin, "hls-iframes", segment.url, "has no byte range within the segment") || !bytes) {
      continue;
    }
    const range = bytes.subarray(0, byteRange?.length ?? 0);
    const problem = attempt(
      () => (segment.mapUrl ? fragmentRangeProblem(range, bytes) : transportRangeProblem(range)),
      "hls-iframes",
      segment.url,
      findings,
    );
    check(problem === null, "hls-iframes", segment.url, problem ?? "");
  }
  const total = (playlist: MediaPlaylist) =>
    playlist.segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const difference = Math.abs(total(iFrames) - total(media));
  check(
    difference <= SAME_SECONDS,
    "hls-iframes",
    url,
    `lasts ${difference} s longer or shorter than the media`,
  );
}

/** The first sample lies at the beginning of the media data: the range ends where it does. */
function fragmentRangeProblem(range: Buffer, segment: Buffer): string | null {
  const mdat = boxesOf(segment).find((box) => box.type === "mdat");
  return mdat && range.length > mdat.offset + 8 && range.length <= mdat.offset + mdat.size
    ? null
    : `ends at ${range.length}, outside of the media data`;
}

function transportRangeProblem(range: Buffer): string | null {
  const video = readTransport(range).streams.find(({ codec }) => codec !== "aac");
  if (!video) {
    return "has no picture in it";
  }
  return video.units.length === 1 && nalUnits(video.units[0]?.data ?? range).length > 1
    ? null
    : `has ${video.units.length} pictures in it`;
}
