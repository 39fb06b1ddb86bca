/** The pictures and sounds of a stream: those variants that the source is worth, so that players can switch between them. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { Span } from "../../../encoder/contract/output-spec.ts";
import { FIRST_HLS_VERSION_WITH_RENDITIONS, SEGMENT_SECONDS } from "../../../encoder/contract/stream.ts";
import type { HlsRequest, HttpstreamRequest, SoundFormat } from "../job-spec.ts";
import type { StreamPicture, StreamSound } from "../stream-record.ts";
import { chooseSounds, chooseSubtitles, type NamedSubtitle, type NamedTrack } from "./choose-tracks.ts";
import { chooseVariants, type Variant } from "./choose-variants.ts";
import { resolveSound } from "./resolve-sound.ts";
import { resolveSpan } from "./resolve-span.ts";
import { resolveVideoSpec } from "./resolve-video-spec.ts";
import type { Resolved } from "./resolved.ts";

/** A stream without its places. */
export type ResolvedStream = {
  span: Span;
  pictures: Omit<StreamPicture, "folders">[];
  sounds: Omit<StreamSound, "folders">[];
  subtitles: NamedSubtitle[];
};

/** Each is an encode, and rows of the job's ledger. */
const MAX_SOUNDS = 64;

/** In the order of the master playlist, keyframes at equal times in all pictures. */
export function resolveVariants(request: HttpstreamRequest, media: MediaInfo): Resolved<ResolvedStream> {
  const span = resolveSpan(request, media);
  if (!span.ok) {
    return span;
  }
  const chosen = chooseVariants(request.variants, request.picture, media);
  if (!chosen.ok) {
    return chosen;
  }
  const tracks = chooseTracks(request, media);
  if (!tracks.ok) {
    return tracks;
  }
  const sounds = soundsOf(chosen.variants, tracks.sounds);
  if (sounds.length > MAX_SOUNDS) {
    const limit = `${sounds.length} sounds in a stream, ${MAX_SOUNDS} at most; ask for fewer 'audio_tracks', or variants with equal sound`;
    return { ok: false, failure: { code: "source_limits_exceeded", limit } };
  }
  const pictures = resolvePictures(request, chosen.variants, sounds, media);
  if (!pictures.ok) {
    return pictures;
  }
  return {
    ok: true,
    span: span.span,
    pictures: pictures.pictures,
    sounds: sounds.map(({ sound }) => sound),
    subtitles: tracks.subtitles,
  };
}

/** Without what no package could offer. */
function chooseTracks(
  request: HttpstreamRequest,
  media: MediaInfo,
): Resolved<{ sounds: NamedTrack[]; subtitles: NamedSubtitle[] }> {
  const sounds = chooseSounds(request.audioTracks, media);
  if (!sounds.ok) {
    return sounds;
  }
  const texts = chooseSubtitles(request.subtitles, media);
  if (!texts.ok) {
    return texts;
  }
  return offersTracks(request)
    ? { ok: true, sounds: sounds.tracks, subtitles: texts.subtitles }
    : { ok: true, sounds: sounds.tracks.slice(0, 1), subtitles: [] };
}

/** True when some package can offer languages and subtitles. */
function offersTracks({ hls, dash }: Pick<HttpstreamRequest, "hls" | "dash">): boolean {
  return dash !== null || (hls !== null && namesTracks(hls));
}

/** True when playlists of this version can name tracks beside the pictures. */
export function namesTracks({ version }: Pick<HlsRequest, "version">): boolean {
  return version >= FIRST_HLS_VERSION_WITH_RENDITIONS;
}

type ChosenSound = { format: string; sound: ResolvedStream["sounds"][number] };

/** Every distinct sound of the variants, each in all languages. */
function soundsOf(variants: readonly Variant[], tracks: readonly NamedTrack[]): ChosenSound[] {
  const formats = new Map<string, { format: SoundFormat; isRung: boolean }>();
  for (const { video, audio } of variants) {
    if (audio !== null) {
      const isRung = video === null || formats.get(formatName(audio))?.isRung === true;
      formats.set(formatName(audio), { format: audio, isRung });
    }
  }
  return [...formats].flatMap(([name, { format, isRung }]) =>
    tracks.map(({ track, language, name: trackName }, place) => ({
      format: name,
      sound: {
        audio: resolveSound(format, track),
        language,
        name: trackName,
        isDefault: place === 0,
        isRung: isRung && place === 0,
        isAlternate: tracks.length > 1,
      },
    })),
  );
}

function formatName({ codec, bitrateBps, sampleRateHz, channels }: SoundFormat): string {
  return JSON.stringify([codec, bitrateBps, sampleRateHz, channels]);
}

function resolvePictures(
  { picture }: HttpstreamRequest,
  variants: readonly Variant[],
  sounds: readonly ChosenSound[],
  { video: source }: MediaInfo,
): Resolved<{ pictures: ResolvedStream["pictures"] }> {
  const pictures: ResolvedStream["pictures"] = [];
  for (const { video: format, audio } of variants) {
    if (format !== null && source !== null) {
      const resolved = resolveVideoSpec({ format, picture, container: "mp4" }, source, SEGMENT_SECONDS);
      if (!resolved.ok) {
        return resolved;
      }
      const place = audio === null ? -1 : sounds.findIndex((sound) => sound.format === formatName(audio));
      pictures.push({
        video: resolved.video,
        sound: place < 0 ? null : place,
        frameRate: resolved.video.frameRate ?? source.frameRate,
      });
    }
  }
  return { ok: true, pictures };
}
