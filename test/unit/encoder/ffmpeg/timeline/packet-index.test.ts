import { describe, expect, it } from "vitest";
import { MAX_FRAMES, type FrameList } from "../../../../../encoder/ffmpeg/timeline/frame-list.ts";
import { createPacketIndex, packetIndexArgs } from "../../../../../encoder/ffmpeg/timeline/packet-index.ts";

const timeBase = { num: 1, den: 25 };

function read(lines: readonly string[], codec = "h264"): FrameList | null {
  const index = createPacketIndex({ timeBase, codec });
  for (const line of lines) {
    index.add(line);
  }
  return index.finish();
}

function times(lines: readonly string[], codec?: string): number[] | null {
  const frames = read(lines, codec);
  return frames && [...frames.pts];
}

describe("packetIndexArgs", () => {
  it("asks for missing times to be filled in, of one stream", () => {
    const args = packetIndexArgs("file:/scratch/source", 3);
    expect(args.slice(args.indexOf("-select_streams"), args.indexOf("-select_streams") + 2)).toEqual([
      "-select_streams",
      "3",
    ]);
    expect(args.indexOf("+genpts")).toBeLessThan(args.indexOf("-i"));
  });
});

describe("createPacketIndex", () => {
  it("sorts frames by time and keeps which are keyframes", () => {
    const frames = read(["0,-2,1,K__", "3,-1,1,___", "1,0,1,___", "2,1,1,___", "4,3,5,K__"]);
    expect(frames).toEqual({
      timeBase,
      pts: Float64Array.of(0, 1, 2, 3, 4),
      isKey: Uint8Array.of(1, 0, 0, 0, 1),
      lastDuration: 5,
      largestFallback: 0,
    });
  });

  it("keeps negative times apart from their flags", () => {
    const frames = read(["-3,-3,1,K__", "-2,-2,1,___", "-1,-1,1,K__"]);
    expect([...(frames?.pts ?? [])]).toEqual([-3, -2, -1]);
    expect([...(frames?.isKey ?? [])]).toEqual([1, 0, 1]);
  });

  it("leaves out frames that the file does not show", () => {
    expect(times(["-2,-2,1,KD_", "-1,-1,1,_D_", "0,0,1,__", "1,1,1,K_"])).toEqual([0, 1]);
  });

  it("reads past the empty lines and commas of side data", () => {
    expect(times(["0,0,1,K__,", "", "1,1,1,___,", ",", "2,N/A,N/A,___"])).toEqual([0, 1, 2]);
  });

  it("gives up on a shown frame without a time, and says so at once", () => {
    const index = createPacketIndex({ timeBase, codec: "h264" });
    expect([index.add("0,0,1,K__"), index.add("N/A,1,1,___"), index.add("2,2,1,___")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(index.finish()).toBeNull();
    expect(times(["N/A,0,1,KD_", "1,1,1,___"])).toEqual([1]);
  });

  it("gives up on times that no clock has", () => {
    expect(times(["0,0,1,K__", "9223372036854775807,1,1,___"])).toBeNull();
    expect(times(["0,0,1,K__", "garbage,1,1,___"])).toBeNull();
  });

  it("measures how far the clock falls back", () => {
    expect(read(["0,0,1,K__", "1,1,1,___", "2,90,1,___", "3,20,1,___", "4,60,1,___"])?.largestFallback).toBe(
      70,
    );
  });

  it("leaves out what is stored before the first keyframe where the decoder does, and gives up elsewhere", () => {
    const lines = ["5,5,1,___", "6,6,1,___", "7,7,1,K__", "8,8,1,___"];
    expect(times(lines, "h264")).toEqual([7, 8]);
    expect(times(lines, "hevc")).toBeNull();
  });

  it("leaves out frames that lead the first keyframe where the decoder does, and gives up elsewhere", () => {
    const lines = ["7,5,1,K__", "6,6,1,___", "8,8,1,___"];
    expect(times(lines, "hevc")).toEqual([7, 8]);
    expect(times(lines, "h264")).toBeNull();
  });

  it("has nothing to show for a picture without a keyframe", () => {
    expect(times(["0,0,1,___", "1,1,1,___"])).toEqual([]);
  });

  it("stops at the limit of frames", () => {
    const index = createPacketIndex({ timeBase, codec: "h264" });
    for (let frame = 0; frame < MAX_FRAMES; frame += 1) {
      index.add(`${frame},0,1,K__`);
    }
    expect(index.add("0,0,1,K__")).toBe(false);
    expect(index.finish()).toBeNull();
  }, 60_000);
});
