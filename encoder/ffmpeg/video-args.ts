/** The picture's part of a whole-file encode: filters, codec, time. */
import { TICKS_PER_SECOND } from "../contract/timeline.ts";
import type { Rational } from "../contract/media-info.ts";
import type { VideoSpec } from "../contract/output-spec.ts";
import type { Pass } from "./codec/codec-plan.ts";
import { videoCodecArgs } from "./codec/video-codec-args.ts";
import { deinterlaceFilters, pictureChain, pictureGraph } from "./picture/picture-graph.ts";
import { rationalArg } from "./rational-arg.ts";

type Context = { threads: number; sourceFrameRate: Rational | null; pass: Pass | null };

/** The filters of a picture without a watermark. FFmpeg has turned it upright before these see it. */
export function videoFilter(video: VideoSpec): string {
  const { picture, filters } = timedPicture(video);
  return [...filters, pictureChain(picture)].join(",");
}

/** The graph of a picture with a watermark, from the source's stream and input 1 to `[output]`. */
export function videoGraph(video: VideoSpec, output: string): string {
  const { picture, filters } = timedPicture(video);
  // A filter that changes nothing, because a chain needs one.
  const timed = `[0:${video.sourceStreamIndex}]${filters.length > 0 ? filters.join(",") : "null"}[timed]`;
  return [timed, pictureGraph(picture, { input: "timed", output, watermark: "1:v" })].join(";");
}

/** Flags of the mapped video stream behind its filters. */
export function videoArgs(video: VideoSpec, context: Context): string[] {
  const { threads, sourceFrameRate, pass } = context;
  const rateHint = video.frameRate ? null : plausibleRate(sourceFrameRate);
  return [
    ...videoCodecArgs(video, { threads, rateHint, pass, chunkStartSeconds: null }),
    ...timeArgs(video.frameRate),
  ];
}

/** What has to be done with the frames before the picture is made of each, and what is left for the picture. */
function timedPicture({ picture, frameRate, keyframeIntervalSeconds }: VideoSpec): {
  filters: string[];
  picture: VideoSpec["picture"];
} {
  if (frameRate) {
    // `start_time=0` repeats the first frame when the picture starts later than the sound.
    const convert = `fps=fps=${rationalArg(frameRate)}:start_time=0`;
    const filters = [...deinterlaceFilters(picture.deinterlace), convert];
    return { filters, picture: { ...picture, deinterlace: "off" } };
  }
  // FFmpeg counts forced keyframes from the first frame: it has to stand at zero before it is encoded.
  const filters = keyframeIntervalSeconds === null ? [] : [String.raw`setpts=if(eq(N\,0)\,0\,PTS)`];
  return { filters, picture };
}

function timeArgs(frameRate: Rational | null): string[] {
  // `vfr` hands every frame on with its own time and drops one only when two would share a time. The clock is the
  // picture's alone: sound counted in frames of the picture would jump from one to the next.
  const frameTimes = ["-fps_mode", "vfr", "-enc_time_base:v", encoderTimeBase(frameRate)];
  return [...frameTimes, ...FIRST_FRAME_FROM_ZERO];
}

/** The encoder's clock: a tick per frame, or ticks on which the frames of every usual source fall. */
export function encoderTimeBase(frameRate: Rational | null): string {
  // FFmpeg's default, one tick per frame, would round the times of a variable rate.
  return frameRate ? `${frameRate.den}:${frameRate.num}` : `1:${TICKS_PER_SECOND}`;
}

/**
 * Shows the first frame from zero on when it comes later: after a cut between two frames, or in a source whose
 * sound starts first. Done on packets, because a filter that moves a frame makes FFmpeg 7 forget the frame rate.
 */
const FIRST_FRAME_FROM_ZERO = [
  "-bsf:v",
  String.raw`setts=pts=if(eq(N\,0)\,0\,PTS):dts=if(eq(N\,0)\,min(DTS\,0)\,DTS)`,
];

/**
 * The rate if x264 takes it: 32 bit numbers, and nothing that only a damaged file would claim. FFmpeg's own guess for
 * a variable rate can be the clock rate of its timestamps.
 */
export function plausibleRate(rate: Rational | null): Rational | null {
  if (rate === null) {
    return null;
  }
  const { num, den } = rate;
  return Math.max(num, den) < 2 ** 31 && num / den <= 1000 && den / num <= 1000 ? rate : null;
}
