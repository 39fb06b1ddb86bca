import { describe, expect, it } from "vitest";
import type { MediaInfo, VideoInfo } from "../../../../../encoder/contract/media-info.ts";
import type {
  HttpstreamRequest,
  PictureFormat,
  RenditionFormat,
} from "../../../../../worker/domain/job-spec.ts";
import { resolveVariants } from "../../../../../worker/domain/plan/resolve-variants.ts";
import { aFormat, aMediaInfo, aPictureFormat, aSoundFormat } from "../../../../support/job-builders.ts";

const capped = (heightPx: number, maxrateBps: number) =>
  picture({ widthPx: null, heightPx }, { rate: { mode: "quality", quality: 4, maxrateBps } });
const sound = (kbps: number) => aFormat({ video: null, audio: aSoundFormat({ bitrateBps: 1000 * kbps }) });

function picture(
  resolution: PictureFormat["resolution"],
  more: Partial<PictureFormat> = {},
  audio: RenditionFormat["audio"] = aSoundFormat(),
): RenditionFormat {
  return aFormat({ video: aPictureFormat({ resolution, ...more }), audio });
}

/** Like Coconut's default ladder. */
const LADDER: RenditionFormat[] = [
  sound(64),
  capped(240, 400_000),
  capped(360, 1_000_000),
  capped(480, 1_500_000),
  capped(720, 2_000_000),
  capped(1080, 4_000_000),
  capped(2160, 8_000_000),
];

function streamRequest(variants: RenditionFormat[] = LADDER): HttpstreamRequest {
  return { type: "httpstream", path: "/", playlistName: "master", variants, hls: { path: "/hls" } };
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

describe("resolveVariants", () => {
  const ladder = (media: MediaInfo, variants?: RenditionFormat[]) => {
    const resolved = resolveVariants(streamRequest(variants), media);
    if (!resolved.ok) {
      return resolved.failure.code;
    }
    return resolved.renditions.map(({ video, audio }) => {
      if (video?.codec === "copy" || audio?.codec === "copy") {
        return "copied";
      }
      expect(video === null || video.keyframeIntervalSeconds === 2).toBe(true);
      const frame = video?.picture.frame;
      const size = frame === undefined ? "no picture" : `${frame.widthPx}x${frame.heightPx}`;
      return `${size}, ${audio === null ? "silent" : (audio.bitrateBps ?? 0) / 1000}`;
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
      picture: { frame: { widthPx: 160, heightPx: 90 } },
      rate: { mode: "quality", crf: 23, maxrateBps: 400_000 },
    });
  });

  it("keeps the order of the request and puts variants without a picture last", () => {
    expect(ladder(aSource(1280, 720), [capped(480, 900_000), sound(96), capped(240, 900_000)])).toEqual([
      ...["854x480, 128", "426x240, 128", "no picture, 96"],
    ]);
  });

  it("keeps a box that is given as width and height, and drops it when the source is smaller", () => {
    expect(ladder(aSource(1440, 1080), [picture({ widthPx: 1280, heightPx: 720 })])).toEqual([
      "1280x720, 128",
    ]);
    expect(
      ladder(aSource(1280, 720), [
        capped(240, 900_000),
        picture({ widthPx: 1920, heightPx: 1080 }),
        picture({ widthPx: 1400, heightPx: null }),
      ]),
    ).toEqual(["426x240, 128"]);
  });

  it("packages the sound of an audio-only source when every variant has a picture", () => {
    expect(
      ladder(AUDIO_ONLY, [
        picture({ widthPx: null, heightPx: 240 }, {}, aSoundFormat({ bitrateBps: 64_000 })),
        picture({ widthPx: null, heightPx: 480 }, {}, aSoundFormat({ bitrateBps: 96_000 })),
      ]),
    ).toEqual(["no picture, 96"]);
  });

  it("fails when nothing is left", () => {
    expect(ladder(SILENT, [sound(64)])).toBe("input_has_no_audio");
    expect(ladder(AUDIO_ONLY, [picture({ widthPx: null, heightPx: 240 }, {}, null)])).toBe(
      "input_has_no_video",
    );
  });
});
