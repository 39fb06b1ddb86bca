import { describe, expect, it } from "vitest";
import { CONTAINERS, IMAGE_CONTAINERS } from "../../../../encoder/contract/formats.ts";
import { contentTypeOf } from "../../../../encoder/storage/content-type.ts";

describe("contentTypeOf", () => {
  it.each([
    ["out/video.mp4", "video/mp4"],
    ["hls/segment_001.ts", "video/mp2t"],
    ["hls/master.m3u8", "application/vnd.apple.mpegurl"],
    ["thumb.JPG", "image/jpeg"],
    ["thumb.png", "image/png"],
    ["anim.gif", "image/gif"],
    ["thumb.webp", "image/webp"],
    ["hls/master.mpd", "application/dash+xml"],
    ["dash/video/avc1/1/init.mp4", "video/mp4"],
    ["dash/video/avc1/1/seg-0.m4s", "video/iso.segment"],
    ["hls/text/en-1/subtitles.vtt", "text/vtt; charset=utf-8"],
    ["hls/keys/0.key", "application/octet-stream"],
    ["noextension", "application/octet-stream"],
    ["mp4", "application/octet-stream"],
  ])("names %s %s", (name, contentType) => {
    expect(contentTypeOf(name)).toBe(contentType);
  });

  it("knows every extension of an output", () => {
    const rows = [...Object.values(CONTAINERS), ...Object.values(IMAGE_CONTAINERS)];
    const unknown = rows
      .flatMap(({ extensions }): readonly string[] => extensions)
      .filter((extension) => contentTypeOf(`a.${extension}`) === "application/octet-stream");
    expect(unknown).toEqual([]);
  });
});
