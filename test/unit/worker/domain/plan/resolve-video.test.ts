import { describe, expect, it } from "vitest";
import { renditionSpecSchema } from "../../../../../encoder/contract/output-spec.ts";
import type { MediaInfo, VideoInfo } from "../../../../../encoder/contract/media-info.ts";
import type { RenditionFormat, VideoRequest } from "../../../../../worker/domain/job-spec.ts";
import { resolveVideo } from "../../../../../worker/domain/plan/resolve-video.ts";
import {
  aFormat,
  aMediaInfo,
  aPictureFormat,
  aPictureRequest,
  aSoundFormat,
} from "../../../../support/job-builders.ts";
import { aPictureSpec } from "../../../../support/output-specs.ts";

const AUDIO_ONLY = aMediaInfo({ video: null });
const SILENT = aMediaInfo({ audio: null });

function aRequest(format: Partial<RenditionFormat> = {}, more: Partial<VideoRequest> = {}): VideoRequest {
  return {
    type: "video",
    path: "/v.mp4",
    rendition: aFormat(format),
    picture: aPictureRequest(),
    offsetSeconds: 0,
    durationSeconds: null,
    ...more,
  };
}

function aTurnedOrLargeSource(overrides: Partial<VideoInfo>): MediaInfo {
  const { video } = aMediaInfo();
  return aMediaInfo({ video: video && { ...video, ...overrides } });
}

function resolved(request: VideoRequest, media: MediaInfo = aMediaInfo()) {
  const result = resolveVideo(request, media);
  if (!result.ok) {
    throw new Error(result.failure.code);
  }
  return result.rendition;
}

describe("resolveVideo", () => {
  it("resolves box, rate and sound into a complete plan", () => {
    const video = aPictureFormat({
      resolution: { widthPx: 640, heightPx: 480 },
      rate: { mode: "bitrate", bitrateBps: 2_000_000, passes: 1 },
    });
    const rendition = resolved(aRequest({ video }));
    expect(rendition).toEqual({
      container: "mp4",
      video: {
        codec: "h264",
        sourceStreamIndex: 0,
        picture: aPictureSpec({
          frame: { widthPx: 640, heightPx: 480, scaledWidthPx: 640, scaledHeightPx: 360 },
        }),
        frameRate: null,
        rate: { mode: "bitrate", bitrateBps: 2_000_000, maxrateBps: 4_000_000, passes: 1 },
        keyframeIntervalSeconds: null,
        profile: null,
        level: null,
      },
      audio: {
        codec: "aac",
        sourceStreamIndex: 1,
        bitrateBps: 128_000,
        sampleRateHz: 44_100,
        layout: "stereo",
        sourceChannels: 2,
      },
      span: { startSeconds: 0, durationSeconds: null },
      isFragmented: false,
      keepsMetadata: true,
    });
    expect(renditionSpecSchema.parse(rendition)).toEqual(rendition);
  });

  it("leaves a track out that the source does not have", () => {
    expect(resolved(aRequest(), AUDIO_ONLY)).toMatchObject({ video: null, audio: { codec: "aac" } });
    expect(resolved(aRequest(), SILENT)).toMatchObject({ video: { codec: "h264" }, audio: null });
  });

  it("fails when the source has no track that is wanted", () => {
    expect(resolveVideo(aRequest({ audio: null }), AUDIO_ONLY)).toEqual({
      ok: false,
      failure: { code: "input_has_no_video" },
    });
    expect(resolveVideo(aRequest({ video: null }), SILENT)).toEqual({
      ok: false,
      failure: { code: "input_has_no_audio" },
    });
  });

  it("fails when it starts at or beyond the end", () => {
    const failure = { code: "offset_beyond_end", limit: "20 s" };
    for (const offsetSeconds of [20, 21]) {
      expect(resolveVideo(aRequest({}, { offsetSeconds }), aMediaInfo())).toEqual({ ok: false, failure });
    }
  });

  it.each([
    [0, null, { startSeconds: 0, durationSeconds: null }],
    [5, 10, { startSeconds: 5, durationSeconds: 10 }],
    [5, 15, { startSeconds: 5, durationSeconds: null }],
    [0, 60, { startSeconds: 0, durationSeconds: null }],
  ])("takes offset %i and duration %s of a 20 s source as %j", (offsetSeconds, durationSeconds, span) => {
    expect(resolved(aRequest({}, { offsetSeconds, durationSeconds })).span).toEqual(span);
  });

  it("keeps offset and duration as given when the source's duration is unknown", () => {
    const request = aRequest({}, { offsetSeconds: 500, durationSeconds: 60 });
    const { span } = resolved(request, aMediaInfo({ durationSeconds: null }));
    expect(span).toEqual({ startSeconds: 500, durationSeconds: 60 });
  });

  it("copies a track that the container takes", () => {
    const copy = { codec: "copy" } as const;
    expect(resolved(aRequest({ video: copy, audio: copy }))).toMatchObject({
      video: { codec: "copy", sourceStreamIndex: 0 },
      audio: { codec: "copy", sourceStreamIndex: 1 },
    });
  });

  it("fails to copy a track that the container does not take, and names track, codec and container", () => {
    const webm = { container: "webm", video: { codec: "copy" }, audio: null } as const;
    expect(resolveVideo(aRequest(webm), aMediaInfo())).toEqual({
      ok: false,
      failure: { code: "copy_not_possible", streamIndex: 0, codec: "h264", limit: "webm" },
    });
    const mp3 = { container: "mp3", video: null, audio: { codec: "copy" } } as const;
    expect(resolveVideo(aRequest(mp3), aMediaInfo())).toMatchObject({
      failure: { code: "copy_not_possible", streamIndex: 1, codec: "aac", limit: "mp3" },
    });
  });

  it("copies a turned picture only where a player can know of the turn", () => {
    const media = aTurnedOrLargeSource({ rotationDegrees: 90 });
    const copyInto = (container: "mp4" | "mpegts") =>
      resolveVideo(aRequest({ container, video: { codec: "copy" }, audio: null }), media);
    expect(copyInto("mp4").ok).toBe(true);
    expect(copyInto("mpegts")).toMatchObject({
      failure: {
        code: "copy_not_possible",
        limit: "mpegts, which cannot say that the picture is to be turned",
      },
    });
  });

  it("copies no track from the middle of a source without an index", () => {
    const request = aRequest({ video: { codec: "copy" }, audio: null }, { offsetSeconds: 5 });
    expect(resolveVideo(request, aMediaInfo({ formatName: "mpegts" }))).toEqual({
      ok: false,
      failure: { code: "copy_cut_not_possible" },
    });
    expect(resolveVideo(request, aMediaInfo({ formatName: "matroska,webm" })).ok).toBe(true);
  });

  it("fails a picture that would be larger than its codec can code", () => {
    const video = aPictureFormat({ codec: "mpeg2video", resolution: { widthPx: null, heightPx: 2160 } });
    const wide = aTurnedOrLargeSource({ displayWidthPx: 4096, displayHeightPx: 2160 });
    expect(resolveVideo(aRequest({ container: "mpegts", video }), wide)).toMatchObject({
      failure: {
        code: "image_too_large",
        limit: "4096x2160; mpeg2video has sides of at most 4094",
      },
    });
  });

  it("passes fragments and metadata on", () => {
    const format = { audio: aSoundFormat({ channels: 1 }), isFragmented: true, keepsMetadata: false };
    expect(resolved(aRequest(format))).toMatchObject({ isFragmented: true, keepsMetadata: false });
  });
});
