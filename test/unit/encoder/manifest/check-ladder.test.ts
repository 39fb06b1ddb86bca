import { describe, expect, it } from "vitest";
import { ladderProblem } from "../../../../encoder/manifest/check-ladder.ts";
import { aLadder, aLadderPicture, aTrack } from "../../../support/ladders.ts";

const ladderOf = (...cuts: number[][]) =>
  aLadder({
    pictures: cuts.map((seconds, index) =>
      aLadderPicture(`picture-${index}`, {
        transport: aTrack(`picture-${index}`, seconds),
        fragments: aTrack(`picture-${index}`, seconds),
      }),
    ),
  });

describe("ladderProblem", () => {
  it("finds none in pictures that are cut alike", () => {
    expect(ladderProblem(ladderOf([6, 6, 1], [6, 6, 1]), false)).toBeNull();
  });

  it("lets the clocks of two packages round differently", () => {
    const fragments = aTrack("a", [], {
      ticksPerSecond: 30_000,
      segments: [{ number: 0, durationTicks: 180_180, sizeBytes: 1, keyframeBytes: 1 }],
    });
    const pictures = [aLadderPicture("a", { fragments, transport: aTrack("a", [6.0060005]) })];
    expect(ladderProblem(aLadder({ pictures }), false)).toBeNull();
  });

  it("finds pictures of one rate with other borders, or another end", () => {
    expect(ladderProblem(ladderOf([6, 6, 1], [6.04, 5.96, 1]), false)).toContain("cut at different times");
    expect(ladderProblem(ladderOf([6, 6, 1], [6, 6, 1.04]), false)).toContain("cut at different times");
    expect(ladderProblem(ladderOf([6, 6, 1], [6, 6]), false)).toContain("cut at different times");
  });

  it("compares only as much of an open stream as both have", () => {
    expect(ladderProblem(ladderOf([6, 6, 6], [6]), true)).toBeNull();
    expect(ladderProblem(ladderOf([6, 6, 6], [6, 6.1, 6]), true)).toContain("cut at different times");
  });

  it("does not compare pictures of other rates", () => {
    const pictures = [
      aLadderPicture("a"),
      aLadderPicture("b", {
        frameRate: { num: 24, den: 1 },
        transport: aTrack("b", [6.04]),
        fragments: aTrack("b", [6.04]),
      }),
    ];
    expect(ladderProblem(aLadder({ pictures }), false)).toBeNull();
  });

  it("finds a picture that is cut otherwise in the other package", () => {
    const pictures = [aLadderPicture("a", { transport: aTrack("a", [6, 6.5, 1]) })];
    expect(ladderProblem(aLadder({ pictures }), false)).toContain("cut at different times");
  });

  it("finds a track without segments, and numbers that do not grow", () => {
    expect(ladderProblem(ladderOf([]), false)).toBe("picture-0 has no segments");
    const track = aTrack("a");
    const segments = track.segments.map((segment) => ({ ...segment, number: 4 }));
    const pictures = [aLadderPicture("a", { transport: { ...track, segments } })];
    expect(ladderProblem(aLadder({ pictures }), false)).toBe(
      "a numbers segment 1 no higher than the one before",
    );
  });
});
