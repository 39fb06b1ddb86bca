import { describe, expect, it } from "vitest";
import { imageSpecSchema, renditionSpecSchema } from "../../../../../encoder/contract/output-spec.ts";
import type { MediaInfo, VideoInfo } from "../../../../../encoder/contract/media-info.ts";
import type { HttpstreamRequest, ImageRequest, VideoRequest } from "../../../../../worker/domain/job-spec.ts";
import { parseOutputFormat, parseVariantFormat } from "../../../../../worker/domain/format/output-format.ts";
import { DEFAULT_VARIANTS } from "../../../../../worker/domain/format/output-presets.ts";
import {
  resolveImage,
  resolveVariants,
  resolveVideo,
} from "../../../../../worker/domain/plan/resolve-output.ts";
import { aMediaInfo } from "../../../../support/job-builders.ts";

const refuse = (rule: string): never => {
  throw new Error(rule);
};

function videoRequest(format: string, overrides: Partial<VideoRequest> = {}): VideoRequest {
  const parsed = parseOutputFormat(format, refuse);
  if (parsed.type !== "video") {
    throw new Error(`${format} is no video`);
  }
  const { rendition } = parsed;
  return { type: "video", path: "/v.mp4", rendition, offsetSeconds: 0, durationSeconds: null, ...overrides };
}

function imageRequest(overrides: Partial<ImageRequest> = {}): ImageRequest {
  return {
    type: "image",
    container: "jpg",
    path: "/t_%.2d.jpg",
    resolution: { widthPx: 320, heightPx: null },
    sampling: { by: "number", count: 3 },
    ...overrides,
  };
}

function streamRequest(variants: readonly string[] = DEFAULT_VARIANTS): HttpstreamRequest {
  return {
    type: "httpstream",
    path: "/",
    playlistName: "master",
    variants: variants.map((variant) => parseVariantFormat(variant, refuse)),
    hls: { path: "/hls" },
  };
}

function aSource(
  displayWidthPx: number,
  displayHeightPx: number,
  overrides: Partial<VideoInfo> = {},
): MediaInfo {
  const video = { ...aMediaInfo().video, displayWidthPx, displayHeightPx, ...overrides };
  return aMediaInfo({ video: video as VideoInfo });
}

const AUDIO_ONLY = aMediaInfo({ video: null });
const SILENT = aMediaInfo({ audio: null });

describe("resolveVideo", () => {
  it("turns a preset into a box, a bitrate and AAC at 44.1 kHz stereo", () => {
    const resolved = resolveVideo(videoRequest("mp4:720p"), aSource(1440, 1080, { streamIndex: 2 }));
    expect(resolved).toEqual({
      ok: true,
      rendition: {
        container: "mp4",
        video: {
          codec: "h264",
          sourceStreamIndex: 2,
          frame: { widthPx: 1280, heightPx: 720, scaledWidthPx: 960, scaledHeightPx: 720 },
          frameRate: null,
          rate: { mode: "bitrate", bitrateBps: 2_000_000, maxrateBps: 4_000_000, passes: 1 },
          keyframeIntervalSeconds: null,
        },
        audio: { codec: "aac", sourceStreamIndex: 1, bitrateBps: 128_000, sampleRateHz: 44_100, channels: 2 },
        span: { startSeconds: 0, durationSeconds: null },
      },
    });
    expect(renditionSpecSchema.parse(resolved.ok && resolved.rendition)).toEqual(
      resolved.ok && resolved.rendition,
    );
  });

  it.each([
    [1, 32],
    [2, 28],
    [3, 25],
    [4, 23],
    [5, 20],
  ])("encodes quality %i at CRF %i", (quality, crf) => {
    const resolved = resolveVideo(videoRequest(`mp4:480p::quality=${quality},maxrate=900k`), aMediaInfo());
    expect(resolved.ok && resolved.rendition.video?.rate).toEqual({
      mode: "quality",
      crf,
      maxrateBps: 900_000,
    });
  });

  it("upscales when it is asked to", () => {
    const resolved = resolveVideo(videoRequest("mp4:1080p"), aSource(320, 180));
    expect(resolved.ok && resolved.rendition.video?.frame).toMatchObject({
      widthPx: 1920,
      scaledWidthPx: 1920,
    });
  });

  it("leaves a track out that the source does not have", () => {
    const soundOnly = resolveVideo(videoRequest("mp4:720p"), AUDIO_ONLY);
    expect(soundOnly.ok && soundOnly.rendition.video).toBeNull();
    expect(soundOnly.ok && soundOnly.rendition.audio).not.toBeNull();
    const silent = resolveVideo(videoRequest("mp4:720p"), SILENT);
    expect(silent.ok && silent.rendition.audio).toBeNull();
  });

  it("fails when the source has no track that is wanted", () => {
    expect(resolveVideo(videoRequest("mp4:720p:x"), AUDIO_ONLY)).toEqual({
      ok: false,
      failure: { code: "input_has_no_video" },
    });
    expect(resolveVideo(videoRequest("mp4:x"), SILENT)).toEqual({
      ok: false,
      failure: { code: "input_has_no_audio" },
    });
  });

  it("fails when it starts at or beyond the end", () => {
    const failure = { code: "offset_beyond_end", limit: "20 s" };
    for (const offsetSeconds of [20, 21]) {
      expect(resolveVideo(videoRequest("mp4", { offsetSeconds }), aMediaInfo())).toEqual({
        ok: false,
        failure,
      });
    }
  });

  it.each([
    [0, null, { startSeconds: 0, durationSeconds: null }],
    [5, 10, { startSeconds: 5, durationSeconds: 10 }],
    [5, 15, { startSeconds: 5, durationSeconds: null }],
    [0, 60, { startSeconds: 0, durationSeconds: null }],
  ])("takes offset %i and duration %s of a 20 s source as %j", (offsetSeconds, durationSeconds, span) => {
    const resolved = resolveVideo(videoRequest("mp4", { offsetSeconds, durationSeconds }), aMediaInfo());
    expect(resolved.ok && resolved.rendition.span).toEqual(span);
  });

  it("keeps offset and duration as given when the source's duration is unknown", () => {
    const request = videoRequest("mp4", { offsetSeconds: 500, durationSeconds: 60 });
    const resolved = resolveVideo(request, aMediaInfo({ durationSeconds: null }));
    expect(resolved.ok && resolved.rendition.span).toEqual({ startSeconds: 500, durationSeconds: 60 });
  });
});

describe("resolveImage", () => {
  it("gives times, a size that keeps the aspect ratio, and one numbered path per image", () => {
    const resolved = resolveImage(imageRequest(), aSource(1920, 804));
    expect(resolved).toEqual({
      ok: true,
      image: {
        format: "jpg",
        sourceStreamIndex: 0,
        frame: { widthPx: 320, heightPx: 134, scaledWidthPx: 320, scaledHeightPx: 134 },
        atSeconds: [5, 10, 15],
      },
      paths: ["/t_01.jpg", "/t_02.jpg", "/t_03.jpg"],
    });
    expect(imageSpecSchema.parse(resolved.ok && resolved.image)).toEqual(resolved.ok && resolved.image);
  });

  it("pads only when both sides are given", () => {
    const resolved = resolveImage(
      imageRequest({ resolution: { widthPx: 1280, heightPx: 720 } }),
      aSource(1080, 1920),
    );
    expect(resolved.ok && resolved.image.frame).toEqual({
      widthPx: 1280,
      heightPx: 720,
      scaledWidthPx: 406,
      scaledHeightPx: 720,
    });
  });

  it("fails for a source without a picture", () => {
    expect(resolveImage(imageRequest(), AUDIO_ONLY)).toEqual({
      ok: false,
      failure: { code: "input_has_no_video" },
    });
  });

  it("fails for an offset that the source does not reach", () => {
    const request = imageRequest({ sampling: { by: "offsets", seconds: [1, 30] } });
    expect(resolveImage(request, aMediaInfo())).toMatchObject({
      ok: false,
      failure: { code: "offset_beyond_end" },
    });
  });
});

describe("resolveVariants", () => {
  const ladder = (media: MediaInfo, variants?: readonly string[]) => {
    const resolved = resolveVariants(streamRequest(variants), media);
    if (!resolved.ok) {
      return resolved.failure.code;
    }
    return resolved.renditions.map(({ video, audio }) => {
      expect(video === null || video.keyframeIntervalSeconds === 2).toBe(true);
      const picture = video === null ? "no picture" : `${video.frame.widthPx}x${video.frame.heightPx}`;
      return `${picture}, ${audio === null ? "silent" : audio.bitrateBps / 1000}`;
    });
  };

  it.each<[string, MediaInfo, string[]]>([
    ["320x180", aSource(320, 180), ["320x180, 128", "no picture, 64"]],
    [
      "1280x720",
      aSource(1280, 720),
      ["426x240, 128", "640x360, 128", "854x480, 128", "1280x720, 128", "no picture, 64"],
    ],
    [
      "1080x1920 portrait",
      aSource(1080, 1920),
      ["136x240, 128", "202x360, 128", "270x480, 128", "406x720, 128", "608x1080, 128", "no picture, 64"],
    ],
    [
      "3840x2160",
      aSource(3840, 2160),
      [
        ...["426x240, 128", "640x360, 128", "854x480, 128", "1280x720, 128"],
        ...["1920x1080, 128", "3840x2160, 128", "no picture, 64"],
      ],
    ],
    [
      "1920x804",
      aSource(1920, 804),
      ["574x240, 128", "860x360, 128", "1146x480, 128", "1720x720, 128", "no picture, 64"],
    ],
    ["audio only", AUDIO_ONLY, ["no picture, 64"]],
    [
      "1280x720 without sound",
      SILENT,
      ["426x240, silent", "640x360, silent", "854x480, silent", "1280x720, silent"],
    ],
  ])("makes the default ladder for %s without upscaling, sound alone last", (_, media, expected) => {
    expect(ladder(media)).toEqual(expected);
  });

  it("keeps the quality settings of the smallest variant when it falls back to the source's size", () => {
    const resolved = resolveVariants(streamRequest(), aSource(160, 90));
    expect(resolved.ok && resolved.renditions[0]?.video).toMatchObject({
      frame: { widthPx: 160, heightPx: 90 },
      rate: { mode: "quality", crf: 23, maxrateBps: 400_000 },
    });
  });

  it("keeps the order of the request and puts variants without a picture last", () => {
    expect(ladder(aSource(1280, 720), ["mp4:480p", "mp4:x:96k", "mp4:240p"])).toEqual([
      ...["854x480, 128", "426x240, 128", "no picture, 96"],
    ]);
  });

  it("keeps a box that is given as width and height, and drops it when the source is smaller", () => {
    expect(ladder(aSource(1440, 1080), ["mp4:1280x720"])).toEqual(["1280x720, 128"]);
    expect(ladder(aSource(1280, 720), ["mp4:240p", "mp4:1920x1080", "mp4:1400x"])).toEqual(["426x240, 128"]);
  });

  it("packages the sound of an audio-only source when every variant has a picture", () => {
    expect(ladder(AUDIO_ONLY, ["mp4:240p:64k", "mp4:480p:96k"])).toEqual(["no picture, 96"]);
  });

  it("fails when nothing is left", () => {
    expect(ladder(SILENT, ["mp4:x:64k"])).toBe("input_has_no_audio");
    expect(ladder(AUDIO_ONLY, ["mp4:240p:x"])).toBe("input_has_no_video");
  });
});
