/** The sound's part of an encode: its place in time, its channels, its codec. */
import type { AudioCodec } from "../contract/formats.ts";
import type { AudioSpec } from "../contract/output-spec.ts";
import { channelFilters } from "./audio/channel-filters.ts";
import { secondsArg } from "./input-guards.ts";

/**
 * Flags of the mapped audio stream: filters, codec, bitrate and rate. The filters end with the planned layout.
 *
 * @param leastSeconds silence follows a sound that ends earlier, counted from where FFmpeg reads from, or is all of it.
 */
export function audioArgs(audio: AudioSpec, leastSeconds: number | null = null): string[] {
  const { codec, sampleRateHz, layout } = audio;
  const filling = leastSeconds === null ? [] : [`apad=whole_dur=${secondsArg(leastSeconds)}`];
  const filters = [timeFilter(sampleRateHz), ...filling, ...channelFilters(audio)];
  return [
    ...["-af", [...filters, `aformat=channel_layouts=${layout}`].join(",")],
    ...encoderArgs(audio),
    ...(audio.bitrateBps === null
      ? []
      : ["-b:a", String(encodedBitrate(codec, sampleRateHz, audio.bitrateBps))]),
    "-ar",
    String(sampleRateHz),
  ];
}

/**
 * Sound keeps its place on the picture's time: `first_pts=0` fills a late start with silence and cuts what lies before
 * zero; `async=1` fills holes with silence instead of closing them. It does so from 40 ms on, the most that sound may
 * lead its picture (EBU R 37), where FFmpeg would let 100 ms pass: four lost packets of AAC. Less would turn the uneven
 * times of some recorders into gaps.
 */
function timeFilter(sampleRateHz: number): string {
  return `aresample=osr=${sampleRateHz}:async=1:min_hard_comp=0.04:first_pts=0`;
}

/** FFmpeg's names of Debian's encoders. AAC is FFmpeg's own, AAC-LC: Debian ships no other. */
const ENCODERS: Readonly<Record<AudioCodec, readonly string[]>> = {
  aac: ["aac"],
  mp3: ["libmp3lame"],
  mp2: ["mp2"],
  ac3: ["ac3"],
  vorbis: ["libvorbis"],
  opus: ["libopus"],
  // With `-strict -2`, which MP4 needs for FLAC, FFmpeg 7 would write 32 bits, which older decoders do not know.
  flac: ["flac", "-bits_per_raw_sample:a", "24"],
  wmav2: ["wmav2"],
  "pcm-s16le": ["pcm_s16le"],
  "pcm-u8": ["pcm_u8"],
  "pcm-alaw": ["pcm_alaw"],
};

function encoderArgs({ codec, layout }: AudioSpec): string[] {
  const isSurround = layout !== "mono" && layout !== "stereo";
  // Vorbis' channel order with coupling, which players know; FFmpeg's default leaves the meaning of channels open.
  const mapping = codec === "opus" && isSurround ? ["-mapping_family", "1"] : [];
  return ["-c:a", ...ENCODERS[codec], ...mapping];
}

/** Kbit/s of layer II: FFmpeg's encoder takes these alone, where LAME's takes the nearest (ISO/IEC 11172-3, 13818-3). */
const MP2_KBPS = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const MP2_HALF_RATE_KBPS = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

function encodedBitrate(codec: AudioCodec, sampleRateHz: number, bitrateBps: number): number {
  if (codec !== "mp2") {
    return bitrateBps;
  }
  const steps = sampleRateHz < 32_000 ? MP2_HALF_RATE_KBPS : MP2_KBPS;
  const distance = (kbps: number) => Math.abs(kbps * 1000 - bitrateBps);
  return 1000 * steps.reduce((best, kbps) => (distance(kbps) < distance(best) ? kbps : best));
}
