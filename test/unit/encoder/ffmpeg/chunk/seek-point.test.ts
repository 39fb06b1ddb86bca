import { describe, expect, it } from "vitest";
import type { Cut } from "../../../../../encoder/contract/timeline.ts";
import { seekArgs, seekTicks } from "../../../../../encoder/ffmpeg/chunk/seek-point.ts";

const cut = (changes: Partial<Cut> = {}): Cut => ({
  frame: 50,
  ticks: 720_000,
  previousTicks: 705_600,
  keyTicks: 360_000,
  previousKeyTicks: 180_000,
  isOnGrid: true,
  ...changes,
});
const MP4 = "mov,mp4,m4a,3gp,3g2,mj2";

describe("seekTicks", () => {
  it.each([MP4, "matroska,webm", "flv", "avi"])(
    "enters %s at the last keyframe before the edge",
    (formatName) => {
      expect(seekTicks(cut(), { formatName, needsFrameBefore: false })).toBe(360_000);
      expect(seekTicks(cut({ keyTicks: 720_000 }), { formatName, needsFrameBefore: false })).toBe(720_000);
    },
  );

  it.each(["mpegts", "mpeg", "asf"])("enters %s a little before the keyframe before that", (formatName) => {
    expect(seekTicks(cut(), { formatName, needsFrameBefore: false })).toBe(176_400);
  });

  it("decodes a frame from before the edge for a fixed rate and for deinterlacing", () => {
    expect(seekTicks(cut(), { formatName: MP4, needsFrameBefore: true })).toBe(360_000);
    const onKeyframe = cut({ keyTicks: 720_000, previousKeyTicks: 360_000 });
    expect(seekTicks(onKeyframe, { formatName: MP4, needsFrameBefore: true })).toBe(360_000);
  });

  it("begins at the beginning where no such keyframe is known", () => {
    expect(seekTicks(null, { formatName: MP4, needsFrameBefore: false })).toBeNull();
    expect(
      seekTicks(cut({ previousKeyTicks: null }), { formatName: "mpegts", needsFrameBefore: false }),
    ).toBeNull();
    const first = cut({ keyTicks: 720_000, previousKeyTicks: null });
    expect(seekTicks(first, { formatName: MP4, needsFrameBefore: true })).toBeNull();
  });
});

describe("seekArgs", () => {
  it("names absolute source times, also from before zero", () => {
    expect(seekArgs(1_234_567)).toEqual(["-seek_timestamp", "1", "-noaccurate_seek", "-ss", "3.429353"]);
    expect(seekArgs(-36_000).at(-1)).toBe("-0.1");
    expect(seekArgs(null)).toEqual([]);
  });
});
