/** Appended chunks and the sound -> the command line that makes one file of them, by copy. */
import type { Rational } from "../../contract/media-info.ts";
import type { RenditionSpec } from "../../contract/output-spec.ts";
import { chunkClock } from "./chunk-clock.ts";
import { containerArgs, descriptionArgs, isMovFamily, type TrackCodecs } from "../codec/container-args.ts";
import { FFMPEG_ARGS, fileUrl, secondsArg, sourceInput } from "../input-guards.ts";

export type JoinPlan = Pick<RenditionSpec, "container" | "isFragmented" | "keepsMetadata"> & {
  /** All chunks of the picture in one fragmented MP4. */
  picturePath: string;
  audioPath: string | null;
  codecs: TrackCodecs;
  /** Of the rendition; null for kept source times. */
  frameRate: Rational | null;
  outputPath: string;
};

/** The arguments of ffmpeg, without the program's name. */
export function joinArgs(plan: JoinPlan): string[] {
  const { picturePath, audioPath, frameRate, container } = plan;
  const { offsetSeconds, trackTicksPerSecond } = chunkClock(frameRate);
  return [
    ...FFMPEG_ARGS,
    // Without it ffmpeg would move each input to zero by itself, and sound that begins late would begin early.
    "-copyts",
    ...sourceInput(fileUrl(picturePath), "-itsoffset", `-${secondsArg(offsetSeconds)}`),
    ...(audioPath === null ? [] : sourceInput(fileUrl(audioPath))),
    "-map",
    "0:v:0",
    ...(audioPath === null ? [] : ["-map", "1:a:0"]),
    "-c",
    "copy",
    ...descriptionArgs(plan),
    ...(isMovFamily(container) ? ["-video_track_timescale", String(trackTicksPerSecond)] : []),
    ...containerArgs(plan),
  ];
}

/** True when ffmpeg had to change a storage time to keep them in order. */
export function tellsOfDisorder(stderrTail: string): boolean {
  return /Non-monoton(?:ous|ic) DTS/i.test(stderrTail);
}
