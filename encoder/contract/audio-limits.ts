/**
 * Which bitrates and channel layouts an audio codec takes, measured on FFmpeg 5.1 and 7.1 and bounded by the
 * standards. Outside of them an encoder fails, or silently writes something else.
 */
import {
  AUDIO_CODEC_FACTS,
  CHANNEL_LAYOUTS,
  type AudioCodec,
  type AudioCodecWithBitrate,
  type ChannelLayout,
} from "./formats.ts";

/** Kbit/s of all channels. */
export type BitrateRange = { min: number; max: number };

type Sound = { sampleRateHz: number; channels: number };

/**
 * The bitrates of a codec at one sample rate and number of channels; null for codecs without a bitrate. Between the
 * two every value is taken; codecs of fixed steps write the nearest.
 */
export function audioBitrateRange(codec: AudioCodec, sound: Sound): BitrateRange | null {
  return hasBitrate(codec) ? RANGES[codec](sound) : null;
}

/** The smallest layout of the codec that has a place for this many channels, else its largest. */
export function layoutFor(codec: AudioCodec, channels: number): ChannelLayout {
  const layouts: readonly ChannelLayout[] = AUDIO_CODEC_FACTS[codec].layouts;
  return layouts.find((layout) => CHANNEL_LAYOUTS[layout] >= channels) ?? layouts.at(-1) ?? "stereo";
}

/** Most channels that are written of the codec. */
export function maxChannels(codec: AudioCodec): number {
  return Math.max(...AUDIO_CODEC_FACTS[codec].layouts.map((layout) => CHANNEL_LAYOUTS[layout]));
}

function hasBitrate(codec: AudioCodec): codec is AudioCodecWithBitrate {
  return AUDIO_CODEC_FACTS[codec].bitrateKbps !== null;
}

/** From here on MPEG audio is MPEG-1; below it is MPEG-2's half rates, and below 16 kHz the unofficial 2.5. */
const MPEG_1_FROM_HZ = 32_000;
const MPEG_2_FROM_HZ = 16_000;

const RANGES: Readonly<Record<AudioCodecWithBitrate, (sound: Sound) => BitrateRange>> = {
  // A frame of 1024 samples holds at most 6144 bits a channel (ISO/IEC 14496-3, 4.5.3.1).
  aac: ({ sampleRateHz, channels }) => ({
    min: 8,
    max: Math.min(512, Math.floor((6 * sampleRateHz * channels) / 1000)),
  }),
  // ISO/IEC 11172-3 and 13818-3, tables of layer III; LAME goes up to 64 in MPEG-2.5.
  mp3: ({ sampleRateHz }) =>
    sampleRateHz >= MPEG_1_FROM_HZ
      ? { min: 32, max: 320 }
      : { min: 8, max: sampleRateHz >= MPEG_2_FROM_HZ ? 160 : 64 },
  // The same of layer II, whose MPEG-1 table depends on the channels.
  mp2: ({ sampleRateHz, channels }) => {
    if (sampleRateHz < MPEG_1_FROM_HZ) {
      return { min: 8, max: 160 };
    }
    return channels === 1 ? { min: 32, max: 192 } : { min: 64, max: 384 };
  },
  // Below 16 a channel FFmpeg finds no allocation for noise.
  ac3: ({ channels }) => ({ min: Math.max(32, 16 * channels), max: 640 }),
  vorbis: vorbisRange,
  // FFmpeg's limit of 256 a channel, libopus' of 512 in all.
  opus: ({ channels }) => ({ min: Math.max(8, 6 * channels), max: Math.min(510, 256 * channels) }),
  // The container pads the packets of less.
  wmav2: () => ({ min: 24, max: 320 }),
};

/**
 * libvorbis' tables of modes: from this rate on, kbit/s a channel, coupled (two channels, at 44.1 kHz six) and
 * uncoupled. @see https://gitlab.xiph.org/xiph/vorbis/-/tree/main/lib/modes (rate_mapping_*)
 */
const VORBIS_MODES = [
  { fromHz: 40_000, stereo: [22.5, 250], single: [32, 240], surround: [14, 240] },
  { fromHz: 26_000, stereo: [18, 190], single: [30, 190], surround: null },
  { fromHz: 19_000, stereo: [15, 86], single: [16, 90], surround: null },
  { fromHz: 15_000, stereo: [12, 100], single: [16, 100], surround: null },
  { fromHz: 9_000, stereo: [8, 50], single: [12, 50], surround: null },
  { fromHz: 0, stereo: [6, 42], single: [8, 42], surround: null },
] as const;

function vorbisRange({ sampleRateHz, channels }: Sound): BitrateRange {
  const modes = VORBIS_MODES.find(({ fromHz }) => sampleRateHz >= fromHz) ?? VORBIS_MODES[0];
  const coupled = channels === 2 ? modes.stereo : channels === 6 ? modes.surround : null;
  const [min, max] = coupled ?? modes.single;
  return { min: Math.ceil(min * channels), max: Math.min(512, Math.floor(max * channels)) };
}
