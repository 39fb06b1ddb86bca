import { describe, expect, it } from "vitest";
import { readableWebvtt } from "../../../../../encoder/ffmpeg/subtitle/readable-webvtt.ts";

describe("readableWebvtt", () => {
  it("keeps the cues with their settings, and nothing of what FFmpeg stumbles over", () => {
    const blocks = [
      "WEBVTT Title\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000",
      "STYLE\n::cue { color: red }",
      "REGION\nid:a",
      "NOTE 00:00.000 --> 00:01.000",
      "name\n00:01.000 --> 00:02.000 line:0\none\ntwo",
      "not a cue",
      "1:00:01.000 --> 1:00:02.000\nthree",
      "00:05.000 -> 00:06.000\nbroken",
    ];
    const cues = ["00:01.000 --> 00:02.000 line:0\none\ntwo", "1:00:01.000 --> 1:00:02.000\nthree"];
    const expected = `WEBVTT\n\n${cues.join("\n\n")}\n`;
    expect(readableWebvtt(blocks.join("\n\n\n"))).toBe(expected);
    expect(readableWebvtt(blocks.join("\r\n\r\n").replaceAll("\n", "\r\n").replaceAll("\r\r", "\r"))).toBe(
      expected,
    );
  });

  it("is a file without cues where there is none", () => {
    expect(readableWebvtt("WEBVTT")).toBe("WEBVTT\n");
  });
});
