/**
 * Still pictures -> command lines. A picture at time T is the frame that a player shows at T: the last one that
 * begins at or before it. Times here count from FFmpeg's zero, the earliest stream of the file.
 */
import type { PictureSpec } from "../../contract/output-spec.ts";
import { FFMPEG_ARGS, fileUrl, secondsArg, sourceInput } from "../input-guards.ts";
import { deinterlaceFilters, pictureChain, pictureGraph } from "../picture/picture-graph.ts";
import { watermarkInput } from "../picture/watermark-input.ts";
import { ONE_FILE, pictureCodecArgs, type PictureFormat } from "./picture-codec-args.ts";

/** What pictures are taken of and what is made of them. */
export type PictureSource = {
  /** As for `sourceInput`. */
  sourceUrl: string;
  sourceStreamIndex: number;
  picture: PictureSpec;
  /** As for `watermarkInput`; null exactly when the picture has no watermark. */
  watermarkUrl: string | null;
  format: PictureFormat;
  threads: number;
};

type SinglePicture = PictureSource & {
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
export function singlePictureArgs(plan: SinglePicture): string[] {
  const wantedSeconds = plan.atSeconds - (plan.seekSeconds ?? 0);
  const select = [
    // Ends the decode at the first frame that begins after the wanted time.
    `trim=end_pts=${ticks(wantedSeconds) + 1}`,
    // The last frame before it is repeated at the frame rate, so the first one at or past the time is that frame.
    "tpad=stop=-1:stop_mode=clone",
    `select=gte(t\\,${secondsArg(wantedSeconds)})`,
  ];
  return [
    ...inputArgs(plan, plan.seekSeconds),
    ...pictureArgs(plan, [...progressiveAround(plan, wantedSeconds), ...select]),
    ...pictureCodecArgs(plan.format),
    ...ONE_FILE,
    fileUrl(plan.outputPath),
  ];
}

/** The very first frame of the stream, whatever its time. */
export function firstPictureArgs(plan: PictureSource & { outputPath: string }): string[] {
  return [
    ...inputArgs(plan, null),
    ...pictureArgs(plan, progressive(plan)),
    ...pictureCodecArgs(plan.format),
    ...ONE_FILE,
    fileUrl(plan.outputPath),
  ];
}

type PictureSeries = PictureSource & {
  firstSeconds: number;
  spacingSeconds: number;
  count: number;
  /** Where decoding starts, at or before `firstSeconds`; a frame that begins between them has to be there. */
  seekSeconds: number | null;
  /** Name pattern of the pictures with one `%d`, in ffmpeg's working directory, and the number of the first. */
  outputPattern: string;
  firstNumber: number;
};

/** All pictures of a regular series in one decode. */
export function pictureSeriesArgs(plan: PictureSeries): string[] {
  const firstSeconds = plan.firstSeconds - (plan.seekSeconds ?? 0);
  const sample = [
    // Times at the very end still show the last frame.
    "tpad=stop=-1:stop_mode=clone",
    "settb=AVTB",
    // One second per picture. Rounded up, a frame counts from the first wanted time at or after its beginning.
    `setpts=(PTS-${ticks(firstSeconds)})/${plan.spacingSeconds}`,
    "fps=fps=1:start_time=0:round=up",
  ];
  return [
    ...inputArgs(plan, plan.seekSeconds),
    ...pictureArgs(plan, [...progressive(plan), ...sample]),
    ...pictureCodecArgs(plan.format),
    ...["-frames:v", String(plan.count), "-start_number", String(plan.firstNumber)],
    plan.outputPattern,
  ];
}

function inputArgs(plan: PictureSource, seekSeconds: number | null): string[] {
  const threads = ["-threads", String(plan.threads)];
  return [
    ...FFMPEG_ARGS,
    ...["-filter_threads", String(plan.threads)],
    // The same for the graph of a picture with a watermark.
    ...["-filter_complex_threads", String(plan.threads)],
    ...sourceInput(
      plan.sourceUrl,
      ...threads,
      // Frames before the seek point are kept, down to the keyframe: one of them may be the one that is shown.
      ...(seekSeconds === null ? [] : ["-noaccurate_seek", "-ss", secondsArg(seekSeconds)]),
    ),
    ...(plan.watermarkUrl === null ? [] : watermarkInput(plan.watermarkUrl)),
  ];
}

/** Filters and mapping. `choice` says which frames become pictures; only those are scaled and finished. */
function pictureArgs(plan: PictureSource, choice: readonly string[]): string[] {
  const picture: PictureSpec = { ...plan.picture, deinterlace: "off" };
  // The picture's own tags would travel into the file's comment, its gamma into the pixels that a browser shows.
  const finish = "setparams=color_primaries=unknown:color_trc=unknown";
  const chosen = ["settb=AVTB", ...choice].join(",");
  const noTags = ["-map_metadata", "-1"];
  if (plan.watermarkUrl === null) {
    const chain = [chosen, pictureChain(picture), finish].join(",");
    return ["-map", `0:${plan.sourceStreamIndex}`, ...noTags, "-vf", chain];
  }
  const labels = { input: "chosen", output: "finished", watermark: "1:v" };
  const graph = [
    `[0:${plan.sourceStreamIndex}]${chosen}[chosen]`,
    pictureGraph(picture, labels),
    `[finished]${finish}[picture]`,
  ].join(";");
  return ["-filter_complex", graph, "-map", "[picture]", ...noTags];
}

/** How far around the wanted time frames are deinterlaced: a few dozen, where a seek may decode hundreds. */
const NEIGHBOUR_SECONDS = 0.5;

/**
 * Progressive frames around the wanted time. A deinterlacer looks at the frames before and after, so it has to come
 * before the choice of one frame; from the beginning of the source it sees all, for there is no second attempt.
 */
function progressiveAround(plan: SinglePicture, wantedSeconds: number): string[] {
  if (plan.picture.deinterlace === "off") {
    return [];
  }
  const start = plan.seekSeconds === null ? "" : `start_pts=${ticks(wantedSeconds - NEIGHBOUR_SECONDS)}:`;
  return [`trim=${start}end_pts=${ticks(wantedSeconds + NEIGHBOUR_SECONDS)}`, ...progressive(plan)];
}

function progressive({ picture }: PictureSource): string[] {
  return deinterlaceFilters(picture.deinterlace);
}

/** In the time base of `settb=AVTB`, microseconds. */
function ticks(seconds: number): number {
  return Math.round(seconds * 1e6);
}
