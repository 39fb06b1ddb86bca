/** Any codec of a picture -> the arguments of its encoder. */
import type { VideoSpec } from "../../contract/output-spec.ts";
import { colourTagArgs } from "../picture/colour-args.ts";
import { classicVideoArgs } from "./classic-video-args.ts";
import type { CodecPlan } from "./codec-plan.ts";
import { svtav1Args } from "./svtav1-args.ts";
import { vp8Args, vp9Args } from "./vpx-args.ts";
import { x264Args } from "./x264-args.ts";
import { x265Args } from "./x265-args.ts";

/** Codec, speed, rate control, keyframes and colour tags of one video stream. */
export function videoCodecArgs(video: VideoSpec, plan: CodecPlan): string[] {
  return [...encoderArgs(video, plan), ...colourTagArgs(video.picture.colour)];
}

function encoderArgs(video: VideoSpec, plan: CodecPlan): string[] {
  const { codec } = video;
  switch (codec) {
    case "h264":
      return x264Args(video, plan);
    case "hevc":
      return x265Args(video, plan);
    case "av1":
      return svtav1Args(video, plan);
    case "vp8":
      return vp8Args(video, plan);
    case "vp9":
      return vp9Args(video, plan);
    default:
      return classicVideoArgs({ ...video, codec }, plan);
  }
}

/** Share of the time of two passes that the first one takes. */
export const FIRST_PASS_SHARE = 0.4;

/**
 * True when a rate is spent in two passes over the picture. libvpx plans ahead in no other way, and its first pass costs
 * a tenth of the second. x265 misses the rate of a chunk by 9 % in one pass; over a whole film that evens out.
 */
export function takesTwoPasses({ codec, rate }: VideoSpec, { isChunk }: { isChunk: boolean }): boolean {
  const isAlways = codec === "vp8" || codec === "vp9" || (codec === "hevc" && isChunk);
  return rate.mode === "bitrate" && (rate.passes === 2 || isAlways) && codec !== "av1" && codec !== "mjpeg";
}
