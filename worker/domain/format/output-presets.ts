/**
 * Numbers that Coconut's names stand for: resolutions, default bitrates, rates and the default ladder. Sizes are boxes
 * in square pixels; null follows the aspect ratio.
 */
import type { AudioCodec, Container } from "../../../encoder/contract/formats.ts";
import type { Rational } from "../../../encoder/contract/media-info.ts";
import type { Resolution } from "../job-spec.ts";

type Preset = { resolution: Resolution; bitrateBps: number };

/**
 * Up to 576p only the height is fixed; from 720p on both sides are, so that other aspect ratios get black bars.
 * @see https://docs.coconut.co/references/formats
 */
export const RESOLUTION_PRESETS: Readonly<Record<string, Preset>> = {
  "240p": { resolution: { widthPx: null, heightPx: 240 }, bitrateBps: 500_000 },
  "360p": { resolution: { widthPx: null, heightPx: 360 }, bitrateBps: 800_000 },
  "480p": { resolution: { widthPx: null, heightPx: 480 }, bitrateBps: 1_000_000 },
  "540p": { resolution: { widthPx: null, heightPx: 540 }, bitrateBps: 1_000_000 },
  "576p": { resolution: { widthPx: null, heightPx: 576 }, bitrateBps: 1_000_000 },
  "720p": { resolution: { widthPx: 1280, heightPx: 720 }, bitrateBps: 2_000_000 },
  "1080p": { resolution: { widthPx: 1920, heightPx: 1080 }, bitrateBps: 4_000_000 },
  "2160p": { resolution: { widthPx: 3840, heightPx: 2160 }, bitrateBps: 8_000_000 },
};

/** The container standard of Coconut's formats page: what a format string leaves out. */
export const DEFAULT_VIDEO_BITRATE_BPS = 1_000_000;

/** Phones that play 3GP expect little sound. */
export function defaultAudioBitrateBps(container: Container): number {
  return container === "3gp" ? 32_000 : 128_000;
}

/** Opus has no 44100 Hz (RFC 6716, table 1). */
export function defaultSampleRateHz(codec: AudioCodec): number {
  return codec === "opus" ? 48_000 : 44_100;
}

/**
 * `0fps` keeps the source's rate. The NTSC rates are the exact fractions that their decimal names abbreviate. 24, 50 and
 * 59.94 are not on Coconut's list.
 */
export const FRAME_RATES: Readonly<Record<string, Rational | null>> = {
  "0": null,
  "15": { num: 15, den: 1 },
  "23.98": { num: 24_000, den: 1001 },
  "24": { num: 24, den: 1 },
  "25": { num: 25, den: 1 },
  "29.97": { num: 30_000, den: 1001 },
  "30": { num: 30, den: 1 },
  "50": { num: 50, den: 1 },
  "59.94": { num: 60_000, den: 1001 },
  "60": { num: 60, den: 1 },
};

/** Coconut's list without 22000 and 44000 Hz, which AAC cannot carry (ISO/IEC 14496-3, table 1.18). */
export const SAMPLE_RATES_HZ: readonly number[] = [
  8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
];

/** What `httpstream` encodes when it names no variants. @see https://docs.coconut.co/jobs/outputs-httpstream */
export const DEFAULT_VARIANTS: readonly string[] = [
  "mp4:x:64k",
  "mp4:240p::quality=4,maxrate=400k",
  "mp4:360p::quality=4,maxrate=1000k",
  "mp4:480p::quality=4,maxrate=1500K",
  "mp4:720p::quality=4,maxrate=2000k",
  "mp4:1080p::quality=4,maxrate=4000k",
  "mp4:2160p::quality=4,maxrate=8000k",
];

/** Coconut's limit for the width of a GIF: what was given above it is refused, what was not given is kept to it. */
export const MAX_GIF_WIDTH_PX = 500;
