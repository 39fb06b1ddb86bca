/** What the tracks of a file say of themselves, and which subtitle tracks are text. */
import type { AudioTrack, Ffprobe, TrackLabel } from "../../contract/media-info.ts";
import { decodableAudio, isEncrypted } from "./choose-track.ts";
import { readCount, readObject, readText } from "./probe-tree.ts";
import { readCodec } from "./read-audio.ts";

type Stream = Ffprobe["streams"][number];
type LabelOnly = Omit<TrackLabel, "streamIndex" | "codec">;

/** The wire's own limit, and that of streams of a source. */
const MAX_TRACKS = 64;

/** A title is shown in menus of players. */
const MAX_TITLE_CHARS = 200;

/** Codecs of text by ffprobe's names. DVD, DVB and Blu-ray store pictures of text. */
const TEXT_CODECS = new Set(["subrip", "webvtt", "mov_text", "ass", "ssa", "text"]);

/** Every audio track that can be decoded, in the order of the file. */
export function readAudioTracks(streams: readonly Stream[]): AudioTrack[] {
  return decodableAudio(streams)
    .slice(0, MAX_TRACKS)
    .map(({ stream, info }) => ({ ...info, ...readLabel(stream) }));
}

/** Every subtitle track of text that nobody has encrypted, in the order of the file. */
export function readSubtitleTracks(streams: readonly Stream[]): TrackLabel[] {
  const tracks = streams.flatMap((stream): TrackLabel[] => {
    const streamIndex = readCount(stream, "index");
    const codec = readCodec(stream, "subtitle");
    const isText = streamIndex !== null && codec !== null && TEXT_CODECS.has(codec) && !isEncrypted(stream);
    return isText ? [{ streamIndex, codec, ...readLabel(stream) }] : [];
  });
  return tracks.slice(0, MAX_TRACKS);
}

function readLabel(stream: Stream): LabelOnly {
  const tags = readObject(stream, "tags");
  const disposition = readObject(stream, "disposition");
  return {
    language: readLanguage(readText(tags, "language")),
    title: readTitle(readText(tags, "title")),
    isDefault: readCount(disposition, "default") === 1,
    isForced: readCount(disposition, "forced") === 1,
  };
}

/** Shape of BCP 47 and ISO 639 tags; ends up in playlists and folder names, so nothing else may. */
const LANGUAGE = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;

/** The longest tag that RFC 5646 §4.4.1 asks everyone to take. */
const MAX_LANGUAGE_CHARS = 35;

/** ISO 639-2 for "undetermined". */
const UNDETERMINED = "und";

function readLanguage(tag: string | null): string | null {
  // A transport stream names the languages of both channels of dual mono.
  const [first = ""] = (tag ?? "").split(",");
  const language = first.trim();
  const isTag = LANGUAGE.test(language) && language.length <= MAX_LANGUAGE_CHARS;
  return isTag && language.toLowerCase() !== UNDETERMINED ? language : null;
}

function readTitle(text: string | null): string | null {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  const title = (text ?? "").replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return title === "" ? null : Array.from(title).slice(0, MAX_TITLE_CHARS).join("");
}
