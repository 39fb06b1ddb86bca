/** Reads the media playlists that ffmpeg's hls muxer writes, and compares those of one package. */
import type { Rational } from "../../contract/media-info.ts";

type PlaylistSegment = { name: string; durationSeconds: number };
export type MediaPlaylist = { targetDurationSeconds: number; segments: PlaylistSegment[] };

/** Segment starts of equal-rate renditions may differ by what six decimals round away, and by nothing more. */
const SAME_START_SECONDS = 0.001;

/** Null when the text is not a complete VOD playlist with at least one segment. */
export function parseMediaPlaylist(text: string): MediaPlaylist | null {
  const lines = text.split("\n").map((line) => line.trim());
  const target = Number(lines.find((line) => line.startsWith("#EXT-X-TARGETDURATION:"))?.split(":")[1]);
  const segments = lines.flatMap((line, index): PlaylistSegment[] => {
    const duration = /^#EXTINF:([\d.]+),/.exec(line);
    const name = lines[index + 1];
    return duration && name ? [{ name, durationSeconds: Number(duration[1]) }] : [];
  });
  const isComplete = lines[0] === "#EXTM3U" && lines.includes("#EXT-X-ENDLIST");
  return isComplete && target > 0 && segments.length > 0 ? { targetDurationSeconds: target, segments } : null;
}

type AlignedRendition = { playlist: MediaPlaylist; frameRate: Rational | null };

/**
 * True when renditions of one frame rate are cut at the same times, so that a player can switch at any segment.
 * Different rates have no common frames to cut at and are not compared.
 */
export function areAligned(renditions: readonly AlignedRendition[]): boolean {
  return renditions.every((one) =>
    renditions.every((other) => !isSameRate(one.frameRate, other.frameRate) || startsAlike(one, other)),
  );
}

function startsAlike(one: AlignedRendition, other: AlignedRendition): boolean {
  const starts = segmentStarts(one.playlist);
  const otherStarts = segmentStarts(other.playlist);
  return (
    starts.length === otherStarts.length &&
    starts.every((start, index) => Math.abs(start - (otherStarts[index] ?? Infinity)) <= SAME_START_SECONDS)
  );
}

function segmentStarts(playlist: MediaPlaylist): number[] {
  let seconds = 0;
  return playlist.segments.map(({ durationSeconds }) => {
    const start = seconds;
    seconds += durationSeconds;
    return start;
  });
}

function isSameRate(one: Rational | null, other: Rational | null): boolean {
  return one !== null && other !== null && one.num * other.den === other.num * one.den;
}
