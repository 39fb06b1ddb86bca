import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mediaInfoSchema, ffprobeSchema } from "../../../../../encoder/contract/media-info.ts";
import {
  parseProbe,
  type ProbedMedia,
  withFrameOf,
} from "../../../../../encoder/ffmpeg/probe/parse-probe.ts";

/** ffprobe's output for a file with this trait, from `test/fixtures/probe/`. */
function probe(trait: string, sizeBytes = 1234): ProbedMedia {
  const url = new URL(`../../../../fixtures/probe/${trait}.json`, import.meta.url);
  const probed = parseProbe(readFileSync(url, "utf8"), sizeBytes);
  if (probed === null) {
    throw new Error(`${trait} was not taken for media`);
  }
  return probed;
}

const A_PICTURE = {
  index: 0,
  codec_type: "video",
  codec_name: "h264",
  width: 64,
  height: 48,
  pix_fmt: "yuv420p",
};

function videoOf(overrides: Record<string, string>) {
  const streams = [{ ...A_PICTURE, ...overrides }];
  return parseProbe(JSON.stringify({ streams, format: {} }), 1)?.mediaInfo.video;
}

describe("parseProbe", () => {
  it("reads container, picture and sound of an ordinary MP4", () => {
    expect(probe("h264-aac", 4321).mediaInfo).toEqual({
      formatName: "mov,mp4,m4a,3gp,3g2,mj2",
      mimeType: "video/mp4",
      sizeBytes: 4321,
      durationSeconds: 2.002,
      bitrateBps: expect.any(Number),
      video: {
        streamIndex: 0,
        codec: "h264",
        widthPx: 320,
        heightPx: 180,
        displayWidthPx: 320,
        displayHeightPx: 180,
        rotationDegrees: 0,
        frameRate: { num: 30000, den: 1001 },
        bitrateBps: expect.any(Number),
        pixelFormat: "yuv420p",
        colour: { matrix: "bt601", primaries: "smpte170m", transfer: "smpte170m", range: "tv" },
        isInterlaced: false,
        hasAlpha: false,
      },
      audio: {
        streamIndex: 1,
        codec: "aac",
        channels: 1,
        channelLayout: "mono",
        sampleRateHz: 44100,
        bitrateBps: expect.any(Number),
      },
      audioTracks: [
        {
          streamIndex: 1,
          codec: "aac",
          channels: 1,
          channelLayout: "mono",
          sampleRateHz: 44100,
          bitrateBps: expect.any(Number),
          language: null,
          title: null,
          isDefault: true,
          isForced: false,
        },
      ],
      subtitleTracks: [],
    });
  });

  it("names the clockwise turn of a display matrix and swaps the displayed sides", () => {
    expect(probe("rotated-90").mediaInfo.video).toMatchObject({
      rotationDegrees: 90,
      widthPx: 320,
      heightPx: 180,
      displayWidthPx: 180,
      displayHeightPx: 320,
    });
    expect(probe("rotated-270").mediaInfo.video).toMatchObject({ rotationDegrees: 270, displayWidthPx: 180 });
  });

  it("reads the turn from the rotate tag of older files", () => {
    expect(probe("rotate-tag").mediaInfo.video).toMatchObject({ rotationDegrees: 270, displayHeightPx: 320 });
  });

  it("widens anamorphic pictures to square pixels", () => {
    expect(probe("anamorphic").mediaInfo).toMatchObject({
      mimeType: "video/mpeg",
      video: { widthPx: 720, heightPx: 576, displayWidthPx: 1024, displayHeightPx: 576 },
    });
  });

  it("does not take cover art for video", () => {
    const { mediaInfo } = probe("cover-art");
    expect(mediaInfo.video).toBeNull();
    expect(mediaInfo).toMatchObject({ mimeType: "audio/mpeg", audio: { codec: "mp3", streamIndex: 0 } });
  });

  it("has no audio where there is none", () => {
    expect(probe("no-audio").mediaInfo).toMatchObject({ audio: null, video: { codec: "h264" } });
  });

  it("chooses the first sound that can be decoded", () => {
    const { mediaInfo, ffprobe } = probe("unknown-audio-first");
    expect(mediaInfo.audio).toMatchObject({ streamIndex: 2, codec: "aac" });
    expect(ffprobe.streams).toHaveLength(3);
  });

  it("tells WebM from Matroska by its codecs", () => {
    expect(probe("webm").mediaInfo.mimeType).toBe("video/webm");
    expect(probe("ten-bit-matroska").mediaInfo).toMatchObject({
      mimeType: "video/x-matroska",
      video: { codec: "hevc", pixelFormat: "yuv420p10le" },
    });
  });

  it("takes the duration of the longest stream when the container has none", () => {
    expect(probe("no-format-duration").mediaInfo.durationSeconds).toBe(2.25);
  });

  it("turns impossible numbers into null and passes the wire's own schema", () => {
    const { mediaInfo, ffprobe } = probe("hostile-numbers");
    expect(mediaInfo).toMatchObject({
      durationSeconds: 2,
      bitrateBps: null,
      video: {
        bitrateBps: null,
        frameRate: null,
        rotationDegrees: 0,
        displayWidthPx: 320,
        displayHeightPx: 180,
      },
      audio: { bitrateBps: null },
    });
    expect(mediaInfoSchema.parse(mediaInfo)).toEqual(mediaInfo);
    expect(ffprobeSchema.parse(ffprobe)).toEqual(ffprobe);
    expect(JSON.stringify(mediaInfo)).not.toContain("NaN");
  });

  it("drops the tags of a source that has megabytes of them, and keeps what describes the streams", () => {
    const tags = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [`tag${index}`, "x".repeat(4000)]),
    );
    const streams = Array.from({ length: 60 }, (_, index) => ({
      index,
      codec_type: "video",
      codec_name: "h264",
      width: 16,
      height: 16,
      tags,
    }));
    const probed = parseProbe(JSON.stringify({ streams, format: { format_name: "matroska", tags } }), 1);
    expect(JSON.stringify(probed?.ffprobe).length).toBeLessThan(300_000);
    expect(probed?.ffprobe.streams[59]).toMatchObject({ index: 59, codec_name: "h264", width: 16 });
  });

  it("keeps the tree small whatever the tags hold", () => {
    const { ffprobe } = probe("hostile-numbers");
    const tags = ffprobe.streams[0]?.["tags"] as Record<string, string>;
    expect(tags["comment"]).toHaveLength(4096);
    expect(Object.keys(tags).every((key) => key.length <= 200)).toBe(true);
    expect(Object.keys(ffprobe.format["tags"] as object).length).toBeLessThanOrEqual(200);
  });

  it("blanks the file name and keeps everything else of the format", () => {
    const { format } = probe("h264-aac").ffprobe;
    expect(format).toMatchObject({ filename: "", nb_streams: 2, tags: { title: "Clip" } });
  });

  it.each([
    ["progressive", false],
    ["unknown", false],
    ["tt", true],
    ["bb", true],
    ["tb", true],
    ["bt", true],
  ])("reads the field order %s", (field_order, isInterlaced) => {
    expect(videoOf({ field_order })).toMatchObject({ isInterlaced });
  });

  it.each([
    ["yuv420p", false],
    ["rgb24", false],
    ["yuva444p12le", true],
    ["rgba", true],
    ["bgra", true],
    ["gbrap10le", true],
    ["ya8", true],
    ["pal8", true],
  ])("knows whether %s has transparency", (pix_fmt, hasAlpha) => {
    expect(videoOf({ pix_fmt })).toMatchObject({ hasAlpha });
  });

  it("leaves a layout out that FFmpeg only counts", () => {
    const layoutOf = (channel_layout: string) => {
      const stream = { index: 0, codec_type: "audio", codec_name: "pcm_s16le", sample_fmt: "s16" };
      const streams = [{ ...stream, channels: 6, sample_rate: "48000", channel_layout }];
      return parseProbe(JSON.stringify({ streams, format: {} }), 1)?.mediaInfo.audio?.channelLayout;
    };
    expect(layoutOf("5.1(side)")).toBe("5.1(side)");
    expect(layoutOf("6 channels")).toBeNull();
    expect(layoutOf("unknown")).toBeNull();
  });

  it("gives a still picture the length of one frame", () => {
    const stream = { ...A_PICTURE, codec_name: "png", avg_frame_rate: "25/1", r_frame_rate: "25/1" };
    const still = parseProbe(JSON.stringify({ streams: [stream], format: { format_name: "png_pipe" } }), 1);
    expect(still?.mediaInfo).toMatchObject({ durationSeconds: 0.04, mimeType: "image/png" });
  });

  it("answers null for text that is no probe and for files without picture and sound", () => {
    expect(parseProbe("", 1)).toBeNull();
    expect(parseProbe("{}", 1)).toBeNull();
    expect(parseProbe('{"streams":{},"format":[]}', 1)).toBeNull();
    expect(() => probe("data-only")).toThrow("was not taken for media");
  });
});

describe("withFrameOf", () => {
  const still = (): ProbedMedia => {
    const streams = [{ ...A_PICTURE, codec_name: "mjpeg" }];
    const probed = parseProbe(JSON.stringify({ streams, format: { format_name: "jpeg_pipe" } }), 7);
    if (probed === null) {
      throw new Error("a still picture is media");
    }
    return probed;
  };

  it("turns a photo as its frame says", () => {
    const side_data_list = [{ side_data_type: "3x3 displaymatrix", rotation: -90 }];
    const turned = withFrameOf(still(), JSON.stringify({ frames: [{ side_data_list }] }));
    expect(turned.mediaInfo.video).toMatchObject({
      rotationDegrees: 90,
      displayWidthPx: 48,
      displayHeightPx: 64,
    });
    expect(turned.mediaInfo.sizeBytes).toBe(7);
  });

  it("leaves everything as it is when the frame says nothing", () => {
    for (const printed of [
      "",
      "{}",
      '{"frames":[]}',
      '{"frames":[{"side_data_list":[{"side_data_type":"ICC"}]}]}',
    ]) {
      expect(withFrameOf(still(), printed)).toEqual(still());
    }
  });
});
