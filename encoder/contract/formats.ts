/**
 * What an encoder can make: containers, codecs, pixel formats and channel layouts, by Coconut's names. Which of them go
 * together and what each stands for is in here once; the parser of format strings, the plan and FFmpeg's arguments all
 * read it.
 * @see https://docs.coconut.co/references/formats
 */

export const VIDEO_CODECS = [
  ...(["h264", "hevc", "av1", "vp8", "vp9", "theora"] as const),
  ...(["mpeg4", "xvid", "mpeg1video", "mpeg2video", "h263", "flv", "wmv1", "wmv2"] as const),
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
      ...(["mjpeg", "prores", "dnxhd", "huffyuv", "wmv1", "wmv2", "flv", "h263"] as const),
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
  m4a: { extensions: ["m4a"], video: [], audio: ["aac", "ac3"] },
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
type OutputMatrix = "bt709" | "bt601" | "rgb";

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
  /** Its encoder takes no smaller pictures: those get bars. */
  minFrame: { widthPx: number; heightPx: number };
  /** Nor longer sides. */
  maxSidePx: number;
  /** Highest bitrate and ceiling in kbit/s. */
  maxKbps: number;
};

/** 8192 x 4320, the largest picture that is decoded or encoded. A small PNG can claim a thousand times more. */
export const MAX_PICTURE_PIXELS = 8192 * 4320;

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

/** True for formats with transparency. */
export function hasAlpha(pixelFormat: PixelFormat): boolean {
  return pixelFormat === "rgba" || pixelFormat === "yuva444p10le";
}

/** The longest side of a picture of 8192 x 4320 pixels that is worth making: codecs and memory end here. */
export const MAX_PICTURE_SIDE_PX = 16_384;
/** Coconut's upper limit of a bitrate. */
export const MAX_VIDEO_KBPS = 199_999;

const limits = { maxSidePx: MAX_PICTURE_SIDE_PX, maxKbps: MAX_VIDEO_KBPS } as const;

const modern = {
  ...limits,
  matrix: "bt709",
  hasQuality: true,
  hasBitrate: true,
  hasTwoPasses: true,
  keepsFrameTimes: true,
  minFrame: { widthPx: 2, heightPx: 2 },
} as const;
const classic = {
  ...limits,
  matrix: "bt601",
  hasQuality: false,
  hasBitrate: true,
  hasTwoPasses: true,
  keepsFrameTimes: false,
  minFrame: { widthPx: 2, heightPx: 2 },
} as const;
const studio = {
  ...limits,
  matrix: "bt709",
  hasQuality: false,
  hasBitrate: false,
  hasTwoPasses: false,
  keepsFrameTimes: false,
  minFrame: { widthPx: 2, heightPx: 2 },
} as const;

export const VIDEO_CODEC_FACTS = {
  h264: { ...modern, pixelFormats: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"] },
  hevc: {
    ...modern,
    pixelFormats: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"],
    minFrame: { widthPx: 16, heightPx: 16 },
  },
  av1: {
    ...modern,
    pixelFormats: ["yuv420p", "yuv420p10le"],
    hasTwoPasses: false,
    minFrame: { widthPx: 64, heightPx: 64 },
    maxKbps: 100_000,
  },
  // Rate control of libvpx counts ticks of FFmpeg 5.1's clock as frames, so that a tick has to be one.
  vp8: { ...modern, pixelFormats: ["yuv420p"], matrix: "bt601", keepsFrameTimes: false, maxSidePx: 16_382 },
  vp9: {
    ...modern,
    pixelFormats: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"],
    keepsFrameTimes: false,
  },
  // FFmpeg 5.1 does not decode a single macroblock.
  theora: { ...classic, pixelFormats: ["yuv420p", "yuv422p"], minFrame: { widthPx: 18, heightPx: 18 } },
  mpeg4: { ...classic, pixelFormats: ["yuv420p"], maxSidePx: 8_190 },
  xvid: { ...classic, pixelFormats: ["yuv420p"], maxSidePx: 8_190 },
  // Its header has twelve bits for a side.
  mpeg1video: { ...classic, pixelFormats: ["yuv420p"], maxSidePx: 4_094 },
  mpeg2video: { ...classic, pixelFormats: ["yuv420p", "yuv422p"], maxSidePx: 4_094 },
  h263: { ...classic, pixelFormats: ["yuv420p"] },
  flv: { ...classic, pixelFormats: ["yuv420p"] },
  wmv1: { ...classic, pixelFormats: ["yuv420p"] },
  wmv2: { ...classic, pixelFormats: ["yuv420p"] },
  mjpeg: { ...classic, pixelFormats: ["yuvj420p", "yuvj422p"], hasTwoPasses: false },
  prores: { ...studio, pixelFormats: ["yuv422p10le", "yuva444p10le"] },
  // As DNxHR SQ, which has no table of sizes and rates.
  dnxhd: { ...studio, pixelFormats: ["yuv422p"], minFrame: { widthPx: 256, heightPx: 120 } },
  qtrle: { ...studio, pixelFormats: ["rgb24"], matrix: "rgb" },
  huffyuv: { ...studio, pixelFormats: ["yuv422p"], matrix: "bt601" },
} as const satisfies Record<VideoCodec, VideoCodecRow>;

/** The picture sizes of H.263, smallest first; it has no others. Pictures of other sizes get bars. */
export const H263_SIZES = [
  { widthPx: 128, heightPx: 96 },
  { widthPx: 176, heightPx: 144 },
  { widthPx: 352, heightPx: 288 },
  { widthPx: 704, heightPx: 576 },
  { widthPx: 1408, heightPx: 1152 },
] as const;

/** The frame rates of MPEG-1 and MPEG-2 video, ascending; they have no others. */
export const MPEG_FRAME_RATES = [
  { num: 24_000, den: 1001 },
  { num: 24, den: 1 },
  { num: 25, den: 1 },
  { num: 30_000, den: 1001 },
  { num: 30, den: 1 },
  { num: 50, den: 1 },
  { num: 60_000, den: 1001 },
  { num: 60, den: 1 },
] as const;

/** FLV has two bits for the rate of MP3 sound. */
export const FLV_MP3_SAMPLE_RATES_HZ: readonly number[] = [11_025, 22_050, 44_100];

/** These count frames instead of timing them, whatever the codec could. */
export const CONSTANT_RATE_CONTAINERS: readonly Container[] = ["avi", "3gp", "asf"];

type AudioCodecRow = {
  /** Layouts that every decoder gives back as they were, fewest channels first. */
  layouts: readonly [ChannelLayout, ...ChannelLayout[]];
  /**
   * Kbit/s of all channels that some rate and layout take; null for codecs without a bitrate. `audioBitrateRange` knows
   * what a given rate and number of channels takes.
   */
  bitrateKbps: { min: number; max: number } | null;
  /** In Hz, ascending; null takes every rate of the format strings. */
  sampleRatesHz: readonly number[] | null;
};

const MPEG_RATES_HZ = [16_000, 22_050, 24_000, 32_000, 44_100, 48_000] as const;
const ALL_RATES_HZ = [8_000, 11_025, ...MPEG_RATES_HZ] as const;

const STEREO_LAYOUTS = ["mono", "stereo"] as const;
const ALL_LAYOUTS = [...STEREO_LAYOUTS, "3.0", "quad", "5.0", "5.1", "6.1", "7.1"] as const;
const pcm = { layouts: ALL_LAYOUTS, bitrateKbps: null, sampleRatesHz: null } as const;

export const AUDIO_CODEC_FACTS = {
  // Four channels, seven and eight have no channel configuration that all decoders read alike (ISO/IEC 14496-3, table
  // 1.19): FFmpeg's 7.1 is the standard's 7.1 with front wides.
  aac: {
    layouts: [...STEREO_LAYOUTS, "3.0", "5.0", "5.1"],
    bitrateKbps: { min: 8, max: 512 },
    sampleRatesHz: ALL_RATES_HZ,
  },
  mp3: {
    layouts: STEREO_LAYOUTS,
    bitrateKbps: { min: 8, max: 320 },
    sampleRatesHz: ALL_RATES_HZ,
  },
  mp2: {
    layouts: STEREO_LAYOUTS,
    bitrateKbps: { min: 8, max: 384 },
    sampleRatesHz: MPEG_RATES_HZ,
  },
  ac3: {
    layouts: [...STEREO_LAYOUTS, "3.0", "quad", "5.0", "5.1"],
    bitrateKbps: { min: 32, max: 640 },
    sampleRatesHz: [32_000, 44_100, 48_000],
  },
  vorbis: {
    layouts: ALL_LAYOUTS,
    bitrateKbps: { min: 8, max: 512 },
    sampleRatesHz: ALL_RATES_HZ,
  },
  opus: {
    layouts: ALL_LAYOUTS,
    bitrateKbps: { min: 8, max: 510 },
    sampleRatesHz: [8_000, 16_000, 24_000, 48_000],
  },
  flac: { layouts: ALL_LAYOUTS, bitrateKbps: null, sampleRatesHz: null },
  wmav2: {
    layouts: STEREO_LAYOUTS,
    bitrateKbps: { min: 24, max: 320 },
    sampleRatesHz: ALL_RATES_HZ,
  },
  "pcm-s16le": pcm,
  "pcm-u8": pcm,
  "pcm-alaw": pcm,
} as const satisfies Record<AudioCodec, AudioCodecRow>;

/** Codecs that are given a bitrate. */
export type AudioCodecWithBitrate = {
  [C in AudioCodec]: (typeof AUDIO_CODEC_FACTS)[C]["bitrateKbps"] extends null ? never : C;
}[AudioCodec];

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
