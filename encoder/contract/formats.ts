/**
 * What an encoder can make: containers, codecs, pixel formats and channel layouts, by Coconut's names. Which of them go
 * together and what each stands for is in here once; the parser of format strings, the plan and FFmpeg's arguments all
 * read it.
 * @see https://docs.coconut.co/references/formats
 */

export const VIDEO_CODECS = [
  ...(["h264", "hevc", "av1", "vp8", "vp9", "theora"] as const),
  ...(["mpeg4", "xvid", "mpeg1video", "mpeg2video", "h263", "flv", "wmv1", "wmv2", "rv20"] as const),
  ...(["mjpeg", "prores", "dnxhd", "qtrle", "huffyuv"] as const),
] as const;
export type VideoCodec = (typeof VIDEO_CODECS)[number];

export const AUDIO_CODECS = [
  ...(["aac", "mp3", "mp2", "ac3", "vorbis", "opus", "flac", "wmav2"] as const),
  ...(["pcm-s16le", "pcm-u8", "pcm-alaw"] as const),
] as const;
export type AudioCodec = (typeof AUDIO_CODECS)[number];

type ContainerRow = {
  /** File name extensions, first the usual one. */
  extensions: readonly [string, ...string[]];
  /** Codecs that it carries, first its default. Empty for containers of sound. */
  video: readonly VideoCodec[];
  audio: readonly [AudioCodec, ...AudioCodec[]];
};

/** Containers of video and sound. `copy` goes into each of them where the source's codec does. */
export const CONTAINERS = {
  mp4: {
    extensions: ["mp4", "m4v"],
    video: ["h264", "hevc", "av1", "vp9", "mpeg4", "xvid", "mpeg2video", "mpeg1video", "mjpeg"],
    audio: ["aac", "mp3", "mp2", "ac3", "opus", "flac"],
  },
  webm: { extensions: ["webm"], video: ["vp8", "vp9", "av1"], audio: ["vorbis", "opus"] },
  mpegts: {
    extensions: ["ts", "m2ts", "mts"],
    video: ["h264", "hevc", "mpeg2video", "mpeg1video", "mpeg4"],
    audio: ["aac", "mp3", "mp2", "ac3", "opus"],
  },
  mov: {
    extensions: ["mov", "qt"],
    video: ["h264", "hevc", "prores", "dnxhd", "mjpeg", "mpeg4", "xvid", "qtrle", "mpeg2video", "h263"],
    audio: ["aac", "pcm-s16le", "pcm-u8", "pcm-alaw", "mp3", "mp2", "ac3"],
  },
  mkv: {
    extensions: ["mkv"],
    video: [
      ...([
        "h264",
        "hevc",
        "av1",
        "vp8",
        "vp9",
        "theora",
        "mpeg4",
        "xvid",
        "mpeg1video",
        "mpeg2video",
      ] as const),
      ...(["mjpeg", "prores", "dnxhd", "huffyuv", "wmv1", "wmv2", "flv", "h263", "rv20"] as const),
    ],
    audio: [
      ...(["aac", "mp3", "mp2", "ac3", "vorbis", "opus", "flac", "wmav2"] as const),
      "pcm-s16le",
      "pcm-u8",
      "pcm-alaw",
    ],
  },
  avi: {
    extensions: ["avi", "divx"],
    video: [
      "mpeg4",
      "xvid",
      "h264",
      "mjpeg",
      "huffyuv",
      "mpeg1video",
      "mpeg2video",
      "wmv1",
      "wmv2",
      "h263",
      "flv",
    ],
    audio: ["mp3", "mp2", "ac3", "aac", "wmav2", "pcm-s16le", "pcm-u8", "pcm-alaw"],
  },
  asf: { extensions: ["asf", "wmv"], video: ["wmv2", "wmv1", "mpeg4"], audio: ["wmav2", "mp3"] },
  flv: { extensions: ["flv"], video: ["flv", "h264"], audio: ["mp3", "aac"] },
  "3gp": { extensions: ["3gp", "3gpp"], video: ["h263", "h264", "mpeg4"], audio: ["aac"] },
  ogv: { extensions: ["ogv", "ogg"], video: ["theora"], audio: ["vorbis", "opus", "flac"] },
  ogg: { extensions: ["ogg", "oga", "opus"], video: [], audio: ["vorbis", "opus", "flac"] },
  aac: { extensions: ["aac"], video: [], audio: ["aac"] },
  mp3: { extensions: ["mp3"], video: [], audio: ["mp3"] },
  m4a: { extensions: ["m4a"], video: [], audio: ["aac", "ac3", "mp3"] },
  wav: { extensions: ["wav"], video: [], audio: ["pcm-s16le", "pcm-u8", "pcm-alaw"] },
  flac: { extensions: ["flac"], video: [], audio: ["flac"] },
} as const satisfies Record<string, ContainerRow>;
export type Container = keyof typeof CONTAINERS;

// SAFETY: the keys of a literal object are exactly its type's keys.
export const CONTAINER_NAMES = Object.keys(CONTAINERS) as [Container, ...Container[]];

type ImageRow = { extensions: readonly [string, ...string[]]; isAnimated: boolean };

/** Containers of pictures. */
export const IMAGE_CONTAINERS = {
  jpg: { extensions: ["jpg", "jpeg"], isAnimated: false },
  png: { extensions: ["png"], isAnimated: false },
  webp: { extensions: ["webp"], isAnimated: false },
  gif: { extensions: ["gif"], isAnimated: true },
  webp_anim: { extensions: ["webp"], isAnimated: true },
} as const satisfies Record<string, ImageRow>;
export type ImageContainer = keyof typeof IMAGE_CONTAINERS;

/** Matrix coefficients of what a codec writes: BT.709, or BT.601 where decoders know nothing else. */
export type OutputMatrix = "bt709" | "bt601" | "rgb";

type VideoCodecRow = {
  /** FFmpeg's pixel formats that Copra offers of it, first the default. */
  pixelFormats: readonly [PixelFormat, ...PixelFormat[]];
  matrix: OutputMatrix;
  /** `quality` and `maxrate` apply. */
  hasQuality: boolean;
  /** A bitrate applies; the others have a fixed quality. */
  hasBitrate: boolean;
  /** `2pass` applies. */
  hasTwoPasses: boolean;
  /** It keeps the frame times of a variable rate; the others count frames. */
  keepsFrameTimes: boolean;
};

/** Of a decoded or encoded picture, by FFmpeg's names. */
export const PIXEL_FORMATS = [
  ...([
    "yuv420p",
    "yuv422p",
    "yuv444p",
    "yuv420p10le",
    "yuv422p10le",
    "yuv444p10le",
    "yuva444p10le",
  ] as const),
  ...(["yuvj420p", "yuvj422p", "rgb24", "rgba"] as const),
] as const;
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

const modern = {
  matrix: "bt709",
  hasQuality: true,
  hasBitrate: true,
  hasTwoPasses: true,
  keepsFrameTimes: true,
} as const;
const classic = {
  matrix: "bt601",
  hasQuality: false,
  hasBitrate: true,
  hasTwoPasses: true,
  keepsFrameTimes: false,
} as const;
const studio = {
  matrix: "bt709",
  hasQuality: false,
  hasBitrate: false,
  hasTwoPasses: false,
  keepsFrameTimes: false,
} as const;

export const VIDEO_CODEC_FACTS = {
  h264: { ...modern, pixelFormats: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"] },
  hevc: { ...modern, pixelFormats: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"] },
  av1: { ...modern, pixelFormats: ["yuv420p", "yuv420p10le"], hasTwoPasses: false },
  vp8: { ...modern, pixelFormats: ["yuv420p"], matrix: "bt601" },
  vp9: { ...modern, pixelFormats: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"] },
  theora: { ...classic, pixelFormats: ["yuv420p", "yuv422p"] },
  mpeg4: { ...classic, pixelFormats: ["yuv420p"] },
  xvid: { ...classic, pixelFormats: ["yuv420p"] },
  mpeg1video: { ...classic, pixelFormats: ["yuv420p"] },
  mpeg2video: { ...classic, pixelFormats: ["yuv420p", "yuv422p"] },
  h263: { ...classic, pixelFormats: ["yuv420p"] },
  flv: { ...classic, pixelFormats: ["yuv420p"] },
  wmv1: { ...classic, pixelFormats: ["yuv420p"] },
  wmv2: { ...classic, pixelFormats: ["yuv420p"] },
  rv20: { ...classic, pixelFormats: ["yuv420p"], hasTwoPasses: false },
  mjpeg: { ...classic, pixelFormats: ["yuvj420p", "yuvj422p"], hasTwoPasses: false },
  prores: { ...studio, pixelFormats: ["yuv422p10le", "yuva444p10le"] },
  dnxhd: { ...studio, pixelFormats: ["yuv422p"] },
  qtrle: { ...studio, pixelFormats: ["rgb24"], matrix: "rgb" },
  huffyuv: { ...studio, pixelFormats: ["yuv422p"], matrix: "bt601" },
} as const satisfies Record<VideoCodec, VideoCodecRow>;

type AudioCodecRow = {
  /** Most channels that are written. */
  maxChannels: number;
  /** Kbit/s of all channels; null for codecs without a bitrate. */
  bitrateKbps: { min: number; max: number } | null;
  /** In Hz, ascending; null takes every rate of the format strings. */
  sampleRatesHz: readonly number[] | null;
};

const MPEG_RATES_HZ = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;

export const AUDIO_CODEC_FACTS = {
  // ISO/IEC 14496-3, table 1.18.
  aac: {
    maxChannels: 8,
    bitrateKbps: { min: 8, max: 512 },
    sampleRatesHz: [8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000],
  },
  mp3: {
    maxChannels: 2,
    bitrateKbps: { min: 8, max: 320 },
    sampleRatesHz: [8_000, 11_025, ...MPEG_RATES_HZ],
  },
  mp2: { maxChannels: 2, bitrateKbps: { min: 32, max: 384 }, sampleRatesHz: MPEG_RATES_HZ },
  ac3: { maxChannels: 6, bitrateKbps: { min: 32, max: 640 }, sampleRatesHz: [32_000, 44_100, 48_000] },
  vorbis: {
    maxChannels: 8,
    bitrateKbps: { min: 32, max: 500 },
    sampleRatesHz: [8_000, 11_025, ...MPEG_RATES_HZ],
  },
  opus: { maxChannels: 8, bitrateKbps: { min: 8, max: 510 }, sampleRatesHz: [8_000, 16_000, 24_000, 48_000] },
  flac: { maxChannels: 8, bitrateKbps: null, sampleRatesHz: null },
  wmav2: {
    maxChannels: 2,
    bitrateKbps: { min: 24, max: 320 },
    sampleRatesHz: [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000],
  },
  "pcm-s16le": { maxChannels: 8, bitrateKbps: null, sampleRatesHz: null },
  "pcm-u8": { maxChannels: 8, bitrateKbps: null, sampleRatesHz: null },
  "pcm-alaw": { maxChannels: 8, bitrateKbps: null, sampleRatesHz: null },
} as const satisfies Record<AudioCodec, AudioCodecRow>;

/** Channel layouts of outputs by FFmpeg's names, and how many channels each has. */
export const CHANNEL_LAYOUTS = {
  mono: 1,
  stereo: 2,
  "3.0": 3,
  quad: 4,
  "5.0": 5,
  "5.1": 6,
  "6.1": 7,
  "7.1": 8,
} as const;
export type ChannelLayout = keyof typeof CHANNEL_LAYOUTS;
// SAFETY: the keys of a literal object are exactly its type's keys.
export const CHANNEL_LAYOUT_NAMES = Object.keys(CHANNEL_LAYOUTS) as [ChannelLayout, ...ChannelLayout[]];
