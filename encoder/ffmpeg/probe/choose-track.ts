/**
 * Which of several tracks of a kind is taken: the first that the file marks as its default and FFmpeg can decode, else
 * the first that FFmpeg can decode. Encrypted tracks and unknown codecs are passed over.
 */
import type { AudioInfo, Ffprobe, VideoInfo } from "../../contract/media-info.ts";
import { readCount, readObject, readText } from "./probe-tree.ts";
import { readAudio } from "./read-audio.ts";
import { isAttachedPicture, readVideo } from "./read-video.ts";

type Stream = Ffprobe["streams"][number];
export type TrackType = "video" | "audio";
type Track<Info> = { stream: Stream; info: Info };

/** The video track of the source; cover art is none. */
export function chooseVideo(streams: readonly Stream[]): VideoInfo | null {
  return choose(decodable(streams, "video", readVideo));
}

/** The audio track of the source. */
export function chooseAudio(streams: readonly Stream[]): AudioInfo | null {
  return choose(decodableAudio(streams));
}

/** Every audio track that FFmpeg can decode, in the order of the file. */
export function decodableAudio(streams: readonly Stream[]): Track<AudioInfo>[] {
  return decodable(streams, "audio", readAudio);
}

/** The track that would be taken if FFmpeg could read all of them. Null without one of that kind. */
export function preferredTrack(streams: readonly Stream[], type: TrackType): Stream | null {
  const tracks = tracksOf(streams, type);
  return tracks.find(isDefault) ?? tracks[0] ?? null;
}

/** Sample entries of Common Encryption (ISO 23001-7) and of FairPlay. */
const ENCRYPTED_TAGS = new Set(["encv", "enca", "drms", "drmi"]);

/** True for a track whose bytes nobody can read without a key. */
export function isEncrypted(stream: Stream): boolean {
  return ENCRYPTED_TAGS.has(readText(stream, "codec_tag_string") ?? "");
}

function choose<Info>(tracks: readonly Track<Info>[]): Info | null {
  return (tracks.find(({ stream }) => isDefault(stream)) ?? tracks[0])?.info ?? null;
}

function decodable<Info>(
  streams: readonly Stream[],
  type: TrackType,
  read: (stream: Stream) => Info | null,
): Track<Info>[] {
  const tracks = tracksOf(streams, type).flatMap((stream) => {
    const info = isEncrypted(stream) ? null : read(stream);
    return info === null ? [] : [{ stream, info }];
  });
  // FFmpeg finds out no format of samples where it has no decoder, nor of a damaged track. One of these is a last resort.
  const known = tracks.filter(({ stream }) => hasSampleFormat(stream, type));
  return known.length > 0 ? known : tracks.filter(mayBeDecodable).slice(0, 1);
}

/** Codecs that FFmpeg knows by name and has no decoder for. */
const UNDECODABLE_CODECS = new Set(["vvc", "evc", "lcevc", "prores_raw", "mpegh_3d_audio", "ac4"]);

function mayBeDecodable({ stream }: { stream: Stream }): boolean {
  return !UNDECODABLE_CODECS.has(readText(stream, "codec_name") ?? "");
}

function hasSampleFormat(stream: Stream, type: TrackType): boolean {
  const format = readText(stream, type === "video" ? "pix_fmt" : "sample_fmt");
  return format !== null && format !== "unknown" && format !== "none";
}

function tracksOf(streams: readonly Stream[], type: TrackType): Stream[] {
  return streams.filter((stream) => readText(stream, "codec_type") === type && !isAttachedPicture(stream));
}

function isDefault(stream: Stream): boolean {
  return readCount(readObject(stream, "disposition"), "default") === 1;
}
