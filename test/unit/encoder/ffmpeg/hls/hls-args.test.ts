import { describe, expect, it } from "vitest";
import { hlsArgs, packageOffset } from "../../../../../encoder/ffmpeg/hls/hls-args.ts";

const PLAN = { renditionPath: "/scratch/a.mp4", segmentSeconds: 6, offsetSeconds: 10 };

describe("hlsArgs", () => {
  it("copies picture and sound into transport stream segments", () => {
    const args = hlsArgs({ ...PLAN, hasVideo: true, hasAudio: true });
    expect(args.slice(args.indexOf("-i"))).toEqual([
      ...["-i", "file:/scratch/a.mp4", "-map", "0:v:0", "-map", "0:a:0", "-c", "copy"],
      ...[
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-output_ts_offset",
        "10",
        "-f",
        "hls",
        "-hls_time",
        "6",
      ],
      ...[
        "-hls_playlist_type",
        "vod",
        "-hls_list_size",
        "0",
        "-hls_segment_type",
        "mpegts",
        "-start_number",
        "0",
      ],
      ...["-hls_segment_filename", "segment-%d.ts", "stream.m3u8"],
    ]);
  });

  it("maps the sound alone where there is no picture", () => {
    const args = hlsArgs({ ...PLAN, hasVideo: false, hasAudio: true });
    expect(args.filter((_, index) => args[index - 1] === "-map")).toEqual(["0:a:0"]);
  });
});

describe("packageOffset", () => {
  it("is equal for all usual sources and grows with a very slow one", () => {
    expect(packageOffset(0)).toBe(10);
    expect(packageOffset(-0.08)).toBe(10);
    expect(packageOffset(-24.2)).toBe(25);
  });
});
