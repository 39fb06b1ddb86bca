/** The sound that a format asks for. */
import { audioBitrateRange, maxChannels } from "../../../encoder/contract/audio-limits.ts";
import {
  AUDIO_CODEC_FACTS,
  FLV_MP3_SAMPLE_RATES_HZ,
  type AudioCodec,
  type Container,
} from "../../../encoder/contract/formats.ts";
import type { RenditionFormat, SoundFormat } from "../job-spec.ts";
import { didYouMean, nameList } from "../name-list.ts";
import { shortened } from "../shown-value.ts";
import { audioCodecsOf, containersOfAudio, hasPicture } from "./format-facts.ts";
import { CODECS_WITHOUT_ENCODER } from "./format-names.ts";
import { AUDIO_SPECS, givenLabels, isAudioOff, type Report, type Specs } from "./format-specs.ts";
import { defaultAudioBitrateBps, defaultSampleRateHz } from "./output-presets.ts";
import { parseBitrate, parseSampleRate, type BitrateLimits } from "./spec-values.ts";

const CHANNELS: Readonly<Record<string, SoundFormat["channels"]>> = { mono: 1, stereo: 2, multi: "multi" };

/** Null without sound; undefined after a report. */
export function toAudio(
  container: Container,
  specs: Specs,
  report: Report,
): RenditionFormat["audio"] | undefined {
  const given = givenLabels(
    specs,
    AUDIO_SPECS.filter((name) => name !== "audio_codec"),
  );
  if (isAudioOff(specs) || specs.audio_codec === "copy") {
    if (given.length > 0) {
      const labels = nameList(given);
      const rule =
        specs.audio_codec === "copy"
          ? `copies the audio as it is, so that ${labels} cannot be set`
          : `has no audio, but sets ${labels} for it`;
      report(rule, { spec: "audio_codec" });
      return undefined;
    }
    return isAudioOff(specs) ? null : { codec: "copy" };
  }
  const codec = parseCodec(container, specs.audio_codec, report);
  return codec === undefined ? undefined : toSound(container, codec, specs, report);
}

function parseCodec(container: Container, text: string | undefined, report: Report): AudioCodec | undefined {
  const codecs = audioCodecsOf(container);
  const codec = text === undefined ? codecs[0] : codecs.find((known) => known === text);
  if (codec !== undefined || text === undefined) {
    return codec;
  }
  const carried = `${container} carries ${nameList(codecs)}`;
  if (CODECS_WITHOUT_ENCODER.includes(text)) {
    const rule = `asks for audio codec '${text}', which this service has no encoder for; ${carried}`;
    report(rule, { spec: "audio_codec" });
    return undefined;
  }
  // SAFETY: other names do not come through format-names.ts.
  const others = containersOfAudio(text as AudioCodec).filter(
    (other) => hasPicture(other) === hasPicture(container),
  );
  report(`asks for audio codec '${text}', which ${container} does not carry; ${carried}`, {
    spec: "audio_codec",
    advice: others.length === 0 ? undefined : `For ${text} use ${nameList(others.slice(0, 4), "or")}.`,
  });
  return undefined;
}

function toSound(
  container: Container,
  codec: AudioCodec,
  specs: Specs,
  report: Report,
): SoundFormat | undefined {
  const sampleRateHz =
    specs.sample_rate === undefined
      ? defaultSampleRateHz(codec)
      : parseSampleRate(specs.sample_rate, codec, sampleRatesOf(container, codec), report);
  const channels = parseChannels(specs.audio_channel ?? "stereo", report);
  const bitrateBps = parseSoundBitrate(container, { codec, sampleRateHz, channels }, specs, report);
  return bitrateBps === undefined || sampleRateHz === undefined || channels === undefined
    ? undefined
    : { codec, bitrateBps, sampleRateHz, channels };
}

function sampleRatesOf(container: Container, codec: AudioCodec): readonly number[] | null {
  return container === "flv" && codec === "mp3"
    ? FLV_MP3_SAMPLE_RATES_HZ
    : AUDIO_CODEC_FACTS[codec].sampleRatesHz;
}

/** What could be read of a sound; undefined after a report. */
type ReadSound = {
  codec: AudioCodec;
  sampleRateHz: number | undefined;
  channels: SoundFormat["channels"] | undefined;
};

function parseSoundBitrate(
  container: Container,
  sound: ReadSound,
  { audio_bitrate: text }: Specs,
  report: Report,
): number | null | undefined {
  const range = bitrateRange(sound);
  if (range === null) {
    if (text !== undefined) {
      report(`sets an audio bitrate, which ${sound.codec} does not have`, {
        spec: "audio_bitrate",
        advice: "Leave the bitrate out.",
      });
      return undefined;
    }
    return null;
  }
  return text === undefined
    ? defaultAudioBitrateBps(container)
    : parseBitrate(text, "audio_bitrate", range, report);
}

/** Of any number of channels with `multi`: the plan moves the bitrate to what the source's number takes. */
function bitrateRange({ codec, sampleRateHz, channels }: ReadSound): BitrateLimits | null {
  const { bitrateKbps } = AUDIO_CODEC_FACTS[codec];
  if (sampleRateHz === undefined || channels === undefined) {
    return bitrateKbps;
  }
  const [fewest, most] = channels === "multi" ? [1, maxChannels(codec)] : [channels, channels];
  const least = audioBitrateRange(codec, { sampleRateHz, channels: fewest });
  const largest = audioBitrateRange(codec, { sampleRateHz, channels: most });
  const layout = { 1: " in mono", 2: " in stereo", multi: "" }[channels];
  return (
    least &&
    largest && { min: least.min, max: largest.max, of: ` for ${codec} at ${sampleRateHz}hz${layout}` }
  );
}

function parseChannels(text: string, report: Report): SoundFormat["channels"] | undefined {
  const channels = Object.hasOwn(CHANNELS, text) ? CHANNELS[text] : undefined;
  if (channels === undefined) {
    const names = Object.keys(CHANNELS);
    report(`has channels '${shortened(text)}', which must be ${nameList(names, "or")}`, {
      spec: "audio_channel",
      advice: didYouMean(text, names),
    });
  }
  return channels;
}
