import { describe, expect, it } from "vitest";
import {
  areAligned,
  parseMediaPlaylist,
  type MediaPlaylist,
} from "../../../../../encoder/ffmpeg/hls/media-playlist.ts";

const TEXT = [
  "#EXTM3U",
  "#EXT-X-VERSION:3",
  "#EXT-X-TARGETDURATION:6",
  "#EXT-X-MEDIA-SEQUENCE:0",
  "#EXT-X-PLAYLIST-TYPE:VOD",
  "#EXTINF:6.006000,",
  "segment-0.ts",
  "#EXTINF:3.003000,",
  "segment-1.ts",
  "#EXT-X-ENDLIST",
  "",
].join("\n");

describe("parseMediaPlaylist", () => {
  it("reads names and durations", () => {
    expect(parseMediaPlaylist(TEXT)).toEqual({
      targetDurationSeconds: 6,
      segments: [
        { name: "segment-0.ts", durationSeconds: 6.006 },
        { name: "segment-1.ts", durationSeconds: 3.003 },
      ],
    });
  });

  it("refuses a list that is cut off or empty", () => {
    expect(parseMediaPlaylist(TEXT.replace("#EXT-X-ENDLIST", ""))).toBeNull();
    expect(parseMediaPlaylist("")).toBeNull();
    expect(parseMediaPlaylist("#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-ENDLIST")).toBeNull();
  });
});

describe("areAligned", () => {
  const playlist = (...durations: number[]): MediaPlaylist => ({
    targetDurationSeconds: 6,
    segments: durations.map((durationSeconds, index) => ({ name: `segment-${index}.ts`, durationSeconds })),
  });
  const rendition = (list: MediaPlaylist, num = 25) => ({ playlist: list, frameRate: { num, den: 1 } });

  it("accepts equal cuts, whatever the last segment's length", () => {
    expect(areAligned([rendition(playlist(6, 6, 2)), rendition(playlist(6, 6, 2.04))])).toBe(true);
  });

  it("refuses other cuts and another number of segments", () => {
    expect(areAligned([rendition(playlist(6, 6, 2)), rendition(playlist(6.04, 5.96, 2))])).toBe(false);
    expect(areAligned([rendition(playlist(6, 6)), rendition(playlist(6, 6, 2))])).toBe(false);
  });

  it("does not compare different frame rates", () => {
    expect(areAligned([rendition(playlist(6, 6)), rendition(playlist(6.04, 6), 30)])).toBe(true);
  });
});
