import { describe, expect, it } from "vitest";
import type {
  AudioTrack,
  MediaInfo,
  TrackLabel,
  VideoInfo,
} from "../../../../../encoder/contract/media-info.ts";
import type {
  HttpstreamRequest,
  PictureFormat,
  RenditionFormat,
} from "../../../../../worker/domain/job-spec.ts";
import { resolveVariants } from "../../../../../worker/domain/plan/resolve-variants.ts";
import {
  aFormat,
  aMediaInfo,
  aPictureFormat,
  aPictureRequest,
  aSoundFormat,
  aStream,
} from "../../../../support/job-builders.ts";

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

function streamRequest(overrides: Partial<HttpstreamRequest> = {}): HttpstreamRequest {
  const request = aStream({ variants: LADDER, ...overrides });
  if (request.type !== "httpstream") {
    throw new TypeError("A stream is asked for.");
  }
  return request;
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
  const ladder = (media: MediaInfo, overrides: Partial<HttpstreamRequest> = {}) => {
    const resolved = resolveVariants(streamRequest(overrides), media);
    if (!resolved.ok) {
      return resolved.failure.code;
    }
    const { pictures, sounds } = resolved;
    const kbps = (place: number | null) => (sounds[place ?? -1]?.audio.bitrateBps ?? 0) / 1000;
    return [
      ...pictures.map(({ video, sound: place }) => {
        expect(video.keyframeIntervalSeconds).toBe(6);
        const { widthPx, heightPx } = video.picture.frame;
        return `${widthPx}x${heightPx}, ${place === null ? "silent" : kbps(place)}`;
      }),
      ...sounds.flatMap(({ isRung }, place) => (isRung ? [`no picture, ${kbps(place)}`] : [])),
    ];
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
    expect(resolved.ok && resolved.pictures[0]?.video).toMatchObject({
      picture: { frame: { widthPx: 160, heightPx: 90 } },
      rate: { mode: "quality", crf: 23, maxrateBps: 400_000 },
    });
  });

  it("keeps the order of the request and puts variants without a picture last", () => {
    expect(
      ladder(aSource(1280, 720), { variants: [capped(480, 900_000), sound(96), capped(240, 900_000)] }),
    ).toEqual([...["854x480, 128", "426x240, 128", "no picture, 96"]]);
  });

  it("keeps a box that is given as width and height, and drops it when the source is smaller", () => {
    expect(ladder(aSource(1440, 1080), { variants: [picture({ widthPx: 1280, heightPx: 720 })] })).toEqual([
      "1280x720, 128",
    ]);
    expect(
      ladder(aSource(1280, 720), {
        variants: [
          capped(240, 900_000),
          picture({ widthPx: 1920, heightPx: 1080 }),
          picture({ widthPx: 1400, heightPx: null }),
        ],
      }),
    ).toEqual(["426x240, 128"]);
  });

  it("packages the sound of an audio-only source when every variant has a picture", () => {
    expect(
      ladder(AUDIO_ONLY, {
        variants: [
          picture({ widthPx: null, heightPx: 240 }, {}, aSoundFormat({ bitrateBps: 64_000 })),
          picture({ widthPx: null, heightPx: 480 }, {}, aSoundFormat({ bitrateBps: 96_000 })),
        ],
      }),
    ).toEqual(["no picture, 96"]);
  });

  it("fails when nothing is left", () => {
    expect(ladder(SILENT, { variants: [sound(64)] })).toBe("input_has_no_audio");
    expect(ladder(AUDIO_ONLY, { variants: [picture({ widthPx: null, heightPx: 240 }, {}, null)] })).toBe(
      "input_has_no_video",
    );
  });

  /** The boxes that the names of resolutions stand for. */
  const BOXES: RenditionFormat[] = [
    capped(480, 1_500_000),
    picture({ widthPx: 1280, heightPx: 720 }),
    picture({ widthPx: 1920, heightPx: 1080 }),
    picture({ widthPx: 3840, heightPx: 2160 }),
  ];

  it.each<[string, MediaInfo, Partial<HttpstreamRequest["picture"]>, string[]]>([
    ["a wide source", aSource(1920, 804), {}, ["1146x480, 128", "1280x720, 128"]],
    ["a portrait one", aSource(1080, 1920), {}, ["270x480, 128", "1280x720, 128", "1920x1080, 128"]],
    ["a square one", aSource(1080, 1080), {}, ["480x480, 128", "1280x720, 128", "1920x1080, 128"]],
    [
      "a portrait one that is turned",
      aSource(720, 1280),
      { transpose: 1 },
      ["854x480, 128", "1280x720, 128"],
    ],
    [
      "one that is turned upright",
      aSource(1280, 720),
      { transpose: 1 },
      ["270x480, 128", "1280x720, 128", "1920x1080, 128"],
    ],
    ["a portrait one that fills the box", aSource(1080, 1920), { fit: "crop" }, ["270x480, 128"]],
  ])(
    "drops variants that are higher than the upright picture or would be upscaled, of %s",
    (_, media, change, expected) => {
      expect(ladder(media, { variants: BOXES, picture: aPictureRequest(change) })).toEqual(expected);
    },
  );

  it("shows the part of the source that is asked for", () => {
    const span = (request: Partial<HttpstreamRequest>) => {
      const resolved = resolveVariants(streamRequest(request), aMediaInfo());
      return resolved.ok ? resolved.span : resolved.failure.code;
    };
    expect(span({ offsetSeconds: 5, durationSeconds: 3 })).toEqual({ startSeconds: 5, durationSeconds: 3 });
    expect(span({ offsetSeconds: 5, durationSeconds: 60 })).toEqual({
      startSeconds: 5,
      durationSeconds: null,
    });
    expect(span({ offsetSeconds: 60 })).toBe("offset_beyond_end");
  });

  it("turns and marks the pictures as those of a video", () => {
    const watermark = { source: 0, position: "topleft" } as const;
    const request = streamRequest({ picture: aPictureRequest({ transpose: 1, hflip: true, watermark }) });
    const resolved = resolveVariants(request, aMediaInfo());
    expect(resolved.ok && resolved.pictures[0]?.video.picture).toMatchObject({
      transpose: 1,
      hflip: true,
      watermark: { position: "topleft" },
    });
  });

  it("refuses a variant that copies a track", () => {
    expect(ladder(aSource(1280, 720), { variants: [aFormat({ video: { codec: "copy" } })] })).toBe(
      "copy_not_possible",
    );
  });

  describe("with several languages", () => {
    const track = (
      streamIndex: number,
      language: string | null,
      more: Partial<AudioTrack> = {},
    ): AudioTrack => {
      const { audio } = aMediaInfo();
      if (audio === null) {
        throw new TypeError("The source has sound.");
      }
      return { ...audio, streamIndex, language, title: null, isDefault: false, isForced: false, ...more };
    };
    const text = (
      streamIndex: number,
      language: string | null,
      more: Partial<TrackLabel> = {},
    ): TrackLabel => ({
      ...{ streamIndex, codec: "subrip", language, title: null, isDefault: false, isForced: false },
      ...more,
    });
    const media = aMediaInfo({
      audioTracks: [
        track(1, "eng", { title: 'The "director"' }),
        track(2, "ger", { isDefault: true }),
        track(3, "en-GB"),
        track(4, null),
        track(5, "und"),
      ],
      subtitleTracks: [text(6, "fre", { isForced: true }), text(7, "pt-br", { isDefault: true })],
    });
    const variants = [capped(240, 400_000), capped(480, 900_000), sound(64)];
    const sounds = (request: Partial<HttpstreamRequest>) => {
      const resolved = resolveVariants(streamRequest({ variants, ...request }), media);
      return resolved.ok
        ? resolved.sounds.map(
            ({ audio, language, name, ...flags }) =>
              `${audio.sourceStreamIndex} ${language} ${name}${Object.entries(flags)
                .map(([flag, isSet]) => (isSet ? ` ${flag}` : ""))
                .join("")}`,
          )
        : resolved.failure;
    };

    it("makes every sound of the variants once, of the default track alone", () => {
      expect(sounds({})).toEqual(["2 de German isDefault", "2 de German isDefault isRung"]);
    });

    it("makes each in all languages, the default track first, under names of their own", () => {
      expect(sounds({ audioTracks: "all" })).toEqual(
        ["", " isRung"].flatMap((rung) => [
          `2 de German isDefault${rung} isAlternate`,
          "1 en The director isAlternate",
          "3 en-GB British English isAlternate",
          "4 null Audio isAlternate",
          "5 null Audio 2 isAlternate",
        ]),
      );
    });

    it("takes the tracks of the languages that there are, whatever their region", () => {
      expect(sounds({ audioTracks: ["fr", "en-US"] })).toEqual(
        ["", " isRung"].flatMap((rung) => [
          `1 en The director isDefault${rung} isAlternate`,
          "3 en-GB British English isAlternate",
        ]),
      );
    });

    it("refuses more sounds than a job has room for", () => {
      const rungs = Array.from({ length: 12 }, (_, index) => sound(32 + 8 * index));
      const audioTracks = Array.from({ length: 6 }, (_, index) => track(index + 1, "en"));
      const request = streamRequest({ variants: rungs, audioTracks: "all" });
      expect(resolveVariants(request, aMediaInfo({ audioTracks }))).toMatchObject({
        ok: false,
        failure: {
          code: "source_limits_exceeded",
          limit: expect.stringContaining("72 sounds in a stream, 64 at most") as string,
        },
      });
    });

    it("fails when there is no track in any of the languages, and says which there are", () => {
      expect(sounds({ audioTracks: ["fr"] })).toEqual({
        code: "audio_track_not_found",
        limit: "it has en, de, en-GB, an unknown language",
      });
      expect(sounds({ subtitles: { tracks: ["ja"], files: [] } })).toEqual({
        code: "subtitle_track_not_found",
        limit: "it has fr, pt-BR",
      });
    });

    it("offers one sound and no text where playlists cannot name them", () => {
      const hls = { path: "/hls", version: 3, isLiveEdge: false, encryption: null } as const;
      const request = { audioTracks: "all", subtitles: { tracks: "all", files: [] }, hls } as const;
      const resolved = resolveVariants(
        streamRequest({ variants, ...request, subtitles: { tracks: "all", files: [] } }),
        media,
      );
      expect(resolved).toMatchObject({
        sounds: [{ isAlternate: false }, { isAlternate: false }],
        subtitles: [],
      });
    });

    it("lists text tracks and then files, one default among them", () => {
      const file = { source: 0, language: "de", name: "Deutsch", isDefault: true, isForced: false };
      const resolved = resolveVariants(streamRequest({ subtitles: { tracks: "all", files: [file] } }), media);
      expect(resolved.ok && resolved.subtitles).toEqual([
        {
          ...{ language: "fr", name: "French", isDefault: false, isForced: true },
          from: { type: "track", streamIndex: 6 },
        },
        {
          ...{ language: "pt-BR", name: "Brazilian Portuguese", isDefault: false, isForced: false },
          from: { type: "track", streamIndex: 7 },
        },
        {
          ...{ language: "de", name: "Deutsch", isDefault: true, isForced: false },
          from: { type: "file", source: 0 },
        },
      ]);
    });
  });
});
