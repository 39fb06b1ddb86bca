/** Media playlists of HLS (RFC 8216 §4.3.2, §4.3.3): one per track. */
import {
  SEGMENT_SECONDS,
  SUBTITLE_FILE,
  type Licenses,
  type PublishedTrack,
  type SegmentList,
  type TransportKeys,
} from "../contract/stream.ts";
import { attributeList } from "./attribute-list.ts";
import { fragmentFile, INIT_FILE, transportFile } from "./file-names.ts";
import { licenseTags, segmentKeyTag } from "./key-tags.ts";
import { microsecondsText, segmentMicroseconds, segmentStarts } from "./track-times.ts";

/** EXT-X-MAP outside of I-frame playlists needs 6; players of fragmented MP4 all know 7. */
export const FRAGMENTS_VERSION = 7;

/** How a track lies in its folder: what is before the first segment, and what belongs to each. */
export type TrackForm = {
  version: number;
  /** Tags before the first segment. */
  headTags: readonly string[];
  segments: readonly { uri: string; tags: readonly string[] }[];
};

export function transportForm(
  { segments }: PublishedTrack,
  { version, keys }: { version: number; keys: TransportKeys | null },
): TrackForm {
  const listed = segments.map(({ number }) => ({
    uri: transportFile(number),
    tags: keys ? [segmentKeyTag(keys, number)] : [],
  }));
  return { version, headTags: [], segments: listed };
}

export function fragmentForm(track: PublishedTrack, licenses: Licenses | null): TrackForm {
  const map = `#EXT-X-MAP:${attributeList({ URI: INIT_FILE })}`;
  const listed = segmentStarts(track).map((start) => ({ uri: fragmentFile(start), tags: [] }));
  // The keys come after the map: it is never encrypted.
  const headTags = [map, ...(licenses ? licenseTags(licenses) : [])];
  return { version: FRAGMENTS_VERSION, headTags, segments: listed };
}

/** All segments of a track; an open one ends where more will follow. `targetSeconds` is the package's. */
export function mediaPlaylist(
  track: SegmentList,
  form: TrackForm,
  { targetSeconds, isOpen }: { targetSeconds: number; isOpen: boolean },
): string {
  const lengths = segmentMicroseconds(track);
  const entries = form.segments.flatMap(({ uri, tags }, index) => [
    ...tags,
    extinf(lengths[index] ?? 0),
    uri,
  ]);
  return playlist(form.version, [
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    `#EXT-X-PLAYLIST-TYPE:${isOpen ? "EVENT" : "VOD"}`,
    ...form.headTags,
    ...entries,
    ...(isOpen ? [] : ["#EXT-X-ENDLIST"]),
  ]);
}

/** The keyframe at the beginning of every segment, each shown until the next; null where their sizes are not known. */
export function iFramePlaylist(track: SegmentList, form: TrackForm, targetSeconds: number): string | null {
  const lengths = segmentMicroseconds(track);
  const sizes = track.segments.map(({ keyframeBytes }) => keyframeBytes);
  if (sizes.includes(null)) {
    return null;
  }
  const entries = form.segments.flatMap(({ uri, tags }, index) => [
    ...tags,
    extinf(lengths[index] ?? 0),
    `#EXT-X-BYTERANGE:${sizes[index]}@0`,
    uri,
  ]);
  return playlist(form.version, [
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-I-FRAMES-ONLY",
    ...form.headTags,
    ...entries,
    "#EXT-X-ENDLIST",
  ]);
}

/** One file that lasts as long as the stream; RFC 8216 §6.2.4 lets it have a target of its own. */
export function subtitlePlaylist(version: number, durationSeconds: number): string {
  const length = Math.max(1, Math.round(durationSeconds * 1e6));
  return playlist(version, [
    `#EXT-X-TARGETDURATION:${wholeSeconds(length)}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
    extinf(length),
    SUBTITLE_FILE,
    "#EXT-X-ENDLIST",
  ]);
}

/**
 * The target duration of a package: all its media playlists have the same (RFC 8216 §6.2.4), the longest of their
 * segments in whole seconds (§4.3.3.1). An open package has to keep what it announced before it knew them (§6.2.1), so
 * it announces a second more than segments are wanted to last. A segment is longer than that only around a gap in the
 * source's pictures; then the value rises.
 */
export function packageTargetSeconds(tracks: readonly SegmentList[], isOpen: boolean): number {
  return tracks
    .flatMap(segmentMicroseconds)
    .reduce((longest, length) => Math.max(longest, wholeSeconds(length)), isOpen ? SEGMENT_SECONDS + 1 : 1);
}

function wholeSeconds(microseconds: number): number {
  return Math.max(1, Math.round(microseconds / 1e6));
}

function extinf(microseconds: number): string {
  return `#EXTINF:${microsecondsText(microseconds)},`;
}

function playlist(version: number, lines: readonly string[]): string {
  return ["#EXTM3U", `#EXT-X-VERSION:${version}`, ...lines, ""].join("\n");
}
