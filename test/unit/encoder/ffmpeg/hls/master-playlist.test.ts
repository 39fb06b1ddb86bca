import HLS from "hls-parser";
import { describe, expect, it } from "vitest";
import {
  masterPlaylist,
  peakBitrate,
  type MasterVariant,
} from "../../../../../encoder/ffmpeg/hls/master-playlist.ts";

function aVariant(overrides: Partial<MasterVariant> = {}): MasterVariant {
  return {
    uri: "media-1/stream.m3u8",
    targetDurationSeconds: 6,
    segments: [
      { durationSeconds: 6, sizeBytes: 750_000 },
      { durationSeconds: 6, sizeBytes: 1_500_000 },
      { durationSeconds: 4, sizeBytes: 250_000 },
    ],
    codecs: ["avc1.64001f", "mp4a.40.2"],
    video: { widthPx: 1280, heightPx: 720, frameRate: { num: 30000, den: 1001 } },
    ...overrides,
  };
}

/** What an independent reader makes of the text. */
function parse(variants: MasterVariant[]) {
  const playlist = HLS.parse(masterPlaylist(variants));
  if (!playlist.isMasterPlaylist) {
    throw new Error("not read as a master playlist");
  }
  return playlist;
}

describe("masterPlaylist", () => {
  it("is read back with every attribute", () => {
    const master = parse([aVariant()]);
    expect(master).toMatchObject({ version: 3, independentSegments: true });
    expect(master.variants).toHaveLength(1);
    expect(master.variants[0]).toMatchObject({
      uri: "media-1/stream.m3u8",
      bandwidth: 2_000_000,
      averageBandwidth: 1_250_000,
      codecs: "avc1.64001f,mp4a.40.2",
      resolution: { width: 1280, height: 720 },
      frameRate: 29.97,
    });
  });

  it("lists a variant with sound only, without a resolution, in its place", () => {
    const sound = aVariant({ uri: "media-2/stream.m3u8", codecs: ["mp4a.40.2"], video: null });
    const [first, second] = parse([aVariant(), sound]).variants;
    expect(first?.uri).toBe("media-1/stream.m3u8");
    expect(second).toMatchObject({ uri: "media-2/stream.m3u8", codecs: "mp4a.40.2" });
    expect(second?.resolution).toBeUndefined();
    expect(masterPlaylist([sound])).not.toMatch(/RESOLUTION|FRAME-RATE/);
  });

  it("names a file per line and ends with a line break", () => {
    expect(masterPlaylist([aVariant()])).toBe(
      [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1250000,CODECS="avc1.64001f,mp4a.40.2",' +
          "RESOLUTION=1280x720,FRAME-RATE=29.970",
        "media-1/stream.m3u8",
        "",
      ].join("\n"),
    );
  });
});

describe("peakBitrate", () => {
  it("does not let a last segment of a few frames set the rate", () => {
    const segments = [
      { durationSeconds: 6, sizeBytes: 600_000 },
      { durationSeconds: 0.1, sizeBytes: 100_000 },
    ];
    // 700 kB in 6.1 s is the highest run that counts; the tail alone would be 8 Mbit/s.
    expect(peakBitrate({ segments, targetDurationSeconds: 6 })).toBe(918_033);
  });

  it("counts short segments together", () => {
    const segments = Array.from({ length: 4 }, () => ({ durationSeconds: 1, sizeBytes: 125_000 }));
    expect(peakBitrate({ segments, targetDurationSeconds: 6 })).toBe(1_000_000);
  });

  it("takes the whole of a very short stream", () => {
    const segments = [{ durationSeconds: 0.5, sizeBytes: 62_500 }];
    expect(peakBitrate({ segments, targetDurationSeconds: 6 })).toBe(1_000_000);
  });
});
