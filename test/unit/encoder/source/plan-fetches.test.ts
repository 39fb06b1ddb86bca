import { describe, expect, it } from "vitest";
import {
  type FetchView,
  goesOn,
  isWantedBlock,
  planFetch,
  type ReaderView,
  type SourceView,
} from "../../../../encoder/source/plan-fetches.ts";

/** Blocks of 100 bytes, 10,050 bytes in all, at most 1,000 ahead. */
function aView({
  filled = {},
  ...changes
}: Partial<SourceView> & { filled?: Record<number, number> } = {}): SourceView {
  return {
    sizeBytes: 10_050,
    blockBytes: 100,
    readers: [],
    fetches: [],
    filledBytes: (index) => filled[index] ?? null,
    maxFetches: 2,
    maxReadAheadBytes: 1_000,
    readsAhead: true,
    ...changes,
  };
}

const aReader = (changes: Partial<ReaderView> = {}): ReaderView => ({
  startByte: 0,
  position: 0,
  endByte: 10_050,
  waitingSince: null,
  ...changes,
});

/** A reader that waits at the byte at which it began. */
const waitingAt = (byte: number, waitingSince = 0): ReaderView =>
  aReader({ startByte: byte, position: byte, waitingSince });

const aFetch = (position: number, endByte: number): FetchView => ({ position, endByte });

/** Blocks 0 to `count` - 1 are there. */
const full = (count: number): Record<number, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [index, 100]));

describe("planFetch", () => {
  it("fetches two blocks for a reader that has just begun, from the beginning of its block", () => {
    const plan = planFetch(aView({ readers: [waitingAt(550)] }));
    expect(plan).toEqual({ kind: "fetch", startByte: 500, endByte: 700 });
  });

  it("goes on where a block was left unfinished", () => {
    const plan = planFetch(aView({ readers: [waitingAt(550)], filled: { 5: 30 } }));
    expect(plan).toEqual({ kind: "fetch", startByte: 530, endByte: 800 });
  });

  it("ends a fetch before a block that is there, and with the source", () => {
    expect(planFetch(aView({ readers: [waitingAt(500)], filled: { 6: 100 } }))).toMatchObject({
      endByte: 600,
    });
    expect(planFetch(aView({ readers: [waitingAt(10_010)] }))).toMatchObject({ endByte: 10_050 });
  });

  it("fetches no further than the block in which a reader ends", () => {
    const reader = { ...waitingAt(500), endByte: 510 };
    expect(planFetch(aView({ readers: [reader] }))).toMatchObject({ endByte: 600 });
  });

  it("fetches the further ahead the more was read in a row, up to the limit", () => {
    const planAt = (position: number) =>
      planFetch(aView({ readers: [aReader({ position, waitingSince: 0 })], filled: full(position / 100) }));
    expect(planAt(300)).toEqual({ kind: "fetch", startByte: 300, endByte: 900 });
    expect(planAt(5_000)).toEqual({ kind: "fetch", startByte: 5_000, endByte: 6_000 });
  });

  it("lets a reader wait for a fetch that is near, and gives it its own when that is far away", () => {
    const fetches = [aFetch(1_000, 2_000)];
    expect(planFetch(aView({ readers: [waitingAt(1_200)], fetches }))).toBeNull();
    expect(planFetch(aView({ readers: [waitingAt(1_201)], fetches }))).toMatchObject({ startByte: 1_200 });
    expect(planFetch(aView({ readers: [waitingAt(900)], fetches }))).toMatchObject({
      startByte: 900,
      endByte: 1_100,
    });
  });

  it("takes a reader whose byte has just come for one that does not wait", () => {
    const view = aView({ readers: [waitingAt(550)], filled: { 5: 100 }, readsAhead: false });
    expect(planFetch(view)).toBeNull();
  });

  it("starts the next fetch while half of what was read ahead is still there", () => {
    const readers = [aReader({ position: 2_000 })];
    expect(planFetch(aView({ readers, filled: full(25) }))).toBeNull();
    expect(planFetch(aView({ readers, filled: full(24) }))).toEqual({
      kind: "fetch",
      startByte: 2_400,
      endByte: 3_400,
    });
    expect(planFetch(aView({ readers, filled: full(24), fetches: [aFetch(2_400, 2_500)] }))).toBeNull();
  });

  it("reads ahead neither when that makes no sense, nor on the last connection's cost, nor beyond a reader's end", () => {
    const readers = [aReader({ position: 2_000 })];
    expect(planFetch(aView({ readers, filled: full(20), readsAhead: false }))).toBeNull();
    const fetches = [aFetch(5_000, 5_100), aFetch(6_000, 6_100)];
    expect(planFetch(aView({ readers, filled: full(20), fetches }))).toBeNull();
    expect(
      planFetch(aView({ readers: [aReader({ position: 50, endByte: 80 })], filled: full(1) })),
    ).toBeNull();
  });

  it("serves the reader first that has waited longest", () => {
    const readers = [waitingAt(3_000, 7), waitingAt(2_000, 5)];
    expect(planFetch(aView({ readers }))).toMatchObject({ startByte: 2_000 });
  });

  it("takes the connection that nobody waits for, and else says that a reader starves", () => {
    const busy = aFetch(2_000, 2_200);
    const idle = aFetch(5_000, 5_200);
    const readers = [waitingAt(2_000, 0), waitingAt(8_000, 1)];
    expect(planFetch(aView({ readers, fetches: [busy, idle] }))).toEqual({ kind: "giveWay", fetch: idle });
    const third = waitingAt(5_000, 2);
    expect(planFetch(aView({ readers: [...readers, third], fetches: [busy, idle] }))).toEqual({
      kind: "starved",
    });
  });

  it("does nothing for a source that nobody reads", () => {
    expect(planFetch(aView())).toBeNull();
  });
});

describe("goesOn", () => {
  it("goes on into blocks that are missing and that a reader will come to", () => {
    const readers = [aReader({ position: 1_000 })];
    expect(goesOn(aView({ readers }), 15)).toBe(true);
    expect(goesOn(aView({ readers, filled: { 15: 1 } }), 15)).toBe(false);
    expect(goesOn(aView({ readers }), 20)).toBe(false);
    expect(goesOn(aView({ readers }), 9)).toBe(false);
    expect(goesOn(aView(), 15)).toBe(false);
  });
});

describe("isWantedBlock", () => {
  it("counts the block in which a reader is and those ahead of it, and not those behind", () => {
    const view = aView({ readers: [aReader({ startByte: 450, position: 550 })] });
    expect([4, 5, 6, 7, 8].map((index) => isWantedBlock(view, index))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });
});
