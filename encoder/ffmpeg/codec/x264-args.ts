/** What x264 is asked for, the same for whole files and for chunks but for what joining needs. */
import type { PixelFormat } from "../../contract/formats.ts";
import type { VideoSpec } from "../../contract/output-spec.ts";
import { rationalArg } from "../rational-arg.ts";
import { capArgs, capOf, isSlow, keyframeArgs, targetArgs, type CodecPlan } from "./codec-plan.ts";
import { h264Ceiling, h264Level, type RateCap } from "./h264-level.ts";

/**
 * x264's speed. `veryfast` is about a third of `medium`'s work for some 10 % more bits at equal quality; anything
 * faster gives up B-frame decisions and shows it.
 */
const X264_PRESET = "veryfast";

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

/** The plainest profile of each pixel format, with the tools of High. */
const PROFILES: Partial<Record<PixelFormat, string>> = {
  yuv420p10le: "high10",
  yuv422p: "high422",
  yuv422p10le: "high422",
  yuv444p: "high444",
};

/** Codec, speed, rate control and keyframes. */
export function x264Args(video: VideoSpec, plan: CodecPlan): string[] {
  const isChunk = plan.chunkStartSeconds !== null;
  const profile = video.profile ?? PROFILES[video.picture.pixelFormat] ?? "high";
  const cap = legalCap(video, profile);
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
    profile,
    ...levelArgs(video, { ...plan, profile, cap }),
    "-threads",
    String(plan.threads),
    ...(plan.pass ? ["-pass", String(plan.pass.number)] : []),
    ...(plan.pass?.number === 1 ? ["-crf", FIRST_PASS_CRF] : [...targetArgs(video.rate), ...capArgs(cap)]),
    ...keyframeArgs(video.keyframeIntervalSeconds, plan.chunkStartSeconds ?? 0),
    ...(isSlow(video.frameRate ?? plan.rateHint) ? ["-bf", "0"] : []),
    ...(params.length > 0 ? ["-x264-params", params.join(":")] : []),
  ];
}

type LevelPlan = CodecPlan & { profile: string; cap: RateCap | null };

function levelArgs({ picture, frameRate, level }: VideoSpec, plan: LevelPlan): string[] {
  if (level !== null) {
    return ["-level", (level / 10).toFixed(1)];
  }
  // x264 finds the level of a whole file by itself. One that followed each chunk's bits would give each another header.
  const { chunkStartSeconds, rateHint, profile, cap } = plan;
  return chunkStartSeconds === null
    ? []
    : ["-level", h264Level({ ...picture.frame, frameRate: frameRate ?? rateHint, profile, cap })];
}

/** A level that is asked for promises a decoder that there are never more bits than it allows. */
function legalCap({ rate, level }: VideoSpec, profile: string): RateCap | null {
  const cap = capOf(rate);
  if (level === null) {
    return cap;
  }
  const ceiling = h264Ceiling(level, profile);
  const legal = {
    maxrateBps: Math.min(cap?.maxrateBps ?? Infinity, ceiling.maxrateBps),
    bufferBits: Math.min(cap?.bufferBits ?? Infinity, ceiling.bufferBits),
  };
  return Number.isFinite(legal.maxrateBps) ? legal : cap;
}
