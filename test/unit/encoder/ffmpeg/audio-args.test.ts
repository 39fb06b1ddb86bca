import { describe, expect, it } from "vitest";
import { AUDIO_CODECS } from "../../../../encoder/contract/formats.ts";
import { audioArgs } from "../../../../encoder/ffmpeg/audio-args.ts";
import { anAudioSpec } from "../../../support/output-specs.ts";

const PLACED = "aresample=osr=48000:async=1:min_hard_comp=0.04:first_pts=0";

function filtersOf(sourceChannels: number, layout: Parameters<typeof anAudioSpec>[0] & object): string[] {
  const args = audioArgs(anAudioSpec({ sourceChannels, ...layout }));
  return args[args.indexOf("-af") + 1]?.split(",") ?? [];
}

describe("audioArgs", () => {
  it("keeps sound in its place, and gives codec, bitrate and rate", () => {
    expect(audioArgs(anAudioSpec())).toEqual([
      ...["-af", `${PLACED},aformat=channel_layouts=stereo`],
      ...["-c:a", "aac", "-b:a", "128000", "-ar", "48000"],
    ]);
  });

  it.each([
    ["mp3", ["libmp3lame"]],
    ["ac3", ["ac3"]],
    ["vorbis", ["libvorbis"]],
    ["opus", ["libopus"]],
    ["wmav2", ["wmav2"]],
    ["pcm-alaw", ["pcm_alaw"]],
    ["flac", ["flac", "-bits_per_raw_sample:a", "24"]],
  ] as const)("asks for %s by FFmpeg's name", (codec, encoder) => {
    const args = audioArgs(anAudioSpec({ codec }));
    const at = args.indexOf("-c:a") + 1;
    expect(args.slice(at, at + encoder.length)).toEqual(encoder);
  });

  it("gives no bitrate to codecs that have none", () => {
    for (const codec of AUDIO_CODECS) {
      expect(audioArgs(anAudioSpec({ codec, bitrateBps: null }))).not.toContain("-b:a");
    }
  });

  it.each([
    [44_100, 130, 128],
    [44_100, 384, 384],
    [22_050, 150, 144],
    [22_050, 8, 8],
  ])("takes the step of MP2 at %i Hz that is nearest to %i kbit/s", (sampleRateHz, kbps, step) => {
    const args = audioArgs(anAudioSpec({ codec: "mp2", sampleRateHz, bitrateBps: kbps * 1000 }));
    expect(args[args.indexOf("-b:a") + 1]).toBe(String(step * 1000));
  });

  it("names the order of channels of Opus where there are more than two", () => {
    const surround = anAudioSpec({ codec: "opus", layout: "5.1", sourceChannels: 6 });
    expect(audioArgs(surround).join(" ")).toContain("-c:a libopus -mapping_family 1");
    expect(audioArgs(anAudioSpec({ codec: "opus" }))).not.toContain("-mapping_family");
  });

  it("mixes many channels under a limiter that leaves the rest as it is", () => {
    const filters = filtersOf(6, { layout: "stereo" });
    expect(filters[1]).toBe("aformat=sample_fmts=fltp");
    expect(filters[2]).toMatch(/^pan=stereo\|c0=FL\+.*0\.7071\*FC.*0\.25\*LFE\|c1=FR\+/);
    expect(filters[3]).toBe("alimiter=level=0:limit=0.891:attack=5:release=100:latency=1");
  });

  it("mixes nothing where nothing is mixed", () => {
    for (const [channels, layout] of [
      [1, "mono"],
      [2, "stereo"],
    ] as const) {
      expect(filtersOf(channels, { layout })).toEqual([PLACED, `aformat=channel_layouts=${layout}`]);
    }
  });

  it("lays one channel on both sides at full level and halves two into one", () => {
    expect(filtersOf(1, { layout: "stereo" })[1]).toBe("pan=stereo|c0=c0|c1=c0");
    expect(filtersOf(2, { layout: "mono" })[1]).toBe("pan=mono|c0=0.5*c0+0.5*c1");
  });

  it("leaves channels in their places and sends those without one to a neighbour", () => {
    expect(filtersOf(8, { layout: "5.1" })[1]).toBe(
      "pan=5.1|FL<FL+FLC+WL+TFL|FR<FR+FRC+WR+TFR|FC<FC|LFE<LFE|BL<BL+SL+BC+TBL|BR<BR+SR+BC+TBR",
    );
    expect(filtersOf(10, { layout: "7.1" })[1]).toBe(
      "pan=7.1|FL<c0+c8|FR<c1+c9|FC<c2|LFE<c3|BL<c4|BR<c5|SL<c6|SR<c7",
    );
  });
});
