import { SEGMENT_SECONDS } from "../../../../../encoder/contract/stream.ts";
import { describe, expect, it } from "vitest";
import {
  MAX_CUTS,
  TICKS_PER_SECOND,
  timelineSchema,
  type Timeline,
} from "../../../../../encoder/contract/timeline.ts";
import type { FrameList } from "../../../../../encoder/ffmpeg/timeline/frame-list.ts";
import { buildTimeline } from "../../../../../encoder/ffmpeg/timeline/timeline.ts";

/** Frames at these times in milliseconds. */
function aFrameList(
  timesMs: readonly number[],
  keysMs: readonly number[],
  rest: Partial<FrameList> = {},
): FrameList {
  return {
    timeBase: { num: 1, den: 1000 },
    pts: Float64Array.from(timesMs),
    isKey: Uint8Array.from(timesMs, (time) => (keysMs.includes(time) ? 1 : 0)),
    lastDuration: 40,
    largestFallback: 0,
    ...rest,
  };
}

/** Every `stepMs`, from a time on. */
function steady(count: number, stepMs = 40, fromMs = 0): number[] {
  return Array.from({ length: count }, (_, index) => fromMs + index * stepMs);
}

function build(frames: FrameList, containerStartSeconds = (frames.pts[0] ?? 0) / 1000): Timeline | null {
  return buildTimeline(frames, { startPts: frames.pts[0] ?? 0, containerStartSeconds });
}

/** Milliseconds of the cuts. */
function cutTimes(timeline: Timeline | null): number[] | undefined {
  return timeline?.cuts.map(({ ticks }) => ticks / 360);
}

describe("buildTimeline", () => {
  it("offers keyframes and the first frame at or after every second second", () => {
    const timeline = build(aFrameList(steady(150), [0, 1200, 3000, 4000]));
    expect(timeline).toMatchObject({
      zeroTicks: 0,
      frameCount: 150,
      firstTicks: 0,
      endTicks: 6 * TICKS_PER_SECOND,
    });
    expect(timeline?.cuts).toEqual([
      {
        frame: 30,
        ticks: 432_000,
        previousTicks: 417_600,
        keyTicks: 432_000,
        previousKeyTicks: 0,
        isOnGrid: false,
      },
      {
        frame: 50,
        ticks: 720_000,
        previousTicks: 705_600,
        keyTicks: 432_000,
        previousKeyTicks: 0,
        isOnGrid: true,
      },
      {
        frame: 75,
        ticks: 1_080_000,
        previousTicks: 1_065_600,
        keyTicks: 1_080_000,
        previousKeyTicks: 432_000,
        isOnGrid: false,
      },
      {
        frame: 100,
        ticks: 1_440_000,
        previousTicks: 1_425_600,
        keyTicks: 1_440_000,
        previousKeyTicks: 1_080_000,
        isOnGrid: true,
      },
    ]);
  });

  it("counts the grid from the first picture, wherever the clock stands", () => {
    const start = 95_443_717;
    const timeline = build(aFrameList(steady(120, 40, start), [start, start + 2000]));
    expect(timeline?.zeroTicks).toBe(start * 360);
    expect(cutTimes(timeline)).toEqual([start + 2000, start + 4000]);
    expect(timeline?.cuts.every(({ isOnGrid }) => isOnGrid)).toBe(true);
  });

  it("puts one cut where a gap holds several multiples, and the frame after the gap is on the grid", () => {
    const timeline = build(aFrameList([...steady(10), ...steady(60, 40, 7000)], [0, 7400]));
    expect(timeline?.cuts.map(({ frame, isOnGrid }) => [frame, isOnGrid])).toEqual([
      [10, true],
      [20, false],
      [35, true],
    ]);
  });

  it("takes a picture that is late by a muxer's delay for the beginning, and a later one for late", () => {
    const frames = (fromMs: number) => aFrameList(steady(150, 40, fromMs), [fromMs, fromMs + 3000]);
    expect(build(frames(100), 0)).toMatchObject({ zeroTicks: 36_000, firstTicks: 36_000 });
    expect(build(frames(101), 0)).toMatchObject({ zeroTicks: 0, firstTicks: 36_360 });
    expect(build(frames(2500), 2)?.zeroTicks).toBe(720_000);
  });

  it("counts from the picture that ffprobe saw first, also when the decoder shows a later one", () => {
    const frames = aFrameList(steady(150, 40, 400), [400, 3400]);
    expect(buildTimeline(frames, { startPts: 0, containerStartSeconds: 0 })).toMatchObject({
      zeroTicks: 0,
      firstTicks: 144_000,
    });
    expect(buildTimeline(frames, { startPts: 440, containerStartSeconds: 0.44 })).toBeNull();
  });

  it("offers no cut before the first keyframe", () => {
    expect(cutTimes(build(aFrameList(steady(150), [2400, 4400])))).toEqual([2400, 4000, 4400]);
  });

  it("offers no cut between frames that are closer than half of the usual", () => {
    const times = [...steady(50), 1985, ...steady(60, 40, 2000)].toSorted((one, other) => one - other);
    expect(cutTimes(build(aFrameList(times, [0, 1000, 2000])))).toEqual([1000, 4000]);
    expect(cutTimes(build(aFrameList(times.with(50, 1980), [0, 1000, 2000])))).toEqual([1000, 2000, 4000]);
  });

  it("thins out keyframes that follow each other closely", () => {
    const times = steady(100);
    expect(cutTimes(build(aFrameList(times, times)))).toEqual([
      40, 560, 1080, 1600, 2000, 2120, 2640, 3160, 3680,
    ]);
  });

  it.each([
    ["one frame", aFrameList([0], [0])],
    ["no keyframe", aFrameList(steady(100), [])],
    ["one keyframe in more than a minute", aFrameList(steady(1600), [0])],
    ["two frames of one time", aFrameList([0, 40, 40, 80], [0, 80])],
    ["a rest of more than ten seconds", aFrameList([0, 40, 10_041, 10_081], [0, 10_041])],
    ["a clock that falls back", aFrameList(steady(100), [0, 2000], { largestFallback: 41 })],
    ["more than two days", aFrameList(steady(17_290, 10_000), [0, 10_000])],
    [
      "a clock that cannot be computed",
      aFrameList(steady(9), [0], { timeBase: { num: 4_294_967_291, den: 4_294_967_279 } }),
    ],
  ])("cannot cut %s", (_, frames) => {
    expect(build(frames)).toBeNull();
  });

  it("cuts a short source with one keyframe, and one that rests for ten seconds", () => {
    expect(cutTimes(build(aFrameList(steady(120), [0])))).toEqual([2000, 4000]);
    expect(build(aFrameList([0, 40, 10_040, 10_080], [0, 10_040]))).not.toBeNull();
  });

  it("gives the last frame its own duration, or the usual one where none is told", () => {
    const end = (lastDuration: number) =>
      build(aFrameList(steady(100), [0, 2000], { lastDuration }))?.endTicks;
    expect([end(0), end(1000), end(20_000)]).toEqual([1_440_000, 1_785_600, 1_440_000]);
  });

  it("spreads the limit of cuts evenly over a long source, where segments of streams begin if it can", () => {
    const times = steady(12 * 3600, 1000);
    const timeline = build(aFrameList(times, [], { isKey: new Uint8Array(times.length).fill(1) }));
    const cuts = timelineSchema.parse(timeline).cuts;
    expect(cuts.length).toBeLessThanOrEqual(MAX_CUTS);
    expect(cuts.length).toBeGreaterThan(MAX_CUTS * 0.99);
    expect(cuts.filter(({ ticks }) => (ticks / TICKS_PER_SECOND) % SEGMENT_SECONDS !== 0)).toEqual([]);
    const gaps = cuts
      .slice(1)
      .map(({ ticks }, index) => (ticks - (cuts[index]?.ticks ?? 0)) / TICKS_PER_SECOND);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(6);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(18);
  });
});
