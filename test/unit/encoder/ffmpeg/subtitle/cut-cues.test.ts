import { describe, expect, it } from "vitest";
import { cutCues, type UncutCue } from "../../../../../encoder/ffmpeg/subtitle/cut-cues.ts";

const cue = (startMs: number, durationMs: number | null, text = "a"): UncutCue => ({
  startMs,
  durationMs,
  settings: "",
  text,
});
const timesOf = (cues: UncutCue[], startMs = 0, lengthMs: number | null = null) =>
  cutCues(cues, { startMs, lengthMs }).map((cut) => [cut.startMs, cut.endMs]);

describe("cutCues", () => {
  it("moves cues to the span's clock and cuts those at its edges", () => {
    const cues = [cue(0, 1_000), cue(500, 1_000), cue(1_200, 100), cue(1_900, 500), cue(2_000, 500)];
    expect(timesOf(cues, 1_000, 1_000)).toEqual([
      [0, 500],
      [200, 300],
      [900, 1_000],
    ]);
  });

  it("takes text from before the clock starts", () => {
    expect(timesOf([cue(-500, 1_000), cue(-500, 400)])).toEqual([[0, 500]]);
  });

  it("does not leave text for ever whose end comes before its start, which reads as days", () => {
    expect(timesOf([cue(5_000, 2 ** 32 - 4_000), cue(9_000, 1_000), cue(20_000, 2 ** 53)])).toEqual([
      [5_000, 9_000],
      [9_000, 10_000],
      [20_000, 30_000],
    ]);
  });

  it("drops cues that end when or before they start", () => {
    expect(timesOf([cue(5, 0), cue(5, -10)])).toEqual([]);
  });

  it("ends a cue of unknown length at the next other start, after ten seconds at most", () => {
    expect(timesOf([cue(0, null), cue(0, null, "b"), cue(700, null), cue(60_000, null)])).toEqual([
      [0, 700],
      [0, 700],
      [700, 10_700],
      [60_000, 70_000],
    ]);
  });

  it("puts cues in the order of their starts and says the same only once", () => {
    const cues = [cue(5, 5, "late"), cue(1, 2, "b"), cue(1, 2, "a"), cue(1, 2, "b"), cue(1, 3, "b")];
    expect(cutCues(cues, { startMs: 0, lengthMs: null }).map(({ text }) => text)).toEqual([
      "b",
      "a",
      "b",
      "late",
    ]);
  });
});
