import { describe, expect, it } from "vitest";
import type { Container, VideoCodec } from "../../../../../encoder/contract/formats.ts";
import type { Rational } from "../../../../../encoder/contract/media-info.ts";
import type { RenditionSpec, VideoSpec } from "../../../../../encoder/contract/output-spec.ts";
import { SEGMENT_SECONDS } from "../../../../../encoder/contract/stream.ts";
import {
  CUT_GRID_SECONDS,
  MAX_CUTS,
  TICKS_PER_SECOND,
  type Cut,
  type Timeline,
} from "../../../../../encoder/contract/timeline.ts";
import {
  chunkablePicture,
  planChunks,
  spanFrames,
  type ChunkPlan,
} from "../../../../../worker/domain/plan/plan-chunks.ts";
import { aMediaInfo } from "../../../../support/job-builders.ts";
import {
  aFrame,
  anAudioSpec,
  aPictureSpec,
  aRenditionSpec,
  aVideoSpec,
} from "../../../../support/output-specs.ts";
import { seededRandom, type Random } from "../../../../support/random.ts";

const RATES: readonly Rational[] = [
  { num: 24_000, den: 1001 },
  { num: 24, den: 1 },
  { num: 25, den: 1 },
  { num: 30_000, den: 1001 },
  { num: 30, den: 1 },
  { num: 50, den: 1 },
  { num: 60_000, den: 1001 },
];

function aPicture(overrides: Partial<VideoSpec> & { heightPx?: number } = {}): VideoSpec {
  const { heightPx = 360, ...rest } = overrides;
  const widthPx = Math.round((heightPx * 16) / 9 / 2) * 2;
  return aVideoSpec({ picture: aPictureSpec({ frame: aFrame(widthPx, heightPx) }), ...rest });
}

const aUhdSource = () => {
  const media = aMediaInfo({ durationSeconds: 600 });
  const video =
    media.video === null ? null : { ...media.video, codec: "hevc", widthPx: 3840, heightPx: 2160 };
  return { ...media, video };
};

/** Frame times of a source as an encoder measures them, and every cut that it offers. */
function timelineOf(
  frameTicks: readonly number[],
  isKey: (frame: number) => boolean,
  endTicks: number,
): Timeline {
  const zeroTicks = frameTicks[0] ?? 0;
  const grid = CUT_GRID_SECONDS * TICKS_PER_SECOND;
  const cuts: Cut[] = [];
  let keys = [zeroTicks];
  for (const [frame, ticks] of frameTicks.entries()) {
    const previousTicks = frameTicks[frame - 1];
    if (previousTicks === undefined) {
      continue;
    }
    if (isKey(frame)) {
      keys = [ticks, ...keys.slice(0, 1)];
    }
    const isOnGrid = Math.ceil((previousTicks - zeroTicks + 1) / grid) * grid <= ticks - zeroTicks;
    if (isKey(frame) || isOnGrid) {
      const [keyTicks = zeroTicks, previousKeyTicks = null] = keys;
      cuts.push({ frame, ticks, previousTicks, keyTicks, previousKeyTicks, isOnGrid });
    }
  }
  // What begins no segment is the first that a long list does without.
  const kept = cuts.length > MAX_CUTS ? cuts.filter((cut) => beginsSegment(zeroTicks, cut)) : cuts;
  const step = Math.ceil(kept.length / MAX_CUTS);
  return {
    zeroTicks,
    frameCount: frameTicks.length,
    firstTicks: zeroTicks,
    endTicks,
    cuts: kept.filter((_, index) => index % step === 0),
  };
}

const beginsSegment = (zeroTicks: number, { ticks, previousTicks }: Cut): boolean => {
  const numberAt = (at: number) => Math.floor((at - zeroTicks) / (SEGMENT_SECONDS * TICKS_PER_SECOND));
  return numberAt(ticks) > numberAt(previousTicks);
};

/** Constant or variable rate, any start time, regular or irregular keyframes. */
function aRandomTimeline(random: Random, seconds: number): Timeline {
  const rate = random.pick(RATES);
  const isVariable = random.chance(0.4);
  const zero = random.chance(0.5) ? 0 : random.below(100_000_000) - 10_000;
  const times: number[] = [];
  let at = 0;
  while (at < seconds) {
    times.push(zero + Math.round(at * TICKS_PER_SECOND));
    const frames = isVariable ? 1 + random.below(random.chance(0.02) ? 20 : 4) : 1;
    at = isVariable ? at + (frames * rate.den) / rate.num : (times.length * rate.den) / rate.num;
  }
  const gop = 1 + random.below(500);
  return timelineOf(times, (frame) => frame % gop === 0, zero + Math.round(at * TICKS_PER_SECOND));
}

function aRegularTimeline(seconds: number, { fps = 30, gopSeconds = 2 } = {}): Timeline {
  const ticks = Array.from({ length: seconds * fps }, (_, frame) => (frame * TICKS_PER_SECOND) / fps);
  return timelineOf(ticks, (frame) => frame % (gopSeconds * fps) === 0, seconds * TICKS_PER_SECOND);
}

const at = (parallelism: number, isLiveEdge = false) => ({ parallelism, isLiveEdge });
const lengths = (plan: ChunkPlan | null) => (plan?.spans ?? []).map((span) => span.spanSeconds);
const plan = (seconds: number, videos = [aPicture()], slots = 2, media = aMediaInfo()) =>
  planChunks(aRegularTimeline(seconds), media, videos, at(slots));

describe("planChunks", () => {
  it("leaves sources of a minute whole, unless they are much work and two chunks come out of them", () => {
    expect(plan(60)).toBeNull();
    expect(plan(61)).not.toBeNull();
    const ladder = [2160, 1080, 720].map((heightPx) => aPicture({ heightPx }));
    expect(lengths(plan(29, ladder, 2, aUhdSource()))).toHaveLength(2);
    expect(plan(27, ladder, 2, aUhdSource())).toBeNull();
  });

  it("leaves a source whole that cannot be cut or shows nothing", () => {
    expect(planChunks(null, aMediaInfo(), [aPicture()], at(2))).toBeNull();
    expect(plan(600, [])).toBeNull();
    expect(planChunks({ ...aRegularTimeline(600), cuts: [] }, aMediaInfo(), [aPicture()], at(2))).toBeNull();
  });

  it("makes a multiple of what runs at once out of nearly equal chunks", () => {
    for (const slots of [1, 2, 3, 4, 8, 16]) {
      const found = lengths(plan(600, [aPicture()], slots));
      expect(found.length % slots, `${slots} slots`).toBe(0);
      expect(Math.max(...found) - Math.min(...found), `${slots} slots`).toBeLessThanOrEqual(4);
    }
  });

  it("keeps chunks of at least 14 s when more could run at once", () => {
    const found = lengths(plan(100, [aPicture()], 64));
    expect(found).toHaveLength(6);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(14);
  });

  it("cuts 4K HEVC shorter than 360p H.264", () => {
    const ladder = [2160, 1080, 720, 480, 360].map((heightPx) => aPicture({ heightPx }));
    const small = lengths(plan(600));
    const large = lengths(plan(600, ladder, 2, aUhdSource()));
    expect(Math.max(...large)).toBeLessThan(0.8 * Math.min(...small));
  });

  it("makes chunks of about 20 s where a rendition keeps a bitrate in one pass", () => {
    const rate = { mode: "bitrate", bitrateBps: 800_000, maxrateBps: 1_600_000 } as const;
    const rated = lengths(plan(600, [aPicture({ rate: { ...rate, passes: 1 } })]));
    const unrated = lengths(plan(600, [aPicture({ rate: { ...rate, passes: 2 } })]));
    expect(Math.max(...rated)).toBeLessThanOrEqual(22);
    expect(Math.min(...unrated)).toBeGreaterThan(40);
  });

  it("moves an edge to a keyframe nearby rather than cutting between keyframes", () => {
    const timeline = aRegularTimeline(120, { gopSeconds: 7 });
    const { spans } = planChunks(timeline, aMediaInfo(), [aPicture()], at(4)) ?? { spans: [] };
    expect(spans).toHaveLength(4);
    for (const { start } of spans.slice(1)) {
      expect(start?.ticks).toBe(start?.keyTicks);
    }
  });

  it("cuts where packaged renditions have keyframes even if the source's own are elsewhere", () => {
    const timeline = aRegularTimeline(120, { gopSeconds: 7 });
    const pictures = [aPicture(), aPicture({ keyframeIntervalSeconds: SEGMENT_SECONDS })];
    const { spans } = planChunks(timeline, aMediaInfo(), pictures, at(4)) ?? { spans: [] };
    expect(spans).toHaveLength(4);
    expect(spans.slice(1).map(({ start }) => (start?.ticks ?? 0) / TICKS_PER_SECOND)).toEqual([30, 60, 90]);
  });

  it("begins with a chunk of one or two segments when somebody waits to play it", () => {
    const pictures = [aPicture({ keyframeIntervalSeconds: SEGMENT_SECONDS })];
    const usual = lengths(planChunks(aRegularTimeline(600), aMediaInfo(), pictures, at(2)));
    const early = lengths(planChunks(aRegularTimeline(600), aMediaInfo(), pictures, at(2, true)));
    expect(early).toEqual([6, (usual[0] ?? 0) - 6, ...usual.slice(1)]);
  });

  it("gives no process more than 16 renditions", () => {
    const { groups } = plan(
      600,
      Array.from({ length: 40 }, () => aPicture()),
    ) ?? { groups: [] };
    expect(groups.map((group) => group.length)).toEqual([14, 14, 12]);
    expect(groups.flat()).toEqual(Array.from({ length: 40 }, (_, index) => index));
  });

  it("plans a day-long source in less than 50 ms", () => {
    const timeline = aRegularTimeline(86_400, { fps: 24 });
    const picture = aPicture({ keyframeIntervalSeconds: SEGMENT_SECONDS });
    // The best of three: other processes may be in the way of one.
    const runs = [1, 2, 3].map(() => {
      const startedAt = performance.now();
      const found = lengths(planChunks(timeline, aMediaInfo(), [picture], at(16)));
      return { found, tookMs: performance.now() - startedAt };
    });
    const [{ found } = { found: [] }] = runs;
    expect(Math.min(...runs.map(({ tookMs }) => tookMs))).toBeLessThan(50);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(14);
    expect(Math.max(...found)).toBeLessThanOrEqual(60);
  });

  describe("of any source", () => {
    const cases = Array.from({ length: 300 }, (_, seed) => {
      const random = seededRandom(seed + 1);
      const timeline = aRandomTimeline(random, 62 + random.below(900));
      const pictures = [
        aPicture(),
        ...RATES.map((frameRate) => aPicture({ frameRate })),
        ...(random.chance(0.5)
          ? [aPicture({ keyframeIntervalSeconds: SEGMENT_SECONDS, frameRate: random.pick(RATES) })]
          : []),
        ...(random.chance(0.5) ? [aPicture({ keyframeIntervalSeconds: SEGMENT_SECONDS })] : []),
      ];
      const slots = 1 + random.below(20);
      return {
        seed,
        timeline,
        pictures,
        slots,
        plan: planChunks(timeline, aMediaInfo(), pictures, at(slots)),
      };
    });

    it("covers everything once, in order", () => {
      for (const { seed, timeline, plan: found } of cases) {
        const spans = found?.spans ?? [];
        expect(spans.length, `seed ${seed}`).toBeGreaterThan(1);
        expect(spans[0]?.start, `seed ${seed}`).toBeNull();
        expect(spans.at(-1)?.end, `seed ${seed}`).toBeNull();
        for (const [index, span] of spans.slice(1).entries()) {
          expect(span.start, `seed ${seed}`).toBe(spans[index]?.end);
        }
        const sum = spans.reduce((total, span) => total + span.spanSeconds, 0);
        expect(sum, `seed ${seed}`).toBeCloseTo(
          (timeline.endTicks - timeline.zeroTicks) / TICKS_PER_SECOND,
          5,
        );
      }
    });

    it("keeps every chunk between 14 and 60 s", () => {
      for (const { seed, plan: found } of cases) {
        expect(Math.min(...lengths(found)), `seed ${seed}`).toBeGreaterThanOrEqual(14);
        expect(Math.max(...lengths(found)), `seed ${seed}`).toBeLessThanOrEqual(60);
      }
    });

    it("numbers the frames of every rendition without a gap, a double or an empty chunk", () => {
      const wrong = cases.flatMap(({ seed, timeline, pictures, plan: found }) =>
        pictures.flatMap((video) => {
          const frames = (found?.spans ?? []).map((span) => spanFrames(video, span, timeline.frameCount));
          const last = video.frameRate === null ? timeline.frameCount : null;
          const isNumbered = frames.every(({ startFrame }, index) => {
            const before = frames[index - 1];
            return before === undefined
              ? startFrame === 0
              : startFrame === before.endFrame && startFrame > before.startFrame;
          });
          return isNumbered && frames.length > 1 && frames.at(-1)?.endFrame === last ? [] : [{ seed, video }];
        }),
      );
      expect(wrong).toEqual([]);
    });

    it("begins every chunk of a packaged rendition with a keyframe of its interval", () => {
      for (const { seed, timeline, pictures, plan: found } of cases) {
        for (const video of pictures.filter(
          ({ keyframeIntervalSeconds }) => keyframeIntervalSeconds !== null,
        )) {
          for (const span of (found?.spans ?? []).slice(1)) {
            const isBegun = span.start !== null && beginsSegment(span.zeroTicks, span.start);
            expect(isBegun, `seed ${seed}`).toBe(true);
            const { startFrame } = spanFrames(video, span, timeline.frameCount);
            const rate = video.frameRate;
            if (rate !== null) {
              const at = (startFrame * rate.den) / rate.num;
              const before = ((startFrame - 1) * rate.den) / rate.num;
              const multiple = Math.floor(at / SEGMENT_SECONDS + 1e-9) * SEGMENT_SECONDS;
              expect(at, `seed ${seed}`).toBeGreaterThanOrEqual(multiple - 1e-9);
              expect(before, `seed ${seed}`).toBeLessThan(multiple);
            }
          }
        }
      }
    });

    it("comes out the same every time", () => {
      for (const { timeline, pictures, slots, plan: found } of cases.slice(0, 50)) {
        expect(planChunks(timeline, aMediaInfo(), pictures, at(slots))).toEqual(found);
      }
    });
  });
});

describe("spanFrames", () => {
  it("starts a fixed rate at its first frame at or after the cut", () => {
    const timeline = aRegularTimeline(90, { fps: 30 });
    const at = timeline.cuts.find((cut) => cut.frame === 20 * 30) ?? null;
    const span = { zeroTicks: 0, start: at, end: null, spanSeconds: 70 };
    const frames = (num: number, den: number) =>
      spanFrames(aPicture({ frameRate: { num, den } }), span, 2_700);
    expect(frames(25, 1)).toEqual({ startFrame: 500, endFrame: null });
    // 20 s are 479.52 frames.
    expect(frames(24_000, 1001)).toEqual({ startFrame: 480, endFrame: null });
    expect(spanFrames(aPicture(), span, 2_700)).toEqual({ startFrame: 600, endFrame: 2_700 });
  });

  it("goes back to the keyframe's own time when the source's frame comes a little later", () => {
    // The first frame after 24 s is shown at 24.02 s; the packaged rendition has its keyframe at 24 s.
    const ticks = 24.02 * TICKS_PER_SECOND;
    const start = {
      frame: 576,
      ticks,
      previousTicks: ticks - 15_015,
      keyTicks: 0,
      previousKeyTicks: null,
      isOnGrid: true,
    };
    const span = { zeroTicks: 0, start, end: null, spanSeconds: 70 };
    const frameRate = { num: 50, den: 1 };
    expect(spanFrames(aPicture({ frameRate }), span, 2_000).startFrame).toBe(1_201);
    expect(
      spanFrames(aPicture({ frameRate, keyframeIntervalSeconds: SEGMENT_SECONDS }), span, 2_000).startFrame,
    ).toBe(1_200);
  });
});

describe("chunkablePicture", () => {
  const whole = { startSeconds: 0, durationSeconds: null };
  const isChunkable = (rendition: Partial<RenditionSpec>) =>
    chunkablePicture(aRenditionSpec({ audio: null, ...rendition })) !== null;

  it("takes pictures of the whole source only", () => {
    expect(isChunkable({ span: whole })).toBe(true);
    expect(isChunkable({ span: { ...whole, durationSeconds: 100 } })).toBe(false);
    expect(isChunkable({ span: { ...whole, startSeconds: 1 } })).toBe(false);
    expect(isChunkable({ video: null, audio: anAudioSpec() })).toBe(false);
  });

  it("takes fragmented files as well", () => {
    expect(isChunkable({ isFragmented: true })).toBe(true);
  });

  it.each<[Container, VideoCodec, boolean]>([
    ["mp4", "hevc", true],
    ["webm", "vp9", true],
    ["mkv", "av1", true],
    ["webm", "vp8", false],
    ["mp4", "mpeg4", false],
    ["avi", "h264", false],
  ])("says of %s with %s: %s", (container, codec, expected) => {
    expect(isChunkable({ container, video: aVideoSpec({ codec }) })).toBe(expected);
  });

  it("takes nothing that is copied", () => {
    expect(isChunkable({ video: { codec: "copy", sourceStreamIndex: 0 } })).toBe(false);
  });
});
