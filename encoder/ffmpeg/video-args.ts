/** The picture's part of an encode: filters, codec, rate control, keyframes, time. */
import type { Rational } from "../contract/media-info.ts";
import type { VideoRate, VideoSpec } from "../contract/output-spec.ts";
import { fitFilter } from "./fit-filter.ts";

/**
 * x264's speed. `veryfast` is about a third of `medium`'s work for some 10 % more bits at equal quality; anything
 * faster gives up B-frame decisions and shows it.
 */
const X264_PRESET = "veryfast";

/**
 * Ticks per second of a picture whose times are kept. A multiple of 24000, 30000, 60000, 90000 and 1000: the frames
 * of every usual rate, of MPEG-TS and of Matroska fall on whole ticks. ffmpeg's default, one tick per frame, would
 * round the times of a variable rate.
 */
const KEPT_TIME_TICKS = 360_000;

/** x264's own limit for "never": only forced keyframes and the first one remain. */
const KEYFRAMES_ONLY_FORCED = "1000000";

type Context = { threads: number; sourceFrameRate: Rational | null };

/** Flags of the mapped video stream. FFmpeg has turned the picture upright before these filters see it. */
export function videoArgs(video: VideoSpec, context: Context): string[] {
  return [
    "-vf",
    [
      // `start_time=0` repeats the first frame when the picture starts later than the sound.
      ...(video.frameRate ? [`fps=fps=${ratio(video.frameRate, "/")}:start_time=0`] : []),
      fitFilter(video.frame, "yuv420p"),
    ].join(","),
    "-c:v",
    "libx264",
    "-preset",
    X264_PRESET,
    "-profile:v",
    "high",
    "-threads",
    String(context.threads),
    ...rateArgs(video.rate),
    ...keyframeArgs(video.keyframeIntervalSeconds),
    ...timeArgs(video.frameRate, context.sourceFrameRate),
  ];
}

function rateArgs(rate: VideoRate): string[] {
  if (rate.mode === "quality") {
    const cap = rate.maxrateBps === null ? [] : rateCapArgs(rate.maxrateBps, 2 * rate.maxrateBps);
    return ["-crf", String(rate.crf), ...cap];
  }
  // One pass without a cap misses its target by 16 % on mixed scenes, with this one by 6 %.
  const cap = rateCapArgs(Math.round(1.5 * rate.bitrateBps), 2 * rate.bitrateBps);
  return ["-b:v", String(rate.bitrateBps), ...cap];
}

function rateCapArgs(maxrateBps: number, bufferBits: number): string[] {
  return ["-maxrate", String(maxrateBps), "-bufsize", String(bufferBits)];
}

/**
 * With an interval, keyframes stand at the first frame at or after each multiple of it, and nowhere else: equal in
 * every rendition of the source. Without one x264 chooses, which costs fewer bits.
 */
function keyframeArgs(intervalSeconds: number | null): string[] {
  if (intervalSeconds === null) {
    return [];
  }
  return [
    "-force_key_frames",
    `expr:gte(t,n_forced*${intervalSeconds})`,
    // No keyframes of x264's own at changes of scene or after 250 frames.
    "-sc_threshold",
    "0",
    "-g",
    KEYFRAMES_ONLY_FORCED,
  ];
}

function timeArgs(frameRate: Rational | null, sourceFrameRate: Rational | null): string[] {
  // `vfr` hands every frame on with its own time and drops one only when two would share a time.
  const frameTimes = ["-fps_mode", "vfr"];
  if (frameRate) {
    return [...frameTimes, "-enc_time_base", `${frameRate.den}:${frameRate.num}`, ...FIRST_FRAME_FROM_ZERO];
  }
  // The level is chosen from the rate. FFmpeg's guess for a variable one can be the clock rate of its timestamps.
  const hint = sourceFrameRate !== null && isPlausibleRate(sourceFrameRate) ? sourceFrameRate : null;
  const rateHint = hint ? ["-x264-params", `fps=${ratio(hint, "/")}`] : [];
  return [...frameTimes, "-enc_time_base", `1:${KEPT_TIME_TICKS}`, ...rateHint, ...FIRST_FRAME_FROM_ZERO];
}

/**
 * Shows the first frame from zero on when it comes later: after a cut between two frames, or in a source whose
 * sound starts first. Done on packets, because a filter that moves a frame makes FFmpeg 7 forget the frame rate.
 */
const FIRST_FRAME_FROM_ZERO = [
  "-bsf:v",
  String.raw`setts=pts=if(eq(N\,0)\,0\,PTS):dts=if(eq(N\,0)\,min(DTS\,0)\,DTS)`,
];

/** What x264 takes as a rate: 32 bit numbers, and nothing that only a damaged file would claim. */
function isPlausibleRate({ num, den }: Rational): boolean {
  return Math.max(num, den) < 2 ** 31 && num / den <= 1000 && den / num <= 1000;
}

function ratio(rational: Rational, separator: string): string {
  return `${rational.num}${separator}${rational.den}`;
}
