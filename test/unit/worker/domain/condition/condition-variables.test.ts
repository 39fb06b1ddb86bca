import { describe, expect, it } from "vitest";
import { conditionVariables } from "../../../../../worker/domain/condition/condition-variables.ts";
import type { VideoInfo } from "../../../../../encoder/contract/media-info.ts";
import { aMediaInfo } from "../../../../support/job-builders.ts";

const PLAIN_VIDEO = aMediaInfo().video!;

const FFPROBE = {
  streams: [
    { index: 0, codec_type: "audio", sample_rate: "44100", channels: 2 },
    {
      index: 1,
      codec_type: "video",
      width: 1920,
      nb_frames: "1500",
      disposition: { default: 1 },
      tags: { rotate: "90" },
    },
  ],
  format: {
    duration: "60.067000",
    nb_streams: 2,
    tags: { major_brand: "isom", "com.apple.quicktime.make": "Apple", "a.b": { c: "deep" } },
  },
};

const VIDEO: VideoInfo = {
  ...PLAIN_VIDEO,
  streamIndex: 1,
  codec: "h264",
  widthPx: 1920,
  heightPx: 1080,
  displayWidthPx: 1080,
  displayHeightPx: 1920,
  rotationDegrees: 90,
  frameRate: { num: 30_000, den: 1001 },
  bitrateBps: 4_000_400,
  pixelFormat: "yuv420p",
};
const MEDIA = aMediaInfo({
  durationSeconds: 60.967,
  sizeBytes: 31_000_000,
  video: VIDEO,
  audio: {
    ...{ streamIndex: 0, codec: "aac", channels: 2, channelLayout: "stereo" },
    ...{ sampleRateHz: 44_100, bitrateBps: 127_800 },
  },
});

describe("conditionVariables", () => {
  it.each([
    ["input.mime_type", "video/mp4"],
    ["input.format", "mov,mp4,m4a,3gp,3g2,mj2"],
    ["input.video_codec", "h264"],
    ["input.audio_codec", "aac"],
    ["input.file_size", 31_000_000],
    ["input.width", 1920],
    ["input.height", 1080],
    ["input.fps", 30_000 / 1001],
    ["input.ifps", 30],
    ["input.video_bitrate", 4000],
    ["input.audio_bitrate", 128],
    ["input.rotation", 90],
    ["input.is_hd", true],
    ["input.is_audio_only", false],
    ["input.duration", 60],
    ["input.channels", 2],
    ["input.sample_rate", 44_100],
    ["input.metadata.format.duration", "60.067000"],
    ["input.metadata.format.nb_streams", 2],
    ["input.metadata.format.tags.major_brand", "isom"],
    ["input.metadata.format.tags.com.apple.quicktime.make", "Apple"],
    ["input.metadata.format.tags.a.b.c", "deep"],
    ["input.metadata.streams.1.width", 1920],
    ["input.metadata.streams.1.tags.rotate", "90"],
    ["input.metadata.streams.video.nb_frames", "1500"],
    ["input.metadata.streams.audio.channels", 2],
  ])("knows %s", (name, expected) => {
    expect(conditionVariables(MEDIA, FFPROBE)(name)).toBe(expected);
  });

  it.each([
    "input.nothing",
    "width",
    "constructor",
    "__proto__",
    "input.metadata.format",
    "input.metadata.format.tags",
    "input.metadata.streams.7.width",
    "input.metadata.format.duration.seconds",
    "input.metadata.constructor.name",
    "input.metadata.format.__proto__",
    "input.metadata.",
    "input.metadata.streams.video",
  ])("gives null for %s", (name) => {
    expect(conditionVariables(MEDIA, FFPROBE)(name)).toBeNull();
  });

  it("describes a source without a picture", () => {
    const variables = conditionVariables(aMediaInfo({ video: null, mimeType: "audio/mpeg" }), FFPROBE);
    expect(variables("input.is_audio_only")).toBe(true);
    expect(variables("input.is_hd")).toBe(false);
    expect(variables("input.width")).toBeNull();
    expect(variables("input.metadata.streams.video.width")).toBeNull();
  });

  it("describes a source without sound", () => {
    const variables = conditionVariables(aMediaInfo({ audio: null }), FFPROBE);
    expect(variables("input.channels")).toBe(0);
    expect(variables("input.audio_codec")).toBeNull();
    expect(variables("input.is_audio_only")).toBe(false);
  });

  it("takes a missing video bitrate from the file's total", () => {
    const media = aMediaInfo({ bitrateBps: 2_000_000, video: { ...VIDEO, bitrateBps: null } });
    expect(conditionVariables(media, FFPROBE)("input.video_bitrate")).toBe(1872);
    expect(conditionVariables({ ...media, bitrateBps: null }, FFPROBE)("input.video_bitrate")).toBeNull();
  });

  it.each([
    [1280, 720, true],
    [720, 1280, true],
    [1280, 536, true],
    [960, 720, true],
    [854, 480, false],
    [640, 719, false],
  ])("calls %ix%i high definition: %s", (widthPx, heightPx, expected) => {
    const media = aMediaInfo({ video: { ...VIDEO, widthPx, heightPx } });
    expect(conditionVariables(media, FFPROBE)("input.is_hd")).toBe(expected);
  });
});
