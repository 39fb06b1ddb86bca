/** What SVT-AV1 is asked for, the same for whole files and for chunks. */
import type { Rational } from "../../contract/media-info.ts";
import type { VideoSpec } from "../../contract/output-spec.ts";
import {
  capArgs,
  capOf,
  keyframeArgs,
  MAX_KEYFRAME_INTERVAL,
  targetArgs,
  type CodecPlan,
} from "./codec-plan.ts";

/** SVT-AV1's speed, from 0 to 13: 9 is half as fast again for 19 % more bytes at equal SSIM, 7 saves 3 % for 40 % more time. */
const SVTAV1_PRESET = "8";

/** How far, in percent, it may exceed a bitrate. Its own 25 exceeded it by up to 13 % in mixed scenes, this by 1 %. */
const OVERSHOOT_PERCENT = "5";

/** It refuses to open with more, and FFmpeg 7 takes the ticks of a second for frames where it knows no rate. */
const MAX_FPS = 240;
const UNKNOWN_RATE: Rational = { num: 30, den: 1 };

/** Codec, speed, rate control and keyframes. */
export function svtav1Args(video: VideoSpec, plan: CodecPlan): string[] {
  const { rate, keyframeIntervalSeconds } = video;
  const isForced = keyframeIntervalSeconds !== null && rate.mode === "quality";
  const frameRate = video.frameRate ?? plan.rateHint ?? UNKNOWN_RATE;
  const { num, den } = frameRate.num > MAX_FPS * frameRate.den ? { num: MAX_FPS, den: 1 } : frameRate;
  const params = [
    `lp=${plan.threads}`,
    `fps-num=${num}`,
    `fps-denom=${den}`,
    ...(isForced ? ["enable-force-key-frames=1"] : []),
    ...(rate.mode === "bitrate" ? [`overshoot-pct=${OVERSHOOT_PERCENT}`] : []),
  ];
  return [
    "-c:v",
    "libsvtav1",
    "-preset",
    SVTAV1_PRESET,
    // A ceiling is for constant quality only: with a bitrate the encoder refuses it.
    ...(rate.mode === "quality"
      ? ["-crf", String(Math.round(rate.crf)), ...capArgs(capOf(rate))]
      : targetArgs(rate)),
    ...(isForced
      ? keyframeArgs(keyframeIntervalSeconds, plan.chunkStartSeconds ?? 0)
      : ["-g", keyframeInterval(video, { num, den })]),
    "-svtav1-params",
    params.join(":"),
  ];
}

/**
 * Frames between two keyframes. With a bitrate SVT-AV1 takes no forced ones: each interval then has the same number of
 * frames, which for rates such as 23.976 leaves the multiples of six seconds by a frame every 42 s.
 */
function keyframeInterval({ keyframeIntervalSeconds }: VideoSpec, { num, den }: Rational): string {
  return keyframeIntervalSeconds === null
    ? MAX_KEYFRAME_INTERVAL
    : String(Math.ceil((keyframeIntervalSeconds * num) / den));
}
