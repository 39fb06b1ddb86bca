/** The flags of a finished file, encoded or joined: its muxer, and what of the source's description it carries. */
import type { Container } from "../../contract/formats.ts";
import { fileUrl } from "../input-guards.ts";

type ContainerFlags = { muxer: string; flags: readonly string[] };

/** The index at the front lets a browser play before the whole file is there. */
const FAST_START = ["-movflags", "+faststart"];
const CUES_IN_FRONT = ["-cues_to_front", "1"];

const FLAGS: Readonly<Record<Container, ContainerFlags>> = {
  mp4: { muxer: "mp4", flags: FAST_START },
  mov: { muxer: "mov", flags: FAST_START },
  m4a: { muxer: "ipod", flags: FAST_START },
  "3gp": { muxer: "3gp", flags: FAST_START },
  webm: { muxer: "webm", flags: CUES_IN_FRONT },
  mkv: { muxer: "matroska", flags: CUES_IN_FRONT },
  mpegts: { muxer: "mpegts", flags: [] },
  // Sound that begins before zero, as encoders' silence does, would move the picture by whole frames.
  avi: { muxer: "avi", flags: ["-avoid_negative_ts", "disabled"] },
  asf: { muxer: "asf", flags: [] },
  // Players seek by this list.
  flv: { muxer: "flv", flags: ["-flvflags", "+add_keyframe_index"] },
  ogv: { muxer: "ogg", flags: [] },
  ogg: { muxer: "ogg", flags: [] },
  aac: { muxer: "adts", flags: [] },
  mp3: { muxer: "mp3", flags: [] },
  // Beyond 4 GiB the header of a plain one is wrong.
  wav: { muxer: "wav", flags: ["-rf64", "auto"] },
  flac: { muxer: "flac", flags: [] },
};

/**
 * Fragments begin with a keyframe; where there is no picture, every other second. The index waits for the first packets:
 * only then it can say where each track starts, and what AC-3 is made of.
 */
const FRAGMENTS = ["-movflags", "+frag_keyframe+empty_moov+delay_moov+default_base_moof"];
const SOUND_FRAGMENTS = ["-frag_duration", "2000000"];

const MOV_FAMILY: readonly Container[] = ["mp4", "mov", "m4a", "3gp"];

/** MP4 and its kin: one muxer by several names. */
export function isMovFamily(container: Container): boolean {
  return MOV_FAMILY.includes(container);
}

/** The tracks of a file by their codecs: ours, or for a copied one FFmpeg's names, which are the same where it matters. */
export type TrackCodecs = { video: string | null; audio: string | null };

type Description = { container: Container; keepsMetadata: boolean };

/**
 * What the source says of itself: titles, dates and languages travel or do not. Chapters would be wrong in a cut, and a
 * timecode tag would add a data track.
 */
export function descriptionArgs({ container, keepsMetadata }: Description): string[] {
  return [
    ...["-map_metadata", keepsMetadata ? "0" : "-1"],
    ...["-map_chapters", "-1"],
    ...(isMovFamily(container) ? ["-write_tmcd", "0"] : []),
  ];
}

type File = Description & { isFragmented: boolean; codecs: TrackCodecs; outputPath: string };

/** The file itself; the last flags of an output. */
export function containerArgs(file: File): string[] {
  const { container, codecs, isFragmented, keepsMetadata, outputPath } = file;
  const { muxer, flags } = FLAGS[container];
  const fragments = [...FRAGMENTS, ...(codecs.video === null ? SOUND_FRAGMENTS : [])];
  return [
    // A stream that starts minutes after the other keeps that one waiting: allow more packets than the default 128.
    ...["-max_muxing_queue_size", "4096"],
    ...(isFragmented && isMovFamily(container) ? fragments : flags),
    ...trackTagArgs(container, codecs.video),
    // FFmpeg 5.1 calls it an experiment; the mapping is fixed since 2018.
    ...(isMovFamily(container) && codecs.audio === "flac" ? ["-strict", "experimental"] : []),
    // The version that everything reads, or none: an empty tag would still name the muxer.
    ...(container === "mp3" ? ["-id3v2_version", keepsMetadata ? "3" : "0"] : []),
    ...["-f", muxer, fileUrl(outputPath)],
  ];
}

/** The four letters by which players know a track, where FFmpeg's choice is not theirs. */
export function trackTagArgs(container: Container, videoCodec: string | null): string[] {
  // Apple's players take HEVC under this name only.
  if (videoCodec === "hevc" && (container === "mp4" || container === "mov")) {
    return ["-tag:v", "hvc1"];
  }
  return videoCodec === "xvid" && container === "avi" ? ["-tag:v", "XVID"] : [];
}
