/**
 * How much work media is, in CPU seconds of one core per second of source. Estimates: they decide how long a chunk
 * is and what share of the progress it has, never what comes out.
 */
import type { VideoCodec } from "../../../encoder/contract/formats.ts";
import {
  isHdrOrWideGamut,
  type MediaInfo,
  type Rational,
  type VideoInfo,
} from "../../../encoder/contract/media-info.ts";
import type {
  AnimationSpec,
  ImageSpec,
  PictureSpec,
  RenditionSpec,
  VideoSpec,
} from "../../../encoder/contract/output-spec.ts";

/**
 * Pixels that one core decodes in a second. H.264 and HEVC as measured with FFmpeg 5.1 on a server core; what is
 * not listed counts as HEVC, because no usual codec is much slower.
 */
const DECODE_PX_PER_SECOND: Readonly<Record<string, number>> = { h264: 700e6, hevc: 350e6 };
const OTHER_DECODE_PX_PER_SECOND = 350e6;

/**
 * Pixels that one core encodes in a second, in CPU time of FFmpeg 5.1 on a shared server core, with the presets that the
 * encoder takes: three filmed clips at level 4 of `quality`, the older codecs at 1 to 4 Mbit/s, conversion of the pixel
 * format included. The machine was busy: ratios are good, the numbers only to about a third.
 */
const ENCODE_PX_PER_SECOND: Readonly<Record<VideoCodec, number>> = {
  h264: 60e6,
  hevc: 13e6,
  av1: 7.6e6,
  vp8: 75e6,
  vp9: 7e6,
  theora: 20e6,
  mpeg4: 255e6,
  xvid: 125e6,
  mpeg1video: 130e6,
  mpeg2video: 130e6,
  h263: 195e6,
  flv: 170e6,
  wmv1: 175e6,
  wmv2: 175e6,
  mjpeg: 120e6,
  prores: 8.7e6,
  dnxhd: 55e6,
  qtrle: 44e6,
  huffyuv: 135e6,
};

/** Two passes against one: 31 % more CPU in the same measurement. */
const TWO_PASS_FACTOR = 1.31;

/** Source pixels that one core deinterlaces in a second, and finished ones that it maps from HDR or a wide gamut. */
const DEINTERLACE_PX_PER_SECOND = 500e6;
const COLOUR_MAP_PX_PER_SECOND = 31e6;

/** Copying is reading and writing. */
const COPY_CPU_PER_SECOND = 1 / 1000;

/** Seconds of source that are decoded for one still picture: half of a usual distance between keyframes. */
const SEEK_SECONDS = 2;

/** FFmpeg's AAC encoder runs 55 times as fast as the sound. */
const AUDIO_CPU_PER_SECOND = 1 / 55;

/** A source that does not say its rate: the usual one on the fast side. */
const ASSUMED_RATE: Rational = { num: 30, den: 1 };

/** Decoding the picture once. */
export function decodeCost(source: VideoInfo): number {
  const speed = DECODE_PX_PER_SECOND[source.codec] ?? OTHER_DECODE_PX_PER_SECOND;
  return (source.widthPx * source.heightPx * fps(source.frameRate)) / speed;
}

/** Encoding the picture of one rendition, without decoding. */
export function encodeCost(video: VideoSpec, source: VideoInfo): number {
  const rate = fps(video.frameRate ?? source.frameRate);
  const { widthPx, heightPx } = video.picture.frame;
  const passes = video.rate.mode === "bitrate" && video.rate.passes === 2 ? TWO_PASS_FACTOR : 1;
  const encoding = (passes * widthPx * heightPx * rate) / ENCODE_PX_PER_SECOND[video.codec];
  return encoding + filterCost(video.picture, source, rate);
}

/** A whole-file encode of one rendition in CPU seconds, decoding included. */
export function wholeEncodeCost(
  { video, audio, span }: RenditionSpec,
  media: Pick<MediaInfo, "video" | "durationSeconds">,
): number {
  // Of a source of unknown length the costs can still be compared with each other.
  const rest = media.durationSeconds === null ? 1 : media.durationSeconds - span.startSeconds;
  const perSecond = pictureCost(video, media.video) + soundCost(audio);
  return perSecond * Math.max(1, span.durationSeconds ?? rest);
}

/** Taking still pictures, in CPU seconds. */
export function imagesCost({ atSeconds }: ImageSpec, { video }: Pick<MediaInfo, "video">): number {
  return video === null ? 1 : Math.max(1, atSeconds.length * SEEK_SECONDS * decodeCost(video));
}

/** Making a moving picture, in CPU seconds. */
export function animationCost({ excerpts }: AnimationSpec, { video }: MediaInfo): number {
  const seconds = excerpts.reduce((sum, { durationSeconds }) => sum + SEEK_SECONDS + durationSeconds, 0);
  return video === null ? 1 : Math.max(1, seconds * decodeCost(video));
}

function pictureCost(video: RenditionSpec["video"], source: VideoInfo | null): number {
  if (video === null || source === null) {
    return 0;
  }
  return video.codec === "copy" ? COPY_CPU_PER_SECOND : decodeCost(source) + encodeCost(video, source);
}

function soundCost(audio: RenditionSpec["audio"]): number {
  if (audio === null) {
    return 0;
  }
  return audio.codec === "copy" ? COPY_CPU_PER_SECOND : AUDIO_CPU_PER_SECOND;
}

/** What is done to a picture between decoder and encoder, where it counts beside them. */
function filterCost(picture: PictureSpec, source: VideoInfo, rate: number): number {
  const { frame, sourceColour, colour, deinterlace } = picture;
  const sourcePixels = source.widthPx * source.heightPx * fps(source.frameRate);
  const isMapped = isHdrOrWideGamut(sourceColour) && !isHdrOrWideGamut(colour);
  return (
    (deinterlace === "off" ? 0 : sourcePixels / DEINTERLACE_PX_PER_SECOND) +
    (isMapped ? (frame.scaledWidthPx * frame.scaledHeightPx * rate) / COLOUR_MAP_PX_PER_SECOND : 0)
  );
}

function fps(rate: Rational | null): number {
  const { num, den } = rate ?? ASSUMED_RATE;
  return num / den;
}
