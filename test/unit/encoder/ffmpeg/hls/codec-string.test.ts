import { describe, expect, it } from "vitest";
import { h264CodecString } from "../../../../../encoder/ffmpeg/hls/codec-string.ts";

describe("h264CodecString", () => {
  it("reads profile, compatibility and level from an avcC box", () => {
    const dump = "\n00000000: 0164 001f ffe1 0019 6764 001f acd9 4141  .d......gd....AA\n";
    expect(h264CodecString(dump)).toBe("avc1.64001f");
  });

  it("refuses other extradata", () => {
    expect(h264CodecString("\n00000000: 0000 0001 6764 001f  ....gd..\n")).toBeNull();
    expect(h264CodecString("")).toBeNull();
  });
});
