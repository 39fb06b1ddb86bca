/** From the sound that a format asks for to the sound that an encoder makes of this source. */
import { audioBitrateRange, layoutFor } from "../../../encoder/contract/audio-limits.ts";
import { AUDIO_CODEC_FACTS, CHANNEL_LAYOUTS, type AudioCodec } from "../../../encoder/contract/formats.ts";
import type { AudioInfo } from "../../../encoder/contract/media-info.ts";
import type { AudioSpec } from "../../../encoder/contract/output-spec.ts";
import type { SoundFormat } from "../job-spec.ts";

/**
 * The sound of `format` with the source's channels where it asks for them. How many that are is known only here, so
 * that a bitrate that the codec does not have for as many is moved to the nearest that it has.
 */
export function resolveSound(format: SoundFormat, source: AudioInfo): AudioSpec {
  const { codec } = format;
  const layout = layoutFor(codec, format.channels === "multi" ? source.channels : format.channels);
  const sampleRateHz = sampleRate(codec, format.sampleRateHz);
  return {
    codec,
    sourceStreamIndex: source.streamIndex,
    bitrateBps: bitrate(codec, format.bitrateBps, { sampleRateHz, channels: CHANNEL_LAYOUTS[layout] }),
    sampleRateHz,
    layout,
    sourceChannels: source.channels,
  };
}

/** The codec's own next higher rate when it does not have this one, so that nothing audible is lost. */
function sampleRate(codec: AudioCodec, wantedHz: number): number {
  const rates: readonly number[] | null = AUDIO_CODEC_FACTS[codec].sampleRatesHz;
  return rates === null ? wantedHz : (rates.find((rateHz) => rateHz >= wantedHz) ?? rates.at(-1) ?? wantedHz);
}

function bitrate(
  codec: AudioCodec,
  wantedBps: number | null,
  sound: { sampleRateHz: number; channels: number },
): number | null {
  const range = audioBitrateRange(codec, sound);
  return range === null || wantedBps === null
    ? wantedBps
    : Math.min(1000 * range.max, Math.max(1000 * range.min, wantedBps));
}
