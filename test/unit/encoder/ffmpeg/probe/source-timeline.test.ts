import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseProbe, type ProbedMedia } from "../../../../../encoder/ffmpeg/probe/parse-probe.ts";
import {
  exactEndSeconds,
  timelineZero,
  zeroStream,
} from "../../../../../encoder/ffmpeg/probe/source-timeline.ts";

function probe(trait: string): ProbedMedia {
  const url = new URL(`../../../../fixtures/probe/${trait}.json`, import.meta.url);
  const probed = parseProbe(readFileSync(url, "utf8"), 1);
  if (probed === null) {
    throw new Error(`${trait} was not taken for media`);
  }
  return probed;
}

describe("timelineZero", () => {
  it("is the first picture when a muxer moved it back by the priming of the sound", () => {
    expect(timelineZero(probe("mpegts-late-picture"))).toBe(0.023222);
    expect(timelineZero(probe("ten-bit-matroska"))).toBe(0.014);
  });

  it("is the start of the file when the picture is late on purpose, so that no sound is lost", () => {
    expect(timelineZero(probe("late-picture"))).toBe(0);
  });

  it("is the start of the file when the sound is late or alone", () => {
    expect(timelineZero(probe("late-audio"))).toBe(0);
    expect(timelineZero(probe("cover-art"))).toBe(0);
  });

  it("is the start of the file when the times are nonsense", () => {
    expect(timelineZero(probe("hostile-numbers"))).toBe(0);
  });
});

describe("zeroStream", () => {
  it("is the stream with which a transport stream starts", () => {
    expect(zeroStream(probe("mpegts-late-picture"))).toBe(1);
  });

  it("is none where the start of the file is FFmpeg's zero, whichever streams are read", () => {
    expect(zeroStream(probe("late-audio"))).toBeNull();
    expect(zeroStream(probe("ten-bit-matroska"))).toBeNull();
  });

  it("is none that FFmpeg could not even copy, and none without a start", () => {
    const { mediaInfo, ffprobe } = probe("mpegts-late-picture");
    const withStreams = (...streams: ProbedMedia["ffprobe"]["streams"]) =>
      zeroStream({ mediaInfo, ffprobe: { ...ffprobe, streams } });
    const picture = { index: 0, codec_type: "video", start_time: "1.4" };
    const sound = { index: 1, codec_type: "audio", sample_rate: "48000", start_time: "1.5" };
    expect(withStreams(picture, sound)).toBe(1);
    expect(withStreams({ ...picture, width: 160, height: 90 }, sound)).toBe(0);
    expect(withStreams({ ...sound, sample_rate: "0" }, { index: 2, codec_type: "data" })).toBeNull();
  });
});

describe("exactEndSeconds", () => {
  it("adds a stream's start and duration", () => {
    expect(exactEndSeconds(probe("late-audio").ffprobe, [1])).toBeCloseTo(2.5, 1);
    expect(exactEndSeconds(probe("late-audio").ffprobe, [0])).toBeCloseTo(2.002, 3);
  });

  it("reads Matroska's own tag", () => {
    expect(exactEndSeconds(probe("ten-bit-matroska").ffprobe, [0])).toBeCloseTo(2.007, 1);
  });

  it("trusts no container that estimates", () => {
    expect(exactEndSeconds(probe("mpegts-late-picture").ffprobe, [0, 1])).toBeNull();
    expect(exactEndSeconds(probe("cover-art").ffprobe, [0])).toBeNull();
  });
});
