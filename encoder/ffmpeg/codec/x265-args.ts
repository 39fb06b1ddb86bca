/** What x265 is asked for, the same for whole files and for chunks but for what joining needs. */
import { levelBitrateKbps, levelsFor } from "../../contract/h264-levels.ts";
import type { Rational } from "../../contract/media-info.ts";
import type { VideoSpec } from "../../contract/output-spec.ts";
import { rationalArg } from "../rational-arg.ts";
import { capArgs, capOf, isSlow, keyframeArgs, targetArgs, type CodecPlan } from "./codec-plan.ts";

/** x265's speed: `fast` takes a third more time for 2 % fewer bytes at equal SSIM, `superfast` saves a quarter for 30 % more. */
const X265_PRESET = "veryfast";

/** Of a source that does not say: more than usual, so that the level is hardly ever too low. */
const UNKNOWN_RATE: Rational = { num: 60, den: 1 };

const HIGHEST_LEVEL = 62;

/** Codec, speed, rate control and keyframes. */
export function x265Args(video: VideoSpec, plan: CodecPlan): string[] {
  const { rate, profile, keyframeIntervalSeconds } = video;
  return [
    "-c:v",
    "libx265",
    "-preset",
    X265_PRESET,
    // x265 itself chooses the profile of 4:2:2 and 4:4:4.
    ...(profile === null ? [] : ["-profile:v", profile]),
    "-threads",
    String(plan.threads),
    ...targetArgs(rate),
    ...capArgs(capOf(rate)),
    ...keyframeArgs(keyframeIntervalSeconds, plan.chunkStartSeconds ?? 0),
    ...(keyframeIntervalSeconds === null ? [] : ["-forced-idr", "1"]),
    "-x265-params",
    params(video, plan).join(":"),
  ];
}

function params(video: VideoSpec, plan: CodecPlan): string[] {
  const isChunk = plan.chunkStartSeconds !== null;
  const level = video.level ?? (isChunk && capOf(video.rate) ? chunkLevel(video, plan.rateHint) : null);
  return [
    // What goes wrong is told by FFmpeg; the rest would drown it.
    "log-level=error",
    `pools=${plan.threads}`,
    // Every keyframe is one that a player can enter at, and a list of settings in the header would tell chunks apart.
    "open-gop=0",
    "info=0",
    // FFmpeg's switch for changes of scene does not reach x265.
    ...(video.keyframeIntervalSeconds === null ? [] : ["scenecut=0"]),
    ...(isSlow(video.frameRate ?? plan.rateHint) ? ["bframes=0"] : []),
    ...(level === null ? [] : [`level-idc=${(level / 10).toFixed(1)}`]),
    ...(plan.rateHint ? [`fps=${rationalArg(plan.rateHint)}`] : []),
    ...(plan.pass ? [`pass=${plan.pass.number}`, `stats=${plan.pass.statsName}`, "slow-firstpass=0"] : []),
  ];
}

/**
 * The lowest level that allows the picture and its ceiling: equal in all chunks, whatever their bits. A quality without
 * a ceiling needs none: x265 then chooses by size and rate alone, and would take a level's highest rate for a ceiling.
 */
function chunkLevel({ picture, frameRate, rate }: VideoSpec, rateHint: Rational | null): number {
  const levels = levelsFor("hevc", { ...picture.frame, frameRate: frameRate ?? rateHint ?? UNKNOWN_RATE });
  const maxrateBps = capOf(rate)?.maxrateBps ?? 0;
  const isEnough = (level: number): boolean => maxrateBps <= (levelBitrateKbps("hevc", level) ?? 0) * 1000;
  return levels.find(isEnough) ?? HIGHEST_LEVEL;
}
