import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layoutFor } from "../../../../encoder/contract/audio-limits.ts";
import {
  AUDIO_CODEC_FACTS,
  CHANNEL_LAYOUTS,
  type AudioCodec,
  type ChannelLayout,
  type Container,
} from "../../../../encoder/contract/formats.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import {
  channelSamples,
  LAYOUT_CHANNELS,
  toneLevels,
  tonesIn,
  type LayoutName,
} from "../../../support/channel-tones.ts";
import { lavfi, makeClip, makeTestDirectory, probeEntry } from "../../../support/make-clip.ts";
import { anAudioSpec, aRenditionSpec } from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

const AMPLITUDE = 0.1;

/** A sound file with a tone in each channel. WAV names the places of its channels. */
async function tones(layout: LayoutName, amplitude = AMPLITUDE): Promise<string> {
  const name = `${layout}-${amplitude}.wav`;
  return makeClip(directory.path, name, [...lavfi(tonesIn(layout, amplitude, 0.5)), "-c:a", "pcm_s24le"]);
}

type Wanted = { codec?: AudioCodec; layout: ChannelLayout; container?: Container; bitrateBps?: number };

/** The channels of what is made of a source with that layout. */
async function encode(sourcePath: string, sourceChannels: number, wanted: Wanted) {
  const { codec = "pcm-s16le", layout, container = "wav" } = wanted;
  const bitrateBps = AUDIO_CODEC_FACTS[codec].bitrateKbps === null ? null : (wanted.bitrateBps ?? 448_000);
  const ctx = await aWorkContext(directory.path);
  const audio = anAudioSpec({ codec, layout, bitrateBps, sourceStreamIndex: 0, sourceChannels });
  const rendition = aRenditionSpec({ container, video: null, audio });
  const work = { source: await sourceAt(sourcePath), rendition, threads: 1, watermarks: NO_WATERMARKS };
  const { path } = await encodeRendition(work, ctx);
  return { path, channels: await channelSamples(path, CHANNEL_LAYOUTS[layout]) };
}

const decibels = (ratio: number) => 20 * Math.log10(ratio);
const peak = (sound: Float32Array) => sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

const SURROUND = ["3.0", "quad", "5.1", "5.1(side)", "6.1", "7.1"] as const;

describe("encodeRendition, from many channels to two", () => {
  it.each(SURROUND)("lets every channel of %s be heard, on its own side", async (layout) => {
    const names = LAYOUT_CHANNELS[layout];
    const { channels } = await encode(await tones(layout), names.length, { layout: "stereo" });
    const [left = {}, right = {}] = channels.map((sound) => toneLevels(sound, layout));
    for (const name of names) {
      const [onLeft = 0, onRight = 0] = [left[name], right[name]].map((level = 0) => level / AMPLITUDE);
      const [own, other] = name.endsWith("R") ? [onRight, onLeft] : [onLeft, onRight];
      expect({ name, isHeard: own > 0.2 }).toEqual({ name, isHeard: true });
      const isShared = !/[LR]$/.test(name);
      const isFair = isShared ? Math.abs(decibels(own / other)) < 0.5 : other < 0.01;
      expect({ name, isFair }).toEqual({ name, isFair: true });
    }
    // The fronts are as loud as before, and so is dialogue: 0.707 on both sides is the centre's own power.
    expect(decibels((left["FL"] ?? 0) / AMPLITUDE)).toBeCloseTo(0, 1);
    if (left["FC"] !== undefined) {
      const power = (left["FC"] ** 2 + (right["FC"] ?? 0) ** 2) / AMPLITUDE ** 2;
      expect(10 * Math.log10(power)).toBeCloseTo(0, 1);
    }
  });

  it("keeps loud sound under full scale, and quiet sound as loud as before", async () => {
    const loud = await encode(await tones("5.1", 0.9), 6, { layout: "stereo" });
    for (const sound of loud.channels) {
      expect(peak(sound)).toBeLessThanOrEqual(0.892);
      expect(peak(sound)).toBeGreaterThan(0.8);
    }
    const quiet = await encode(await tones("5.1"), 6, { layout: "stereo" });
    expect(
      decibels((toneLevels(quiet.channels[0] ?? new Float32Array(), "5.1")["FC"] ?? 0) / 0.1),
    ).toBeCloseTo(-3, 1);
  });

  it("moves nothing in time", async () => {
    const late = await makeClip(directory.path, "late.wav", [
      ...lavfi("aevalsrc='0|0|if(gte(t,0.5),0.5,0)|0|0|0':s=48000:d=1:c=5.1"),
    ]);
    const { channels } = await encode(late, 6, { layout: "stereo" });
    for (const sound of channels) {
      expect(sound).toHaveLength(48_000);
      expect(sound.findIndex((sample) => Math.abs(sample) > 0.1)).toBe(24_000);
    }
  });

  it("mixes more channels than layouts have names, in the order of production", async () => {
    const many = await makeClip(directory.path, "ten.mkv", [
      ...lavfi(
        `aevalsrc='${Array.from({ length: 10 }, (_, n) => (n === 7 ? "0.2" : "0")).join("|")}':s=48000:d=1`,
      ),
      ...["-c:a", "pcm_s16le"],
    ]);
    const { channels } = await encode(many, 10, { layout: "stereo" });
    expect(channels.map((sound) => Number((sound[24_000] ?? 0).toFixed(2)))).toEqual([0, 0.1]);
  });
});

describe("encodeRendition, to and from one channel", () => {
  it("fills both sides with one channel at its full level", async () => {
    const { channels } = await encode(await tones("mono"), 1, { layout: "stereo" });
    for (const sound of channels) {
      expect(decibels((toneLevels(sound, "mono")["FC"] ?? 0) / AMPLITUDE)).toBeCloseTo(0, 1);
    }
  });

  it("keeps both of two programmes that share a file, apart in stereo and together in mono", async () => {
    const source = await tones("stereo", 0.9);
    const [left = {}, right = {}] = (await encode(source, 2, { layout: "stereo" })).channels.map((sound) =>
      toneLevels(sound, "stereo"),
    );
    expect([left["FL"], left["FR"], right["FL"], right["FR"]]).toEqual(
      [0.9, 0, 0, 0.9].map((level) => expect.closeTo(level, 2)),
    );
    const [mono = new Float32Array()] = (await encode(source, 2, { layout: "mono" })).channels;
    expect(toneLevels(mono, "stereo")).toEqual({ FL: expect.closeTo(0.45, 2), FR: expect.closeTo(0.45, 2) });
    expect(peak(mono)).toBeLessThan(0.901);
  });

  it("lets every channel of 5.1 be heard in one", async () => {
    const [mono = new Float32Array()] = (await encode(await tones("5.1"), 6, { layout: "mono" })).channels;
    for (const level of Object.values(toneLevels(mono, "5.1"))) {
      expect(level).toBeGreaterThan(AMPLITUDE * 0.2);
    }
  });
});

const CARRIERS = [
  ["aac", "mp4"],
  ["aac", "mkv"],
  ["aac", "mpegts"],
  ["ac3", "mp4"],
  ["ac3", "mkv"],
  ["opus", "mkv"],
  ["opus", "mp4"],
  ["opus", "ogg"],
  ["vorbis", "webm"],
  ["vorbis", "ogg"],
  ["flac", "flac"],
  ["flac", "mp4"],
  ["pcm-s16le", "wav"],
  ["pcm-alaw", "wav"],
  ["pcm-s16le", "mov"],
] as const satisfies [AudioCodec, Container][];

describe("encodeRendition, with all channels", () => {
  it.each(CARRIERS)("leaves each channel of 5.1 in its place in %s in %s", async (codec, container) => {
    for (const source of ["5.1", "5.1(side)"] as const) {
      const wanted = { codec, container, layout: "5.1" } as const;
      const { channels, path } = await encode(await tones(source), 6, wanted);
      expect(await probeEntry(path, "a:0", "stream=channel_layout")).toMatch(/^5\.1(\(side\))?$/);
      expectInPlace(channels, source);
    }
  });

  it.each(["aac", "ac3", "opus", "vorbis", "flac"] as const)(
    "leaves each channel in its place in all layouts of %s",
    async (codec) => {
      for (const source of ["3.0", "quad", "5.0", "6.1", "7.1"] as const) {
        const layout = layoutFor(codec, LAYOUT_CHANNELS[source].length);
        if (CHANNEL_LAYOUTS[layout] < LAYOUT_CHANNELS[source].length) {
          continue;
        }
        const wanted = { codec, layout, container: codec === "flac" ? "flac" : "mkv" } as const;
        const { channels } = await encode(await tones(source), LAYOUT_CHANNELS[source].length, wanted);
        // AAC has no layout of four corners: its centre stays silent.
        expectInPlace(layout === "5.0" && source === "quad" ? without(channels, 2) : channels, source);
      }
    },
  );

  it("folds what a codec has no place for to its neighbours", async () => {
    const wanted = { codec: "ac3", layout: "5.1", container: "mkv" } as const;
    const { channels } = await encode(await tones("7.1"), 8, wanted);
    const [, , , , backLeft = {}, backRight = {}] = channels.map((sound) => toneLevels(sound, "7.1"));
    expect([backLeft["BL"], backLeft["SL"], backRight["BR"], backRight["SR"]]).toEqual(
      [0.05, 0.05, 0.05, 0.05].map((level) => expect.closeTo(level, 2)),
    );
  });
});

const without = (channels: Float32Array[], index: number) => channels.filter((_, at) => at !== index);

/** Each channel has its own tone at its own level, and no other. */
function expectInPlace(channels: Float32Array[], layout: LayoutName): void {
  channels.forEach((sound, index) => {
    // Vorbis is free with the lowest tones.
    const heard = Object.entries(toneLevels(sound, layout)).filter(([, level]) => level > AMPLITUDE * 0.1);
    expect(heard.map(([name]) => name)).toEqual([LAYOUT_CHANNELS[layout][index]]);
    expect(Math.abs(decibels((heard[0]?.[1] ?? 0) / AMPLITUDE))).toBeLessThan(2);
  });
}
