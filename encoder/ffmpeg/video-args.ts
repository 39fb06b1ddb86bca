/** The picture's part of a whole-file encode: filters, codec, time. */
import { TICKS_PER_SECOND } from "../contract/timeline.ts";
import type { Rational } from "../contract/media-info.ts";
import type { VideoSpec } from "../contract/output-spec.ts";
import { fitFilter } from "./fit-filter.ts";
import { rationalArg } from "./rational-arg.ts";
import { x264Args, type X264Plan } from "./x264-args.ts";

type Context = { threads: number; sourceFrameRate: Rational | null; pass: X264Plan["pass"] };

/** Flags of the mapped video stream. FFmpeg has turned the picture upright before these filters see it. */
export function videoArgs(video: VideoSpec, context: Context): string[] {
  const { threads, sourceFrameRate, pass } = context;
  const rateHint = video.frameRate ? null : plausibleRate(sourceFrameRate);
  return [
    "-vf",
    [...timeFilters(video), fitFilter(video.frame, "yuv420p")].join(","),
    ...x264Args(video, { threads, rateHint, pass, chunkStartSeconds: null }),
    ...timeArgs(video.frameRate),
  ];
}

function timeFilters({ frameRate, keyframeIntervalSeconds }: VideoSpec): string[] {
  if (frameRate) {
    // `start_time=0` repeats the first frame when the picture starts later than the sound.
    return [`fps=fps=${rationalArg(frameRate)}:start_time=0`];
  }
  // FFmpeg counts forced keyframes from the first frame: it has to stand at zero before it is encoded.
  return keyframeIntervalSeconds === null ? [] : [String.raw`setpts=if(eq(N\,0)\,0\,PTS)`];
}

function timeArgs(frameRate: Rational | null): string[] {
  // `vfr` hands every frame on with its own time and drops one only when two would share a time.
  const frameTimes = ["-fps_mode", "vfr", "-enc_time_base", encoderTimeBase(frameRate)];
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
