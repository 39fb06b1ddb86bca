import { describe, expect, it } from "vitest";
import { contentTypeOf } from "../../../../encoder/storage/content-type.ts";

describe("contentTypeOf", () => {
  it.each([
    ["out/video.mp4", "video/mp4"],
    ["hls/segment_001.ts", "video/mp2t"],
    ["hls/master.m3u8", "application/vnd.apple.mpegurl"],
    ["thumb.JPG", "image/jpeg"],
    ["thumb.png", "image/png"],
    ["noextension", "application/octet-stream"],
    ["mp4", "application/octet-stream"],
  ])("names %s %s", (name, contentType) => {
    expect(contentTypeOf(name)).toBe(contentType);
  });
});
