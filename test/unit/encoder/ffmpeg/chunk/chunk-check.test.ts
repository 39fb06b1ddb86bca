import { describe, expect, it } from "vitest";
import type { Cut } from "../../../../../encoder/contract/timeline.ts";
import { findChunkFlaw, findJoinFlaw } from "../../../../../encoder/ffmpeg/chunk/chunk-check.ts";
import type { PacketList } from "../../../../../encoder/ffmpeg/chunk/packet-list.ts";
import { aVideoSpec } from "../../../../support/output-specs.ts";

const packets = (ptsTicks: number[], changes: Partial<PacketList> = {}): PacketList => ({
  ptsTicks: Float64Array.from(ptsTicks),
  secondsPerTick: 1 / 1000,
  isStoredInOrder: true,
  extradataHash: "SHA256:00",
  ...changes,
});
const cut = (frame: number): Cut => ({
  frame,
  ticks: 500 + frame * 14_400,
  previousTicks: 500 + (frame - 1) * 14_400,
  keyTicks: 500,
  previousKeyTicks: null,
  isOnGrid: false,
});
const span = (start: number | null, end: number | null) => ({
  videoStreamIndex: 0,
  zeroTicks: 500,
  start: start === null ? null : cut(start),
  end: end === null ? null : cut(end),
});
/** Ticks of kept frames in a chunk. */
const frames = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => 3_600_000 + (from + index) * 14_400);

const kept = (startFrame: number, endFrame: number | null) => ({ video: aVideoSpec(), startFrame, endFrame });
const fixed = (startFrame: number, endFrame: number | null) => ({
  video: aVideoSpec({ frameRate: { num: 25, den: 1 } }),
  startFrame,
  endFrame,
});
const seek = { isExact: false };
const exact = { isExact: true };

describe("findChunkFlaw", () => {
  it("finds nothing wrong with the planned frames at their times", () => {
    expect(findChunkFlaw(span(10, 20), kept(10, 20), packets(frames(10, 20)), seek)).toBeNull();
    // 25 a second on a track of 10,000 ticks, ten seconds ahead.
    const ticks = [10, 11, 12].map((frame) => 100_000 + frame * 400);
    expect(findChunkFlaw(span(10, 13), fixed(10, 13), packets(ticks), seek)).toBeNull();
  });

  it.each([
    ["a frame too few", frames(10, 19)],
    ["a frame too many", frames(10, 21)],
    ["the frames before", frames(9, 19)],
    ["the frames behind", frames(11, 21)],
    ["two frames at one time", [...frames(10, 19), 3_600_000 + 18 * 14_400]],
    ["no frame", []],
  ])("refuses %s within the source, however they were found", (_, ticks) => {
    for (const trust of [seek, exact]) {
      expect(findChunkFlaw(span(10, 20), kept(10, 20), packets(ticks), trust)).not.toBeNull();
    }
  });

  it("believes the exact way about how many frames the ends of the source have", () => {
    expect(findChunkFlaw(span(10, null), kept(10, 20), packets(frames(10, 18)), seek)).not.toBeNull();
    expect(findChunkFlaw(span(10, null), kept(10, 20), packets(frames(10, 18)), exact)).toBeNull();
    expect(findChunkFlaw(span(10, null), kept(10, 20), packets(frames(11, 18)), exact)).not.toBeNull();
    const withoutSecond = frames(0, 10).filter((_, index) => index !== 1);
    expect(findChunkFlaw(span(null, 10), kept(0, 10), packets(withoutSecond), exact)).toBeNull();
    expect(findChunkFlaw(span(null, 10), kept(0, 10), packets(frames(0, 9)), exact)).not.toBeNull();
  });

  it("refuses a hole in a fixed rate, also where the number of frames is open", () => {
    const ticks = [10, 11, 13].map((frame) => 100_000 + frame * 400);
    expect(findChunkFlaw(span(10, null), fixed(10, null), packets(ticks), exact)).toContain("frame 12");
  });

  it("refuses a picture without headers", () => {
    const list = packets(frames(10, 20), { extradataHash: "" });
    expect(findChunkFlaw(span(10, 20), kept(10, 20), list, exact)).not.toBeNull();
  });

  it("takes VP9 without headers, which has none", () => {
    const part = { ...kept(10, 20), video: aVideoSpec({ codec: "vp9" }) };
    expect(
      findChunkFlaw(span(10, 20), part, packets(frames(10, 20), { extradataHash: "" }), seek),
    ).toBeNull();
  });
});

describe("findJoinFlaw", () => {
  const rate = { num: 25, den: 1 };

  it("finds nothing wrong with all frames at their times", () => {
    expect(findJoinFlaw({ frameRate: rate, isExact: true }, 3, packets([0, 400, 800]))).toBeNull();
    expect(findJoinFlaw({ frameRate: null, isExact: true }, 3, packets([0, 7, 900]))).toBeNull();
  });

  it.each([
    ["a lost frame", [0, 800], true],
    ["a frame at another's time", [0, 400, 400], true],
    ["a frame that moved", [0, 401, 800], true],
    ["a late start", [400, 800, 1200], true],
    ["packets out of order", [0, 400, 800], false],
  ])("refuses %s", (_, ticks, isStoredInOrder) => {
    expect(
      findJoinFlaw({ frameRate: rate, isExact: true }, 3, packets(ticks, { isStoredInOrder })),
    ).not.toBeNull();
  });

  it("lets a container round to its own clock and move all times alike, and nothing else", () => {
    const own = { frameRate: { num: 30_000, den: 1001 }, isExact: false };
    expect(findJoinFlaw(own, 4, packets([67, 100, 133, 167], { isStoredInOrder: false }))).toBeNull();
    expect(findJoinFlaw(own, 4, packets([0, 33, 67, 102]))).toBe("frame 3 is at tick 102");
    expect(findJoinFlaw(own, 4, packets([0, 33, 67, 100], { secondsPerTick: null }))).not.toBeNull();
  });

  it("refuses two frames of a variable rate at one time", () => {
    expect(findJoinFlaw({ frameRate: null, isExact: true }, 3, packets([0, 7, 7]))).not.toBeNull();
  });
});
