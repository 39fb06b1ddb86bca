/** Sounds of one tone per channel, and which tone an encode has where, and how loud. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

/** Channels of FFmpeg's layouts, in its order. */
export const LAYOUT_CHANNELS = {
  mono: ["FC"],
  stereo: ["FL", "FR"],
  "3.0": ["FL", "FR", "FC"],
  quad: ["FL", "FR", "BL", "BR"],
  "5.0": ["FL", "FR", "FC", "BL", "BR"],
  "5.1": ["FL", "FR", "FC", "LFE", "BL", "BR"],
  "5.1(side)": ["FL", "FR", "FC", "LFE", "SL", "SR"],
  "6.1": ["FL", "FR", "FC", "LFE", "BC", "SL", "SR"],
  "7.1": ["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"],
} as const;
export type LayoutName = keyof typeof LAYOUT_CHANNELS;
type ChannelName = (typeof LAYOUT_CHANNELS)[LayoutName][number];

/** The tone of each channel in Hz: whole periods in a tenth of a second; the low channel's passes its filters. */
const TONES_HZ: Readonly<Record<ChannelName, number>> = {
  ...{ FL: 220, FR: 330, FC: 440, LFE: 60, BL: 660, BR: 770, SL: 880, SR: 990, BC: 1100 },
};

/** The `lavfi` graph of a sound whose channels have a tone each, of this amplitude. */
export function tonesIn(layout: LayoutName, amplitude: number, seconds: number): string {
  const terms = LAYOUT_CHANNELS[layout].map((name) => `${amplitude}*sin(2*PI*${TONES_HZ[name]}*t)`);
  return `aevalsrc='${terms.join("|")}':s=48000:d=${seconds}:c=${layout}`;
}

/** Samples of each channel of the file's first sound, from -1 to 1, at 48 kHz. */
export async function channelSamples(path: string, channelCount: number): Promise<Float32Array[]> {
  const args = ["-v", "error", "-i", `file:${path}`, "-map", "0:a:0", "-ar", "48000", "-f", "f32le", "-"];
  const { stdout } = await execute(tools.ffmpegPath, args, { encoding: "buffer", maxBuffer: 2 ** 28 });
  const all = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
  return Array.from({ length: channelCount }, (_, channel) =>
    all.filter((_sample, index) => index % channelCount === channel),
  );
}

/** Amplitude of each source channel's tone in a sound, without the first and last tenth of a second. */
export function toneLevels(sound: Float32Array, layout: LayoutName): Record<string, number> {
  const middle = sound.subarray(4_800, 4_800 * Math.floor(sound.length / 4_800 - 1));
  return Object.fromEntries(
    LAYOUT_CHANNELS[layout].map((name) => [name, toneLevel(middle, TONES_HZ[name])] as const),
  );
}

/** Amplitude of one frequency in a sound of 48 kHz. */
export function toneLevel(sound: Float32Array, frequencyHz: number): number {
  let [real, imaginary] = [0, 0];
  sound.forEach((sample, index) => {
    const angle = (2 * Math.PI * frequencyHz * index) / 48_000;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  return (2 * Math.hypot(real, imaginary)) / sound.length;
}
