import { describe, expect, it } from "vitest";
import { parseProbe, type ProbedMedia } from "../../../../../encoder/ffmpeg/probe/parse-probe.ts";
import { findExceededLimit } from "../../../../../encoder/ffmpeg/probe/source-limits.ts";

function probed(overrides: { widthPx?: number; streamCount?: number; seconds?: number }): ProbedMedia {
  const { widthPx = 8192, streamCount = 64, seconds = 86_400 } = overrides;
  const video = { index: 0, codec_type: "video", codec_name: "h264", width: widthPx, height: 4320 };
  const sound = { codec_type: "audio", codec_name: "aac", channels: 1, sample_rate: "8000" };
  const streams = [
    video,
    ...Array.from({ length: streamCount - 1 }, (_, index) => ({ ...sound, index: index + 1 })),
  ];
  const media = parseProbe(JSON.stringify({ streams, format: { duration: String(seconds) } }), 1);
  if (media === null) {
    throw new Error("not media");
  }
  return media;
}

const limitOf = (overrides: Parameters<typeof probed>[0]) => {
  const { mediaInfo, ffprobe } = probed(overrides);
  return findExceededLimit(mediaInfo, ffprobe);
};

describe("findExceededLimit", () => {
  it("accepts a source that is exactly as large as allowed", () => {
    expect(limitOf({})).toBeNull();
  });

  it("refuses one pixel column, one stream and one second more", () => {
    expect(limitOf({ widthPx: 8193 })).toContain("8192x4320");
    expect(limitOf({ streamCount: 65 })).toContain("64 streams");
    expect(limitOf({ seconds: 86_401 })).toContain("24 hours");
  });
});
