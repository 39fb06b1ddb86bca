import { describe, expect, it } from "vitest";
import { TICKS_PER_SECOND, type Timeline } from "../../../../../encoder/contract/timeline.ts";
import { soundSpan } from "../../../../../worker/domain/plan/sound-span.ts";
import { aMediaInfo } from "../../../../support/job-builders.ts";

const WHOLE = { startSeconds: 0, durationSeconds: null };

/** Of a picture that ends at this second, its clock ten seconds late. */
function aTimeline(endSeconds: number): Timeline {
  const firstTicks = 10 * TICKS_PER_SECOND;
  const endTicks = firstTicks + endSeconds * TICKS_PER_SECOND;
  return { zeroTicks: firstTicks, firstTicks, endTicks, frameCount: 25 * endSeconds, cuts: [] };
}

const lasting = (durationSeconds: number | null) => aMediaInfo({ durationSeconds });

describe("soundSpan", () => {
  it("ends with the picture, whether the sound is shorter or has a short tail", () => {
    expect(soundSpan(WHOLE, lasting(20), aTimeline(20))).toEqual({ startSeconds: 0, durationSeconds: 20 });
    expect(soundSpan(WHOLE, lasting(20.5), aTimeline(20))).toEqual({ startSeconds: 0, durationSeconds: 20 });
    const late = { startSeconds: 12, durationSeconds: null };
    expect(soundSpan(late, lasting(20), aTimeline(20))).toEqual({ startSeconds: 12, durationSeconds: 8 });
  });

  it("keeps to a duration that ends before the picture", () => {
    const span = { startSeconds: 2, durationSeconds: 5 };
    expect(soundSpan(span, lasting(20), aTimeline(20))).toEqual(span);
  });

  it("cuts no sound that goes on for long, or for nobody knows how long", () => {
    expect(soundSpan(WHOLE, lasting(30), aTimeline(20))).toEqual(WHOLE);
    expect(soundSpan(WHOLE, lasting(null), aTimeline(20))).toEqual(WHOLE);
  });

  it("leaves the span as it is without a picture, and behind its end", () => {
    expect(soundSpan(WHOLE, lasting(20), null)).toEqual(WHOLE);
    const behind = { startSeconds: 20.2, durationSeconds: null };
    expect(soundSpan(behind, lasting(20.9), aTimeline(20))).toEqual(behind);
  });
});
