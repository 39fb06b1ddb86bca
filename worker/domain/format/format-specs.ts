/**
 * The specs of a format: what can be said of an output's tracks, by the keys that the `format` hash has for it. A
 * format string and a hash are both read into specs, so that one can replace the other's.
 */

/** In the order in which a format string has them when Copra writes it. */
export const VIDEO_SPECS = ["resolution", "video_bitrate", "video_codec", "fps"] as const;
export const AUDIO_SPECS = ["audio_codec", "audio_bitrate", "sample_rate", "audio_channel"] as const;
export const OPTIONS = [
  ...(["quality", "maxrate", "vprofile", "level", "pix_fmt"] as const),
  ...(["2pass", "frag", "metadata"] as const),
] as const;
/** Options without a value. */
export const FLAGS = ["2pass", "frag"] as const;
/** Options that say how a picture is encoded. */
export const VIDEO_OPTIONS = ["quality", "maxrate", "vprofile", "level", "pix_fmt", "2pass"] as const;

export type SpecName = (typeof VIDEO_SPECS)[number] | (typeof AUDIO_SPECS)[number] | (typeof OPTIONS)[number];

/** As a format string writes them, in lower case, codecs by their canonical names; flags hold `""`. */
export type Specs = Partial<Record<SpecName, string>>;

/**
 * Notes a broken rule and comes back. `rule` ends a sentence that begins with the format; `spec` is the one that it
 * speaks of.
 */
export type Report = (rule: string, about?: { spec?: SpecName; advice?: string | undefined }) => void;

/** Passes on what is reported, and knows whether there was anything. */
export function listenTo(report: Report): { note: Report; isClean: () => boolean } {
  let isClean = true;
  const note: Report = (rule, about) => {
    isClean = false;
    report(rule, about);
  };
  return { note, isClean: () => isClean };
}

/** What messages call a spec. */
export const SPEC_LABELS: Readonly<Record<SpecName, string>> = {
  resolution: "resolution",
  video_bitrate: "video bitrate",
  video_codec: "video codec",
  fps: "frame rate",
  audio_codec: "audio codec",
  audio_bitrate: "audio bitrate",
  sample_rate: "sample rate",
  audio_channel: "channels",
  quality: "quality",
  maxrate: "maxrate",
  vprofile: "vprofile",
  level: "level",
  pix_fmt: "pix_fmt",
  "2pass": "2pass",
  frag: "frag",
  metadata: "metadata",
};

/** Of a track that is not wanted; `x` stands for both. */
const OFF = { video: ["x", "novideo"], audio: ["x", "noaudio"] } as const;

export function isVideoOff(specs: Specs): boolean {
  return isOneOf(specs.video_codec, OFF.video);
}

export function isAudioOff(specs: Specs): boolean {
  return isOneOf(specs.audio_codec, OFF.audio);
}

/** The labels of those of `names` that are given. */
export function givenLabels(specs: Specs, names: readonly SpecName[]): string[] {
  return names.filter((name) => specs[name] !== undefined).map((name) => SPEC_LABELS[name]);
}

/** A format string in one order: `container:resolution_bitrate_codec_fps:codec_bitrate_samplerate_channels:options`. */
export function formatText(container: string, specs: Specs, hasVideoPart: boolean): string {
  const part = (names: readonly SpecName[]) => names.flatMap((name) => specs[name] ?? []).join("_");
  const options = OPTIONS.flatMap((name) => {
    const value = specs[name];
    return value === undefined ? [] : [value === "" ? name : `${name}=${value}`];
  }).join(",");
  const video = hasVideoPart ? [part(VIDEO_SPECS)] : [];
  return [container, ...video, part(AUDIO_SPECS), options].join(":").replace(/:+$/, "");
}

function isOneOf(text: string | undefined, names: readonly string[]): boolean {
  return text !== undefined && names.includes(text);
}
