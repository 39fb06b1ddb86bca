/** What x264 is asked for, the same for whole files and for chunks but for what joining needs. */
import type { Rational } from "../contract/media-info.ts";
import type { VideoRate, VideoSpec } from "../contract/output-spec.ts";
import { h264Level } from "./h264-level.ts";
import { rationalArg } from "./rational-arg.ts";

/**
 * x264's speed. `veryfast` is about a third of `medium`'s work for some 10 % more bits at equal quality; anything
 * faster gives up B-frame decisions and shows it.
 */
const X264_PRESET = "veryfast";

/** x264's own limit for "never": only forced keyframes and the first one remain. */
const KEYFRAMES_ONLY_FORCED = "1000000";

/**
 * The first of two passes measures at constant quality: that says what each scene is worth, and comes nearer to the
 * wanted rate than a first pass that already aims at it.
 */
const FIRST_PASS_CRF = "23";

/**
 * How far a single pass may stray from its rate before x264 corrects it. Its own 1.0 missed by up to 8 % in a minute of
 * mixed scenes where this missed by 1 %, at the same SSIM.
 */
const RATE_TOLERANCE = "0.03";

/** Less than half a tick, and more than what a product of decimals loses. */
const KEYFRAME_SLACK_SECONDS = 0.000001;

export type X264Plan = {
  threads: number;
  /** The rate that x264 assumes for its level and its rate control; null leaves that to FFmpeg. */
  rateHint: Rational | null;
  /** One of two passes, and the name of the statistics in FFmpeg's working directory; null for a single pass. */
  pass: { number: 1 | 2; statsName: string } | null;
  /** Where a chunk's first frame stands on the output's clock; null for a whole file. */
  chunkStartSeconds: number | null;
};

/** Codec, speed, rate control and keyframes. */
export function x264Args(video: VideoSpec, plan: X264Plan): string[] {
  const isChunk = plan.chunkStartSeconds !== null;
  const params = [
    ...(isChunk ? ["stitchable=1", "open-gop=0"] : []),
    ...(video.rate.mode === "bitrate" && plan.pass === null ? [`ratetol=${RATE_TOLERANCE}`] : []),
    ...(plan.rateHint ? [`fps=${rationalArg(plan.rateHint)}`] : []),
    ...(plan.pass ? [`stats=${plan.pass.statsName}`] : []),
  ];
  return [
    "-c:v",
    "libx264",
    "-preset",
    X264_PRESET,
    "-profile:v",
    "high",
    // A level that followed each chunk's bits would give each chunk another header.
    ...(isChunk ? ["-level", chunkLevel(video, plan.rateHint)] : []),
    "-threads",
    String(plan.threads),
    ...(plan.pass ? ["-pass", String(plan.pass.number)] : []),
    ...(plan.pass?.number === 1 ? ["-crf", FIRST_PASS_CRF] : rateArgs(video.rate)),
    ...keyframeArgs(video.keyframeIntervalSeconds, plan.chunkStartSeconds ?? 0),
    ...(params.length > 0 ? ["-x264-params", params.join(":")] : []),
  ];
}

/** Share of the time of two passes that the first one takes. */
export const FIRST_PASS_SHARE = 0.4;

/** True when a rate is spent in two passes over the picture. */
export function takesTwoPasses({ rate }: VideoSpec): boolean {
  return rate.mode === "bitrate" && rate.passes === 2;
}

function chunkLevel({ frame, frameRate, rate }: VideoSpec, rateHint: Rational | null): string {
  const { maxrateBps } = rate;
  const cap = maxrateBps === null ? null : { maxrateBps, bufferBits: 2 * maxrateBps };
  return h264Level({ ...frame, frameRate: frameRate ?? rateHint, cap });
}

function rateArgs(rate: VideoRate): string[] {
  const wanted = rate.mode === "quality" ? ["-crf", String(rate.crf)] : ["-b:v", String(rate.bitrateBps)];
  const { maxrateBps } = rate;
  const cap = maxrateBps === null ? [] : ["-maxrate", String(maxrateBps), "-bufsize", String(2 * maxrateBps)];
  return [...wanted, ...cap];
}

/**
 * With an interval, keyframes stand at the first frame at or after each multiple of it on the output's clock, and
 * nowhere else: equal in every rendition of the source, in one piece or in chunks. Without one x264 chooses, which
 * costs fewer bits.
 */
function keyframeArgs(intervalSeconds: number | null, startSeconds: number): string[] {
  if (intervalSeconds === null) {
    return [];
  }
  // FFmpeg counts `t` from the first frame that it encodes.
  const shift = (startSeconds + KEYFRAME_SLACK_SECONDS).toFixed(9).replace(/0+$/, "");
  const multiple = (time: string): string => `floor((${time}+${shift})/${intervalSeconds})`;
  return [
    "-force_key_frames",
    `expr:if(isnan(prev_forced_t),1,gt(${multiple("t")},${multiple("prev_forced_t")}))`,
    // No keyframes of x264's own at changes of scene or after 250 frames.
    "-sc_threshold",
    "0",
    "-g",
    KEYFRAMES_ONLY_FORCED,
  ];
}
