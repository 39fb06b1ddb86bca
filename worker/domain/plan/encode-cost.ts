/**
 * How much work media is, in CPU seconds of one core per second of source. Estimates: they decide how long a chunk
 * is and what share of the progress it has, never what comes out.
 */
import type { MediaInfo, Rational, VideoInfo } from "../../../encoder/contract/media-info.ts";
import type { RenditionSpec, VideoSpec } from "../../../encoder/contract/output-spec.ts";

/**
 * Pixels that one core decodes in a second. H.264 and HEVC as measured with FFmpeg 5.1 on a server core; what is
 * not listed counts as HEVC, because no usual codec is much slower.
 */
const DECODE_PX_PER_SECOND: Readonly<Record<string, number>> = { h264: 700e6, hevc: 350e6 };
const OTHER_DECODE_PX_PER_SECOND = 350e6;

/**
 * Pixels that one core encodes in a second: x264 `veryfast` at CRF 23, FFmpeg 5.1, on one shared core of a server.
 * Measured 53 million for a test pattern in motion and 32 million for a fractal zoom, both harder than most film.
 */
const ENCODE_PX_PER_SECOND: Readonly<Record<VideoSpec["codec"], number>> = { h264: 60e6 };

/** Two passes against one: 31 % more CPU in the same measurement. */
const TWO_PASS_FACTOR = 1.31;

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
  const pixels = video.frame.widthPx * video.frame.heightPx * fps(video.frameRate ?? source.frameRate);
  const passes = video.rate.mode === "bitrate" && video.rate.passes === 2 ? TWO_PASS_FACTOR : 1;
  return (passes * pixels) / ENCODE_PX_PER_SECOND[video.codec];
}

/** A whole-file encode of one rendition in CPU seconds, decoding included. */
export function wholeEncodeCost({ video, audio, span }: RenditionSpec, media: MediaInfo): number {
  const picture =
    video === null || media.video === null ? 0 : decodeCost(media.video) + encodeCost(video, media.video);
  const sound = audio === null ? 0 : AUDIO_CPU_PER_SECOND;
  // Of a source of unknown length the costs can still be compared with each other.
  const rest = media.durationSeconds === null ? 1 : media.durationSeconds - span.startSeconds;
  return (picture + sound) * Math.max(1, span.durationSeconds ?? rest);
}

function fps(rate: Rational | null): number {
  const { num, den } = rate ?? ASSUMED_RATE;
  return num / den;
}
