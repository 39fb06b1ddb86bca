import { describe, expect, it } from "vitest";
import { weighArgs } from "../../../../../encoder/ffmpeg/chunk/weigh-args.ts";

/** Frames 100 to 149 at 25 a second. */
const cut = (frame: number) => {
  const ticks = 1_000 + frame * 14_400;
  const key = { keyTicks: ticks, previousKeyTicks: null };
  return { frame, ticks, previousTicks: ticks - 14_400, isOnGrid: true, ...key };
};
const plan = {
  sourceUrl: "http://127.0.0.1:40001/source",
  sourceFrameRate: { num: 25, den: 1 },
  videoStreamIndex: 2,
  zeroTicks: 1_000,
  start: cut(100),
  end: cut(150),
  threads: 1,
  seekTicks: 1_441_000,
};

describe("weighArgs", () => {
  it("encodes the span's own frames in small", () => {
    const args = weighArgs({ ...plan, outputPath: "/scratch/small.h264" });
    expect(args[args.indexOf("-filter_complex") + 1]).toBe(
      "[0:2]settb=expr=1/360000,setpts=PTS-(1000),trim=start_pts=1432800:end_pts=2152800," +
        String.raw`scale=w=trunc(min(320\,iw)/2)*2:h=-2:flags=bilinear,setsar=1,format=yuv420p,setpts=PTS-STARTPTS[small]`,
    );
    expect(args.slice(-3)).toEqual(["-f", "h264", "file:/scratch/small.h264"]);
  });
});
