import { describe, expect, it } from "vitest";
import { joinTracks, keepTrack, type KeptTrack } from "../../../../../worker/domain/ledger/kept-track.ts";

const aStretch = (startTicks: number, ...durations: number[]): KeptTrack => ({
  ticksPerSecond: 90_000,
  startTicks,
  codecs: ["avc1.64001f"],
  segments: durations.map((durationTicks, index) => [index, durationTicks, 1000, null]),
});
const durationsOf = (...stretches: KeptTrack[]) =>
  joinTracks(stretches)?.segments.map(({ durationTicks }) => durationTicks);

describe("joinTracks", () => {
  it("gives back what was kept", () => {
    const segments = [{ number: 3, durationTicks: 540_000, sizeBytes: 1000, keyframeBytes: 200 }];
    const track = { ticksPerSecond: 90_000, startTicks: 7, codecs: ["avc1.64001f"], segments };
    const kept = keepTrack(track);
    expect(joinTracks(kept === null ? [] : [kept])).toEqual(track);
    expect(joinTracks([])).toBeNull();
  });

  it.each([
    ["a tick late", 1_080_001, [540_000, 540_001, 540_000]],
    ["a tick early", 1_079_999, [540_000, 539_999, 540_000]],
    ["on time", 1_080_000, [540_000, 540_000, 540_000]],
  ])("ends a stretch where the next begins, which rounding has put %s", (_, startTicks, durations) => {
    expect(durationsOf(aStretch(0, 540_000, 540_000), aStretch(startTicks, 540_000))).toEqual(durations);
  });

  it("takes no stretch that begins elsewhere: its segments would be looked for under other names", () => {
    expect(() => durationsOf(aStretch(0, 540_000), aStretch(543_000, 540_000))).toThrow(
      new RangeError("A stretch ends at 540000 ticks, the next one begins 3000 later."),
    );
  });
});
