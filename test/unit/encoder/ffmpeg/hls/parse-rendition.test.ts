import { describe, expect, it } from "vitest";
import { parseRendition } from "../../../../../encoder/ffmpeg/hls/parse-rendition.ts";

const AVCC = "\n00000000: 0164 001e ffe1 0019 6764 001e acd9 4141  .d......gd....AA\n";
const FILE = { path: "/scratch/a.mp4", sizeBytes: 1000 };

function printed(overrides: { video?: object; audio?: object } = {}): string {
  const video = {
    index: 0,
    codec_type: "video",
    codec_name: "h264",
    width: 640,
    height: 360,
    extradata: AVCC,
  };
  const audio = { index: 1, codec_type: "audio", codec_name: "aac", channels: 2, sample_rate: "48000" };
  return JSON.stringify({
    packets: [
      { stream_index: 0, dts_time: "-0.080000" },
      { stream_index: 1, dts_time: "-0.021333" },
      { stream_index: 1 },
    ],
    streams: [
      { ...video, r_frame_rate: "25/1", avg_frame_rate: "25/1", ...overrides.video },
      { ...audio, ...overrides.audio },
    ],
    format: { format_name: "mov,mp4", duration: "12.0" },
  });
}

describe("parseRendition", () => {
  it("reads size, rate, codecs and the earliest decoding time", () => {
    expect(parseRendition(printed(), FILE)).toEqual({
      path: "/scratch/a.mp4",
      durationSeconds: 12,
      video: { widthPx: 640, heightPx: 360, frameRate: { num: 25, den: 1 } },
      hasAudio: true,
      codecs: ["avc1.64001e", "mp4a.40.2"],
      earliestDtsSeconds: -0.08,
    });
  });

  it("refuses other codecs, whose strings it could not write", () => {
    expect(parseRendition(printed({ audio: { codec_name: "mp3" } }), FILE)).toBeNull();
    expect(parseRendition(printed({ video: { extradata: "\n00000000: 0000 0001\n" } }), FILE)).toBeNull();
    expect(parseRendition("", FILE)).toBeNull();
  });
});
