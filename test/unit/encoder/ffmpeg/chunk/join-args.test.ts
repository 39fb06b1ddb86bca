import { describe, expect, it } from "vitest";
import { joinArgs, tellsOfDisorder, type JoinPlan } from "../../../../../encoder/ffmpeg/chunk/join-args.ts";

const plan: JoinPlan = {
  container: "mp4",
  isFragmented: false,
  keepsMetadata: true,
  codecs: { video: "h264", audio: "aac" },
  picturePath: "/scratch/picture.mp4",
  audioPath: "/scratch/audio.mp4",
  frameRate: { num: 30000, den: 1001 },
  outputPath: "/scratch/out.mp4",
};

describe("joinArgs", () => {
  it("takes the chunks' offset off the picture and nothing off the sound", () => {
    const args = joinArgs(plan);
    expect(args.filter((arg) => arg === "-itsoffset")).toHaveLength(1);
    expect(args[args.indexOf("-itsoffset") + 1]).toBe("-10.01");
    expect(args.indexOf("-itsoffset")).toBeLessThan(args.indexOf("file:/scratch/picture.mp4"));
    expect(args.slice(args.indexOf("file:/scratch/audio.mp4") + 1)).toEqual([
      ...["-map", "0:v:0", "-map", "1:a:0", "-c", "copy"],
      ...["-map_metadata", "0", "-map_chapters", "-1", "-write_tmcd", "0"],
      ...["-video_track_timescale", "30000", "-max_muxing_queue_size", "4096"],
      ...["-movflags", "+faststart", "-f", "mp4", "file:/scratch/out.mp4"],
    ]);
  });

  it("writes the container of the rendition with its own flags and clock", () => {
    const webm = joinArgs({ ...plan, container: "webm", keepsMetadata: false });
    expect(webm.slice(webm.indexOf("-map_metadata"))).toEqual([
      ...["-map_metadata", "-1", "-map_chapters", "-1", "-max_muxing_queue_size", "4096"],
      ...["-cues_to_front", "1", "-f", "webm", "file:/scratch/out.mp4"],
    ]);
  });

  it("maps no sound where there is none", () => {
    expect(joinArgs({ ...plan, audioPath: null })).not.toContain("1:a:0");
  });
});

describe("tellsOfDisorder", () => {
  it("knows the complaint of every version", () => {
    expect(
      tellsOfDisorder("[mp4 @ 0x1] [warning] Non-monotonous DTS in output stream 0:0; previous: 1"),
    ).toBe(true);
    expect(
      tellsOfDisorder("[vost#0:0/copy @ 0x1] [warning] Non-monotonic DTS; previous: 1, current: 0"),
    ).toBe(true);
    expect(tellsOfDisorder("[warning] something else")).toBe(false);
  });
});
