/** What an encoder has to know besides the picture that it is asked for, and what most encoders are told alike. */
import type { Rational } from "../../contract/media-info.ts";
import type { VideoRate } from "../../contract/output-spec.ts";
import type { RateCap } from "./h264-level.ts";

export type Pass = { number: 1 | 2; statsName: string };

export type CodecPlan = {
  threads: number;
  /** The rate that the encoder assumes for its level and its rate control; null leaves that to FFmpeg. */
  rateHint: Rational | null;
  /** One of two passes, and the name of the statistics in FFmpeg's working directory; null for a single pass. */
  pass: Pass | null;
  /** Where a chunk's first frame stands on the output's clock; null for a whole file. */
  chunkStartSeconds: number | null;
};

/** Frames between two keyframes at most, of modern codecs: a player can enter every ten seconds. */
export const MAX_KEYFRAME_INTERVAL = "240";

/** An encoder's own limit for "never": only forced keyframes and the first one remain. */
const KEYFRAMES_ONLY_FORCED = "1000000";

/** B-frames of slower pictures would be stored longer before they are shown than streams and chunks have room for. */
const MIN_FPS_OF_B_FRAMES = 2;

/** Frames follow each other too slowly for B-frames, by what is known of their rate. */
export function isSlow(frameRate: Rational | null): boolean {
  return frameRate !== null && frameRate.num < MIN_FPS_OF_B_FRAMES * frameRate.den;
}

/** Less than half a tick, and more than what a product of decimals loses. */
const KEYFRAME_SLACK_SECONDS = 0.000001;

/**
 * With an interval, keyframes stand at the first frame at or after each multiple of it on the output's clock, and
 * nowhere else: equal in every rendition of the source, in one piece or in chunks. Without one the encoder chooses,
 * which costs fewer bits.
 */
export function keyframeArgs(intervalSeconds: number | null, startSeconds: number): string[] {
  if (intervalSeconds === null) {
    return [];
  }
  // FFmpeg counts `t` from the first frame that it encodes.
  const shift = (startSeconds + KEYFRAME_SLACK_SECONDS).toFixed(9).replace(/0+$/, "");
  const multiple = (time: string): string => `floor((${time}+${shift})/${intervalSeconds})`;
  return [
    "-force_key_frames",
    `expr:if(isnan(prev_forced_t),1,gt(${multiple("t")},${multiple("prev_forced_t")}))`,
    // No keyframes of the encoder's own at changes of scene or after 250 frames.
    "-sc_threshold",
    "0",
    "-g",
    KEYFRAMES_ONLY_FORCED,
  ];
}

/** The ceiling of a rate over a window of two of its seconds; null without one. */
export function capOf(rate: VideoRate): RateCap | null {
  const maxrateBps = rate.mode === "fixed" ? null : rate.maxrateBps;
  return maxrateBps === null ? null : { maxrateBps, bufferBits: 2 * maxrateBps };
}

export function capArgs(cap: RateCap | null): string[] {
  return cap === null
    ? []
    : ["-maxrate", String(Math.floor(cap.maxrateBps)), "-bufsize", String(Math.floor(cap.bufferBits))];
}

/** The average rate, or the factor of a constant quality. */
export function targetArgs(rate: VideoRate): string[] {
  switch (rate.mode) {
    case "bitrate":
      return ["-b:v", String(rate.bitrateBps)];
    case "quality":
      return ["-crf", String(rate.crf)];
    case "fixed":
      return [];
  }
}

/** FFmpeg's own statistics of two passes, for the encoders that leave them to it. */
export function passArgs(pass: Pass | null): string[] {
  return pass === null ? [] : ["-pass", String(pass.number), "-passlogfile", pass.statsName];
}
