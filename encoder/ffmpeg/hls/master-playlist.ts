/** The master playlist of an HLS package (RFC 8216 §4.3.4). */
import type { Rational } from "../../contract/media-info.ts";

export type MasterVariant = {
  /** Path of the media playlist, relative to the master. */
  uri: string;
  targetDurationSeconds: number;
  segments: readonly { durationSeconds: number; sizeBytes: number }[];
  /** One per stream, such as `avc1.64001f`. */
  codecs: readonly string[];
  /** Null for a variant with sound only. */
  video: { widthPx: number; heightPx: number; frameRate: Rational | null } | null;
};

/** The text of the playlist, variants in the given order. */
export function masterPlaylist(variants: readonly MasterVariant[]): string {
  const entries = variants.flatMap((variant) => [`#EXT-X-STREAM-INF:${attributes(variant)}`, variant.uri]);
  return ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-INDEPENDENT-SEGMENTS", ...entries, ""].join("\n");
}

/**
 * Peak rate in bits per second as RFC 8216 §4.1 defines it: the highest of any run of segments that lasts between
 * half and one and a half target durations. So a last segment of two frames does not count by itself. A playlist
 * shorter than that has one run, all of it.
 */
export function peakBitrate(variant: Pick<MasterVariant, "segments" | "targetDurationSeconds">): number {
  const { segments, targetDurationSeconds } = variant;
  const rates = segments.flatMap((_, from) => runRates(segments, from, targetDurationSeconds));
  return rates.length > 0 ? rates.reduce((peak, rate) => Math.max(peak, rate)) : bitrate(total(segments));
}

/** Rates of the runs that start at this segment and have a length that counts. */
function runRates(segments: readonly Extent[], from: number, targetDurationSeconds: number): number[] {
  const rates: number[] = [];
  const run = { sizeBytes: 0, durationSeconds: 0 };
  for (let index = from; index < segments.length; index++) {
    run.sizeBytes += segments[index]?.sizeBytes ?? 0;
    run.durationSeconds += segments[index]?.durationSeconds ?? 0;
    if (run.durationSeconds > 1.5 * targetDurationSeconds) {
      break;
    }
    if (run.durationSeconds >= 0.5 * targetDurationSeconds) {
      rates.push(bitrate(run));
    }
  }
  return rates;
}

function attributes(variant: MasterVariant): string {
  const { video } = variant;
  const average = bitrate(total(variant.segments));
  return [
    `BANDWIDTH=${Math.max(peakBitrate(variant), average)}`,
    `AVERAGE-BANDWIDTH=${average}`,
    `CODECS="${variant.codecs.join(",")}"`,
    ...(video ? [`RESOLUTION=${video.widthPx}x${video.heightPx}`] : []),
    ...(video?.frameRate ? [`FRAME-RATE=${(video.frameRate.num / video.frameRate.den).toFixed(3)}`] : []),
  ].join(",");
}

type Extent = { sizeBytes: number; durationSeconds: number };

function total(segments: readonly Extent[]): Extent {
  return {
    sizeBytes: segments.reduce((sum, segment) => sum + segment.sizeBytes, 0),
    durationSeconds: segments.reduce((sum, segment) => sum + segment.durationSeconds, 0),
  };
}

function bitrate(extent: Extent): number {
  return Math.ceil((extent.sizeBytes * 8) / Math.max(extent.durationSeconds, 0.001));
}
