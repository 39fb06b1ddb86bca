/**
 * Still pictures -> command lines. A picture at time T is the frame that a player shows at T: the last one that
 * begins at or before it. Times here count from FFmpeg's zero, the earliest stream of the file.
 */
import type { ImageSpec } from "../contract/output-spec.ts";
import { FFMPEG_ARGS, fileUrl, secondsArg, sourceInput } from "./input-guards.ts";
import { fitFilter } from "./fit-filter.ts";

/** `sourceUrl` as for `sourceInput`. */
type ImageSource = { sourceUrl: string; image: ImageSpec; threads: number };

/** JPEG quality of mjpeg, 2 best to 31 worst: 3 is hard to tell from the source at a sixth of a PNG's size. */
const JPEG_QUALITY = "3";

type SingleImage = ImageSource & {
  atSeconds: number;
  /** Where decoding starts, at or before `atSeconds`; null decodes from the beginning, which is always exact. */
  seekSeconds: number | null;
  /** Path of the picture that is written. */
  outputPath: string;
};

/**
 * One picture by seeking. Writes nothing, and still succeeds, when no frame between the seek point and the wanted
 * time was found: the caller then seeks farther back.
 */
export function singleImageArgs(plan: SingleImage): string[] {
  const wantedSeconds = plan.atSeconds - (plan.seekSeconds ?? 0);
  const select = [
    "settb=AVTB",
    // Ends the decode at the first frame that begins after the wanted time. One tick is a microsecond.
    `trim=end_pts=${Math.round(wantedSeconds * 1e6) + 1}`,
    // The last frame before it is repeated at the frame rate, so the first one at or past the time is that frame.
    "tpad=stop=-1:stop_mode=clone",
    `select=gte(t\\,${secondsArg(wantedSeconds)})`,
  ];
  return [
    ...inputArgs(plan, plan.seekSeconds),
    "-vf",
    [...select, pictureFilter(plan.image)].join(","),
    "-frames:v",
    "1",
    ...codecArgs(plan.image),
    // One file with exactly this name; without it the muxer reads `%` in the path as a counter.
    "-update",
    "1",
    "-f",
    "image2",
    fileUrl(plan.outputPath),
  ];
}

/** The very first frame of the stream, whatever its time. */
export function firstImageArgs(plan: ImageSource & { outputPath: string }): string[] {
  return [
    ...inputArgs(plan, null),
    "-vf",
    pictureFilter(plan.image),
    "-frames:v",
    "1",
    ...codecArgs(plan.image),
    "-update",
    "1",
    "-f",
    "image2",
    fileUrl(plan.outputPath),
  ];
}

type ImageSeries = ImageSource & {
  firstSeconds: number;
  spacingSeconds: number;
  count: number;
  /** Name pattern of the pictures with one `%d`, counted from 0, in ffmpeg's working directory. */
  outputPattern: string;
};

/** All pictures of a regular series in one decode from the beginning of the source. */
export function imageSeriesArgs(plan: ImageSeries): string[] {
  const sample = [
    // Times at the very end still show the last frame.
    "tpad=stop=-1:stop_mode=clone",
    "settb=AVTB",
    // One second per picture. Rounded up, a frame counts from the first wanted time at or after its beginning.
    `setpts=(PTS-${plan.firstSeconds * 1e6})/${plan.spacingSeconds}`,
    "fps=fps=1:start_time=0:round=up",
  ];
  return [
    ...inputArgs(plan, null),
    "-vf",
    [...sample, pictureFilter(plan.image)].join(","),
    "-frames:v",
    String(plan.count),
    ...codecArgs(plan.image),
    "-start_number",
    "0",
    "-f",
    "image2",
    plan.outputPattern,
  ];
}

function inputArgs(plan: ImageSource, seekSeconds: number | null): string[] {
  return [
    ...FFMPEG_ARGS,
    "-filter_threads",
    String(plan.threads),
    ...sourceInput(
      plan.sourceUrl,
      "-threads",
      String(plan.threads),
      // Frames before the seek point are kept, down to the keyframe: one of them may be the one that is shown.
      ...(seekSeconds === null ? [] : ["-noaccurate_seek", "-ss", secondsArg(seekSeconds)]),
    ),
    "-map",
    `0:${plan.image.sourceStreamIndex}`,
    // The picture's own tags would travel into the file's comment.
    "-map_metadata",
    "-1",
  ];
}

function pictureFilter(image: ImageSpec): string {
  const picture = fitFilter(image.frame, "rgb24");
  // JPEG files have the colours of BT.601 in full range and nowhere to say otherwise; video is mostly BT.709.
  return image.format === "jpg"
    ? `${picture},scale=out_range=pc:out_color_matrix=bt601,format=yuvj420p`
    : picture;
}

function codecArgs(image: ImageSpec): string[] {
  // `passthrough` hands on exactly the selected frames; any other mode fills the gaps between them.
  const frames = ["-fps_mode", "passthrough"];
  // One slice thread: with more, mjpeg's bytes depend on their number.
  return image.format === "jpg"
    ? [...frames, "-c:v", "mjpeg", "-q:v", JPEG_QUALITY, "-threads", "1"]
    : [...frames, "-c:v", "png", "-threads", "1"];
}
