import { describe, expect, it } from "vitest";
import { audioBitrateRange, layoutFor, maxChannels } from "../../../../encoder/contract/audio-limits.ts";
import { AUDIO_CODEC_FACTS, AUDIO_CODECS, CHANNEL_LAYOUTS } from "../../../../encoder/contract/formats.ts";

const RATES_HZ = [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

describe("audioBitrateRange", () => {
  it.each([
    ["aac", 8_000, 1, 8, 48],
    ["aac", 44_100, 2, 8, 512],
    ["mp3", 22_050, 2, 8, 160],
    ["mp3", 8_000, 1, 8, 64],
    ["mp2", 44_100, 1, 32, 192],
    ["mp2", 44_100, 2, 64, 384],
    ["ac3", 48_000, 6, 96, 640],
    ["vorbis", 44_100, 2, 45, 500],
    ["vorbis", 44_100, 6, 84, 512],
    ["vorbis", 8_000, 1, 8, 42],
    ["opus", 48_000, 1, 8, 256],
  ] as const)("knows what %s takes at %i Hz in %i channels", (codec, sampleRateHz, channels, min, max) => {
    expect(audioBitrateRange(codec, { sampleRateHz, channels })).toEqual({ min, max });
  });

  it("stays within the codec's row, and has none where the row has none", () => {
    for (const codec of AUDIO_CODECS) {
      const { bitrateKbps } = AUDIO_CODEC_FACTS[codec];
      for (const sampleRateHz of RATES_HZ) {
        for (let channels = 1; channels <= maxChannels(codec); channels++) {
          const range = audioBitrateRange(codec, { sampleRateHz, channels });
          expect(range === null).toBe(bitrateKbps === null);
          expect(range?.min ?? 0).toBeGreaterThanOrEqual(bitrateKbps?.min ?? 0);
          expect(range?.max ?? 0).toBeLessThanOrEqual(bitrateKbps?.max ?? 0);
          expect(range?.min ?? 0).toBeLessThanOrEqual(range?.max ?? 0);
        }
      }
    }
  });
});

describe("layoutFor", () => {
  it("gives every channel a place as far as the codec goes", () => {
    for (const codec of AUDIO_CODECS) {
      for (let channels = 1; channels <= 12; channels++) {
        const places = CHANNEL_LAYOUTS[layoutFor(codec, channels)];
        expect(places).toBeGreaterThanOrEqual(Math.min(channels, maxChannels(codec)));
        expect(places).toBeLessThanOrEqual(maxChannels(codec));
      }
    }
  });

  it("takes the next larger layout where the codec has none of that size", () => {
    expect([layoutFor("aac", 4), layoutFor("aac", 8), layoutFor("opus", 7)]).toEqual(["5.0", "5.1", "6.1"]);
  });
});
