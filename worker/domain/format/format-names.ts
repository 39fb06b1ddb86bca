/**
 * Names that format strings have for containers and codecs besides the canonical ones of encoder/contract/formats.ts:
 * other spellings, and names that nothing can be made of.
 */
import {
  AUDIO_CODECS,
  CONTAINERS,
  IMAGE_CONTAINERS,
  VIDEO_CODECS,
  type AudioCodec,
  type Container,
  type ImageContainer,
  type VideoCodec,
} from "../../../encoder/contract/formats.ts";

/** Coconut's older names, some of which its own clients still send. */
const CONTAINER_ALIASES: Readonly<Record<string, Container | ImageContainer>> = {
  hls: "mpegts",
  divx: "avi",
  xvid: "avi",
  wmv: "asf",
  flash: "flv",
  theora: "ogv",
  jpeg: "jpg",
};

/** FFmpeg's `prores_ks` encodes both of Coconut's ProRes codecs. */
const VIDEO_CODEC_ALIASES: Readonly<Record<string, VideoCodec>> = { h265: "hevc", "prores-ks": "prores" };
const AUDIO_CODEC_ALIASES: Readonly<Record<string, AudioCodec>> = { pcm: "pcm-s16le" };

/** Coconut's codecs that FFmpeg has no encoder for as Debian ships it. */
export const CODECS_WITHOUT_ENCODER: readonly string[] = ["amr-nb", "svq3", "rv20"];
const AUDIO_WITHOUT_ENCODER: readonly string[] = ["amr-nb"];

/** `_` separates specs, but older names have it inside: `pcm_s16le` is read as `pcm-s16le`. */
const HYPHENATED = [
  ...AUDIO_CODECS,
  ...VIDEO_CODECS,
  ...Object.keys(VIDEO_CODEC_ALIASES),
  ...CODECS_WITHOUT_ENCODER,
].filter((name) => name.includes("-"));

export const VIDEO_CODEC_NAMES: readonly string[] = [...VIDEO_CODECS, "h265", "copy", "novideo"];
export const AUDIO_CODEC_NAMES: readonly string[] = [...AUDIO_CODECS, "pcm", "copy", "noaudio"];
export const CONTAINER_WORDS: readonly string[] = [
  ...Object.keys(CONTAINERS),
  ...Object.keys(IMAGE_CONTAINERS),
  "httpstream",
];

/** `text` in lower case. */
export function findContainer(
  text: string,
): { type: "video"; container: Container } | { type: "image"; container: ImageContainer } | null {
  const name = Object.hasOwn(CONTAINER_ALIASES, text) ? (CONTAINER_ALIASES[text] ?? text) : text;
  if (Object.hasOwn(CONTAINERS, name)) {
    // SAFETY: the key was just found in the table.
    return { type: "video", container: name as Container };
  }
  return Object.hasOwn(IMAGE_CONTAINERS, name)
    ? // SAFETY: likewise.
      { type: "image", container: name as ImageContainer }
    : null;
}

/** A container whose files have this extension: `ts` is not a container's name, but it can only mean one. */
export function containerOfExtension(extension: string): Container | null {
  // SAFETY: the keys of a literal object are exactly its type's keys.
  const names = Object.keys(CONTAINERS) as Container[];
  return names.find((name) => CONTAINERS[name].extensions.some((known) => known === extension)) ?? null;
}

/** The canonical name of a video codec, of `copy` and of what has no encoder; null for anything else. */
export function videoCodecName(text: string): string | null {
  const name = alias(VIDEO_CODEC_ALIASES, text);
  const isKnown =
    VIDEO_CODECS.some((codec) => codec === name) ||
    name === "copy" ||
    (CODECS_WITHOUT_ENCODER.includes(name) && !AUDIO_WITHOUT_ENCODER.includes(name));
  return isKnown ? name : null;
}

/** Likewise of an audio codec. */
export function audioCodecName(text: string): string | null {
  const name = alias(AUDIO_CODEC_ALIASES, text);
  const isKnown =
    AUDIO_CODECS.some((codec) => codec === name) || name === "copy" || AUDIO_WITHOUT_ENCODER.includes(name);
  return isKnown ? name : null;
}

/** Codec names with `_` inside are given their canonical `-`, so that a part can be split at its `_`. */
export function withHyphens(part: string): string {
  return HYPHENATED.reduce(
    (text, name) => text.replace(new RegExp(`(?<![^_])${name.replaceAll("-", "[-_]")}(?![^_])`, "g"), name),
    part,
  );
}

function alias<Name extends string>(aliases: Readonly<Record<string, Name>>, text: string): string {
  return Object.hasOwn(aliases, text) ? (aliases[text] ?? text) : text;
}
