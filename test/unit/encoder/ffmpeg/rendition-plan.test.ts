import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseProbe, type ProbedMedia } from "../../../../encoder/ffmpeg/probe/parse-probe.ts";
import {
  estimateSeconds,
  findFlaw,
  leastSeconds,
  trackCodecs,
} from "../../../../encoder/ffmpeg/rendition-plan.ts";
import {
  aFrame,
  anAudioSpec,
  aPictureSpec,
  aRenditionSpec,
  aVideoSpec,
} from "../../../support/output-specs.ts";

function probe(trait: string): ProbedMedia {
  const url = new URL(`../../../fixtures/probe/${trait}.json`, import.meta.url);
  const probed = parseProbe(readFileSync(url, "utf8"), 1);
  if (probed === null) {
    throw new Error(`${trait} was not taken for media`);
  }
  return probed;
}

/** A source of this length whose container is exact about it. */
function aSource(seconds: number): ProbedMedia {
  const source = probe("h264-aac");
  const streams = source.ffprobe.streams.map((stream) => ({ ...stream, duration: String(seconds) }));
  return {
    mediaInfo: { ...source.mediaInfo, durationSeconds: seconds },
    ffprobe: { ...source.ffprobe, streams },
  };
}

const cut = (startSeconds: number, durationSeconds: number | null) =>
  aRenditionSpec({ span: { startSeconds, durationSeconds } });

describe("estimateSeconds", () => {
  it("is what is left of the source after the start, and no more than the cut", () => {
    expect(estimateSeconds(cut(0, null), aSource(60))).toBe(60);
    expect(estimateSeconds(cut(50, null), aSource(60))).toBe(10);
    expect(estimateSeconds(cut(50, 5), aSource(60))).toBe(5);
    expect(estimateSeconds(cut(50, 30), aSource(60))).toBe(10);
  });

  it("is nothing for a cut after the end", () => {
    expect(estimateSeconds(cut(60, 5), aSource(60))).toBe(0);
  });
});

describe("leastSeconds", () => {
  it("allows a second, or one percent of a long source", () => {
    expect(leastSeconds(cut(0, null), aSource(60))).toBe(59);
    expect(leastSeconds(cut(0, null), aSource(3600))).toBe(3564);
    expect(leastSeconds(cut(0, 0.5), aSource(60))).toBe(0);
  });

  it("demands nothing where the source's length is an estimate", () => {
    expect(leastSeconds(cut(0, null), probe("mpegts-late-picture"))).toBe(0);
  });
});

describe("trackCodecs", () => {
  it("names the codecs of the plan, and of the source for what is copied", () => {
    const source = probe("h264-aac");
    expect(trackCodecs(aRenditionSpec({ video: aVideoSpec({ codec: "vp9" }) }), source)).toEqual({
      video: "vp9",
      audio: "aac",
    });
    const copied = { codec: "copy", sourceStreamIndex: 0 } as const;
    expect(trackCodecs(aRenditionSpec({ video: copied, audio: null }), source)).toEqual({
      video: "h264",
      audio: null,
    });
  });
});

describe("findFlaw", () => {
  const planned = aRenditionSpec({ audio: anAudioSpec({ layout: "mono" }) });

  it("accepts what was planned", () => {
    expect(findFlaw(planned, probe("h264-aac"))).toBeNull();
  });

  it("takes a copied track as it is, if it is there", () => {
    const copied = { codec: "copy", sourceStreamIndex: 0 } as const;
    expect(findFlaw({ ...planned, video: copied }, probe("ten-bit-matroska"))).not.toContain("hevc");
    expect(findFlaw({ ...planned, video: copied, audio: null }, probe("h264-aac"))).toContain("streams");
  });

  it("refuses a missing and an unplanned stream", () => {
    expect(findFlaw({ ...planned, video: null }, probe("no-audio"))).toContain("streams");
    expect(findFlaw({ ...planned, audio: null }, probe("h264-aac"))).toContain("streams");
    expect(findFlaw(planned, probe("unknown-audio-first"))).toBe("3 streams");
  });

  it("accepts a picture without the sound that the source has elsewhere", () => {
    const { codec, pixelFormat } = probe("no-audio").mediaInfo.video ?? {};
    expect([codec, pixelFormat]).toEqual(["h264", "yuv420p"]);
    expect(findFlaw(planned, probe("no-audio"))).toBeNull();
  });

  it("refuses another size, shape, codec and channel count", () => {
    expect(
      findFlaw(
        { ...planned, video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(320, 182) }) }) },
        probe("h264-aac"),
      ),
    ).toBe("video is 320x180");
    expect(findFlaw(planned, probe("rotated-90"))).not.toBeNull();
    expect(findFlaw(aRenditionSpec({ audio: anAudioSpec() }), probe("h264-aac"))).toContain("1 channels");
    expect(findFlaw(planned, probe("ten-bit-matroska"))).toContain("hevc yuv420p10le");
  });

  it("refuses a cut that is much too long", () => {
    const video = aVideoSpec({ frameRate: { num: 30, den: 1 } });
    expect(
      findFlaw({ ...planned, video, span: { startSeconds: 0, durationSeconds: 0.9 } }, probe("h264-aac")),
    ).toContain("duration");
  });
});
