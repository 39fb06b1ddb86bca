/** Moving pictures of frames that lie ready as files. Each step reads them one by one, so memory stays flat. */
import type { Rational } from "../../contract/media-info.ts";
import { FFMPEG_ARGS, fileUrl } from "../input-guards.ts";
import { tileInput } from "./tile-input.ts";

export type AnimationFrames = {
  /** Name pattern of the frames with one `%d`, in ffmpeg's working directory; they are counted from 0. */
  framePattern: string;
  frameRate: Rational;
};

/** Shown again and again, without an end. */
const FOR_EVER = ["-loop", "0"];

/** Of moving pictures: between a tenth and two thirds of the GIF's size, and better to look at. */
const WEBP_QUALITY = "75";

/**
 * An ordered pattern stands still where the picture does. Error diffusion bands less, and makes noise of every still
 * area and files of up to twice the size; a coarser pattern is seen as a grid.
 */
const DITHER = "dither=bayer:bayer_scale=4";

/** The 256 colours that suit all frames together. */
export function paletteArgs(plan: AnimationFrames & { palettePath: string }): string[] {
  return [
    ...FFMPEG_ARGS,
    ...tileInput(plan.framePattern, 0, plan.frameRate),
    ...["-vf", "palettegen=stats_mode=full", "-frames:v", "1", "-update", "1"],
    ...["-c:v", "png", "-f", "image2", fileUrl(plan.palettePath)],
  ];
}

/** A GIF in the colours of a palette file. */
export function gifArgs(plan: AnimationFrames & { palettePath: string; outputPath: string }): string[] {
  return [
    ...FFMPEG_ARGS,
    ...tileInput(plan.framePattern, 0, plan.frameRate),
    ...["-protocol_whitelist", "file", "-i", fileUrl(plan.palettePath)],
    ...["-filter_complex", `[0:v][1:v]paletteuse=${DITHER}`],
    ...["-c:v", "gif", ...FOR_EVER, "-f", "gif", fileUrl(plan.outputPath)],
  ];
}

/** An animated WebP. */
export function webpAnimationArgs(plan: AnimationFrames & { outputPath: string }): string[] {
  return [
    ...FFMPEG_ARGS,
    ...tileInput(plan.framePattern, 0, plan.frameRate),
    ...["-c:v", "libwebp_anim", "-quality", WEBP_QUALITY],
    ...[...FOR_EVER, "-f", "webp", fileUrl(plan.outputPath)],
  ];
}
