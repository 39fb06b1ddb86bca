import { describe, expect, it } from "vitest";
import type { AudioCodec } from "../../../../../encoder/contract/formats.ts";
import { resolveSound } from "../../../../../worker/domain/plan/resolve-sound.ts";
import { aSoundFormat } from "../../../../support/job-builders.ts";

const aTrack = (channels: number, channelLayout: string | null = null) => ({
  ...{ streamIndex: 3, codec: "aac", channels, channelLayout, sampleRateHz: 48_000, bitrateBps: null },
});

describe("resolveSound", () => {
  it.each([
    [1, "mono"],
    [2, "stereo"],
  ] as const)("gives %i channels as %s, whatever the source has", (channels, layout) => {
    for (const source of [aTrack(1), aTrack(2), aTrack(6, "5.1(side)")]) {
      const spec = resolveSound(aSoundFormat({ channels }), source);
      expect(spec).toMatchObject({ layout, sourceChannels: source.channels, sourceStreamIndex: 3 });
    }
  });

  it.each<[AudioCodec, number, string]>([
    ["aac", 1, "mono"],
    ["aac", 3, "3.0"],
    ["aac", 4, "5.0"],
    ["aac", 6, "5.1"],
    ["aac", 8, "5.1"],
    ["ac3", 4, "quad"],
    ["flac", 7, "6.1"],
    ["opus", 8, "7.1"],
    ["opus", 16, "7.1"],
    ["ac3", 8, "5.1"],
    ["ac3", 7, "5.1"],
    ["mp3", 6, "stereo"],
    ["opus", 5, "5.0"],
  ])("keeps as many channels as %s has, of %i as %s, with `multi`", (codec, channels, layout) => {
    expect(resolveSound(aSoundFormat({ codec, channels: "multi" }), aTrack(channels)).layout).toBe(layout);
  });

  it.each<[AudioCodec, number, number]>([
    ["aac", 44_100, 44_100],
    ["opus", 44_100, 48_000],
    ["opus", 11_025, 16_000],
    ["ac3", 8_000, 32_000],
    ["flac", 44_100, 44_100],
  ])("gives %s of %i Hz a rate that it has, %i Hz", (codec, sampleRateHz, expected) => {
    expect(resolveSound(aSoundFormat({ codec, sampleRateHz }), aTrack(2)).sampleRateHz).toBe(expected);
  });

  it("moves a bitrate to the nearest that the codec has for the source's channels", () => {
    const bitrateOf = (codec: AudioCodec, kbps: number, channels: number) =>
      resolveSound(aSoundFormat({ codec, channels: "multi", bitrateBps: 1000 * kbps }), aTrack(channels))
        .bitrateBps;
    expect(bitrateOf("vorbis", 128, 8)).toBe(256_000);
    expect(bitrateOf("aac", 512, 1)).toBe(264_000);
    expect(bitrateOf("aac", 128, 6)).toBe(128_000);
  });

  it("has no bitrate where the codec has none", () => {
    const format = aSoundFormat({ codec: "pcm-s16le", bitrateBps: null });
    expect(resolveSound(format, aTrack(2)).bitrateBps).toBeNull();
  });
});
