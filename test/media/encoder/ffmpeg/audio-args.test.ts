import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { audioBitrateRange } from "../../../../encoder/contract/audio-limits.ts";
import {
  AUDIO_CODEC_FACTS,
  AUDIO_CODECS,
  CHANNEL_LAYOUTS,
  type AudioCodec,
  type ChannelLayout,
} from "../../../../encoder/contract/formats.ts";
import { audioArgs } from "../../../../encoder/ffmpeg/audio-args.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { lavfi } from "../../../support/make-clip.ts";
import { anAudioSpec } from "../../../support/output-specs.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

const RATES_HZ = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

/** Noise, which leaves an encoder no bits to save. */
function noise(layout: ChannelLayout): string {
  const channels = Array.from({ length: CHANNEL_LAYOUTS[layout] }, (_, n) => `0.5*(random(${n})*2-1)`);
  return `aevalsrc='${channels.join("|")}':s=48000:d=0.1:c=${layout}`;
}

/** All rates and layouts of a codec at the lowest and the highest bitrate that is offered for them. */
function extremes(codec: AudioCodec) {
  const { layouts, sampleRatesHz } = AUDIO_CODEC_FACTS[codec];
  const rates: readonly number[] = sampleRatesHz ?? [8_000, 48_000];
  return RATES_HZ.filter((rate) => rates.includes(rate)).flatMap((sampleRateHz) =>
    layouts.flatMap((layout, input) => {
      const channels = CHANNEL_LAYOUTS[layout];
      const range = audioBitrateRange(codec, { sampleRateHz, channels });
      const bitrates = range ? [range.min * 1000, range.max * 1000] : [null];
      return bitrates.map((bitrateBps) => ({
        input,
        audio: anAudioSpec({ codec, layout, sampleRateHz, bitrateBps, sourceChannels: channels }),
      }));
    }),
  );
}

describe("audioArgs, with real encoders", () => {
  it.each(AUDIO_CODECS)(
    "asks %s for nothing that it cannot do, at the ends of what is offered",
    async (codec) => {
      const inputs = AUDIO_CODEC_FACTS[codec].layouts.flatMap((layout) => lavfi(noise(layout)));
      const outputs = extremes(codec).flatMap(({ input, audio }) => [
        ...["-map", `${input}:a`, ...audioArgs(audio)],
        ...["-f", "null", "-"],
      ]);
      const run = execute(tools.ffmpegPath, ["-v", "error", ...inputs, ...outputs]);
      await expect(run).resolves.toEqual({ stdout: "", stderr: "" });
    },
  );
});
