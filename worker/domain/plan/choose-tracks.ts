/** Which sounds and subtitles of the source a stream offers, and what players call them. */
import type { AudioTrack, MediaInfo, TrackLabel } from "../../../encoder/contract/media-info.ts";
import type { HttpstreamRequest, LanguageTag } from "../job-spec.ts";
import { languageName, parseLanguage, primaryLanguage } from "../language.ts";
import type { StreamSubtitle } from "../stream-record.ts";
import type { Resolved } from "./resolved.ts";

/** A chosen track with what players show of it. */
export type NamedTrack = { track: AudioTrack; language: LanguageTag | null; name: string };
export type NamedSubtitle = Omit<StreamSubtitle, "folder">;

/** Longer titles say more than players show. */
const MAX_NAME_CHARS = 100;

/** The chosen audio tracks, the default one first; empty for a source without sound. */
export function chooseSounds(
  wanted: HttpstreamRequest["audioTracks"],
  { audio, audioTracks }: MediaInfo,
): Resolved<{ tracks: NamedTrack[] }> {
  const byDefault =
    audioTracks.find(({ isDefault }) => isDefault) ??
    audioTracks.find(({ streamIndex }) => streamIndex === audio?.streamIndex);
  const ordered = [
    ...(byDefault === undefined ? [] : [byDefault]),
    ...audioTracks.filter((track) => track !== byDefault),
  ];
  if (wanted === "default") {
    return { ok: true, tracks: named(ordered.slice(0, 1), "Audio") };
  }
  const chosen = wanted === "all" ? ordered : inLanguages(ordered, wanted);
  return chosen.length > 0 || wanted === "all"
    ? { ok: true, tracks: named(chosen, "Audio") }
    : { ok: false, failure: { code: "audio_track_not_found", limit: whatThereIs(audioTracks) } };
}

/** Text tracks of the source in their order, then the files in theirs. One of them is the default at most. */
export function chooseSubtitles(
  { tracks: wanted, files }: HttpstreamRequest["subtitles"],
  { subtitleTracks }: MediaInfo,
): Resolved<{ subtitles: NamedSubtitle[] }> {
  const chosen =
    wanted === "none" ? [] : wanted === "all" ? subtitleTracks : inLanguages(subtitleTracks, wanted);
  if (chosen.length === 0 && Array.isArray(wanted)) {
    return { ok: false, failure: { code: "subtitle_track_not_found", limit: whatThereIs(subtitleTracks) } };
  }
  const ofFiles = files.map(({ source, ...label }): NamedSubtitle => ({
    ...label,
    from: { type: "file", source },
  }));
  const ofTracks = named(
    chosen,
    "Subtitles",
    ofFiles.map(({ name }) => name),
  ).map(({ track, language, name }): NamedSubtitle => ({
    language,
    name,
    isDefault: track.isDefault && !ofFiles.some(({ isDefault }) => isDefault),
    isForced: track.isForced,
    from: { type: "track", streamIndex: track.streamIndex },
  }));
  const all = [...ofTracks, ...ofFiles];
  const byDefault = all.find(({ isDefault }) => isDefault);
  return {
    ok: true,
    subtitles: all.map((subtitle) => ({ ...subtitle, isDefault: subtitle === byDefault })),
  };
}

/** In the order of the tracks: players list them so, and the default one stays first. */
function inLanguages<T extends TrackLabel>(tracks: readonly T[], wanted: readonly LanguageTag[]): T[] {
  const languages = wanted.map(primaryLanguage);
  return tracks.filter((track) => {
    const language = languageOf(track);
    return language !== null && languages.includes(primaryLanguage(language));
  });
}

/** Null when the file does not say, or says that it does not know. */
function languageOf({ language }: TrackLabel): LanguageTag | null {
  const tag = language === null ? null : parseLanguage(language);
  return tag === "und" ? null : tag;
}

function whatThereIs(tracks: readonly TrackLabel[]): string {
  const languages = [...new Set(tracks.map((track) => languageOf(track) ?? "an unknown language"))];
  return languages.length === 0 ? "it has none" : `it has ${languages.slice(0, 10).join(", ")}`;
}

/** The track's own title, else its language. Players tell tracks apart by their names, so each has one of its own. */
function named<T extends TrackLabel>(
  tracks: readonly T[],
  fallback: string,
  others: readonly string[] = [],
): { track: T; language: LanguageTag | null; name: string }[] {
  const taken = new Set(others);
  return tracks.map((track) => {
    const language = languageOf(track);
    const name = freeName(titleOf(track) ?? (language === null ? fallback : languageName(language)), taken);
    taken.add(name);
    return { track, language, name };
  });
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) {
    free = `${name} ${number}`;
  }
  return free;
}

/** Without what manifests cannot quote. */
function titleOf({ title }: TrackLabel): string | null {
  const text = (title ?? "").replace(/["\s\p{Cc}\p{Cs}]+/gu, " ").trim();
  return text === "" ? null : Array.from(text).slice(0, MAX_NAME_CHARS).join("").trim();
}
