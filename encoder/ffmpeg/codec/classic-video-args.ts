/** Encoders that take little more than a bitrate, or nothing at all: one row each. */
import type { VideoCodec } from "../../contract/formats.ts";
import type { VideoSpec } from "../../contract/output-spec.ts";
import { passArgs, targetArgs, type CodecPlan } from "./codec-plan.ts";

type ClassicCodec = Exclude<VideoCodec, "h264" | "hevc" | "av1" | "vp8" | "vp9">;

/** Frames between two keyframes at most; FFmpeg's own 12 would spend half of the bits on keyframes. */
const KEYFRAME_INTERVAL = ["-g", "120"];

const ENCODERS: Readonly<Record<ClassicCodec, readonly string[]>> = {
  theora: ["libtheora", ...KEYFRAME_INTERVAL],
  mpeg4: ["mpeg4", ...KEYFRAME_INTERVAL],
  xvid: ["libxvid", ...KEYFRAME_INTERVAL],
  // As on discs and in broadcasting, which is what reads these.
  mpeg1video: ["mpeg1video", "-g", "15", "-bf", "2"],
  mpeg2video: ["mpeg2video", "-g", "15", "-bf", "2"],
  h263: ["h263", ...KEYFRAME_INTERVAL],
  flv: ["flv", ...KEYFRAME_INTERVAL],
  wmv1: ["wmv1", ...KEYFRAME_INTERVAL],
  wmv2: ["wmv2", ...KEYFRAME_INTERVAL],
  mjpeg: ["mjpeg"],
  // The vendor that Apple's own software expects.
  prores: ["prores_ks", "-vendor", "apl0"],
  // DNxHD proper knows a few sizes and rates; DNxHR is the same codec for all of them.
  dnxhd: ["dnxhd", "-profile:v", "dnxhr_sq"],
  qtrle: ["qtrle"],
  huffyuv: ["huffyuv"],
};

/** ProRes by number: 0 proxy, 1 LT, 2 standard, 3 HQ; 4 is 4444, the only one with transparency. */
const PRORES_STANDARD = "2";
const PRORES_4444 = "4";

/** Codec, rate and keyframes. */
export function classicVideoArgs(video: VideoSpec & { codec: ClassicCodec }, plan: CodecPlan): string[] {
  return [
    "-c:v",
    ...ENCODERS[video.codec],
    ...(video.codec === "prores" ? ["-profile:v", proresProfile(video)] : []),
    ...["-threads", String(plan.threads)],
    ...passArgs(plan.pass),
    ...targetArgs(video.rate),
  ];
}

function proresProfile({ picture, profile }: VideoSpec): string {
  return picture.pixelFormat === "yuva444p10le" ? PRORES_4444 : (profile ?? PRORES_STANDARD);
}
