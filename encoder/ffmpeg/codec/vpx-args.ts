/** What libvpx is asked for, VP8 and VP9, the same for whole files and for chunks. */
import type { VideoRate, VideoSpec } from "../../contract/output-spec.ts";
import { capArgs, capOf, MAX_KEYFRAME_INTERVAL, passArgs, type CodecPlan } from "./codec-plan.ts";

/** libvpx's speed with a deadline of `good`, from 0 to 5: 4 saves 3 to 5 % of the bytes for a third more time. */
const VP8_SPEED = "5";
const VP9_SPEED = "5";

/** VP8 knows a quality only below a bitrate; this one is beyond every picture's. */
const VP8_NO_CEILING_BPS = 1_000_000_000;

/** Codec, speed, rate control and keyframes. */
export function vp8Args({ rate }: VideoSpec, plan: CodecPlan): string[] {
  return [
    ...["-c:v", "libvpx", "-deadline", "good", "-cpu-used", VP8_SPEED],
    ...commonArgs(rate, plan, capOf(rate)?.maxrateBps ?? VP8_NO_CEILING_BPS),
    // Below it libvpx spends without limit on key frames, and the levels of quality come to look alike.
    ...(rate.mode === "quality" ? ["-qmin", String(Math.round(rate.crf / 2))] : []),
  ];
}

/** Codec, speed, rate control and keyframes. */
export function vp9Args({ rate }: VideoSpec, plan: CodecPlan): string[] {
  return [
    ...["-c:v", "libvpx-vp9", "-deadline", "good", "-cpu-used", VP9_SPEED],
    // Threads that share the rows of a picture make other bytes than one does.
    ...["-row-mt", "0"],
    ...commonArgs(rate, plan, capOf(rate)?.maxrateBps ?? 0),
  ];
}

function commonArgs(rate: VideoRate, plan: CodecPlan, ceilingBps: number): string[] {
  return [
    ...["-threads", String(plan.threads), "-g", MAX_KEYFRAME_INTERVAL],
    ...passArgs(plan.pass),
    ...(rate.mode === "quality"
      ? ["-crf", String(Math.round(rate.crf)), "-b:v", String(ceilingBps)]
      : rate.mode === "bitrate"
        ? ["-b:v", String(rate.bitrateBps), ...capArgs(capOf(rate))]
        : []),
  ];
}
