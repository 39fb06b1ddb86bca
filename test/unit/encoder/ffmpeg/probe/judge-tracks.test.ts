import { describe, expect, it } from "vitest";
import { failureMessage } from "../../../../../encoder/contract/failure-catalogue.ts";
import { warningMessage } from "../../../../../encoder/contract/warning-catalogue.ts";
import {
  explainEmptyProbe,
  findUnusableTrack,
  probeWarnings,
} from "../../../../../encoder/ffmpeg/probe/judge-tracks.ts";
import { parseProbe, type ProbedMedia } from "../../../../../encoder/ffmpeg/probe/parse-probe.ts";

type Stream = Record<string, unknown>;

const picture = (overrides: Stream = {}): Stream => ({
  codec_type: "video",
  codec_name: "h264",
  codec_tag_string: "avc1",
  width: 64,
  height: 48,
  pix_fmt: "yuv420p",
  ...overrides,
});
const sound = (overrides: Stream = {}): Stream => ({
  codec_type: "audio",
  codec_name: "aac",
  codec_tag_string: "mp4a",
  sample_fmt: "fltp",
  channels: 2,
  sample_rate: "48000",
  ...overrides,
});
const DEFAULT = { disposition: { default: 1 } };
/** As ffprobe shows spatial sound of a phone. */
const apac = (overrides: Stream = {}): Stream => {
  const { codec_name: _codec, sample_fmt: _format, ...rest } = sound({ codec_tag_string: "apac" });
  return { ...rest, ...overrides };
};
/** Known by name, but no decoder has told what its samples are. */
const mpegh = (overrides: Stream = {}): Stream => {
  const { sample_fmt: _format, ...rest } = sound({ codec_name: "mpegh_3d_audio" });
  return { ...rest, ...overrides };
};

const printed = (...streams: Stream[]): string =>
  JSON.stringify({ streams: streams.map((stream, index) => ({ index, ...stream })), format: {} });

function probe(...streams: Stream[]): ProbedMedia {
  const probed = parseProbe(printed(...streams), 1);
  if (probed === null) {
    throw new Error("nothing could be used");
  }
  return probed;
}

const chosen = (...streams: Stream[]): [video: number | undefined, audio: number | undefined] => {
  const { video, audio } = probe(...streams).mediaInfo;
  return [video?.streamIndex, audio?.streamIndex];
};

describe("the tracks that are chosen", () => {
  it.each([
    ["the first of each kind", [picture(), sound(), picture(), sound()], [0, 1]],
    ["the default ones", [picture(), sound(), picture(DEFAULT), sound(DEFAULT)], [2, 3]],
    ["the first of several defaults", [sound(DEFAULT), sound(DEFAULT), picture()], [2, 0]],
    ["sound that can be decoded before a default that cannot", [picture(), apac(DEFAULT), sound()], [0, 2]],
    [
      "a decodable default before a decodable first",
      [sound(), apac(DEFAULT), sound(DEFAULT)],
      [undefined, 2],
    ],
    ["no sound of which FFmpeg knows the name alone", [picture(), mpegh()], [0, undefined]],
    [
      "a picture that begins in the middle, when there is no other",
      [picture({ pix_fmt: "unknown" }), sound()],
      [0, 1],
    ],
    ["any other picture before it", [picture({ pix_fmt: "unknown", ...DEFAULT }), picture()], [1, undefined]],
    ["no cover art", [picture({ disposition: { default: 1, attached_pic: 1 } }), sound()], [undefined, 1]],
    ["what is not encrypted", [sound({ codec_tag_string: "enca", ...DEFAULT }), sound()], [undefined, 1]],
  ])("are %s", (_, streams, wanted) => {
    expect(chosen(...streams)).toEqual(wanted);
  });
});

describe("findUnusableTrack", () => {
  it("finds nothing wrong with an ordinary file", () => {
    expect(findUnusableTrack(probe(picture(), sound()))).toBeNull();
    expect(findUnusableTrack(probe(picture(), apac()))).toBeNull();
  });

  it.each(["encv", "drmi"])("names the encrypted picture (%s)", (codec_tag_string) => {
    const failure = findUnusableTrack(probe(picture({ codec_tag_string }), sound()));
    expect(failure).toEqual({ code: "source_encrypted", streamIndex: 0, codec: "h264" });
    expect(failure && failureMessage(failure)).toContain("Track 0 (h264) of the input is encrypted");
  });

  it("names encrypted sound when there is no other", () => {
    const encrypted = sound({ codec_tag_string: "enca" });
    expect(findUnusableTrack(probe(picture(), encrypted))).toMatchObject({
      code: "source_encrypted",
      streamIndex: 1,
    });
    expect(findUnusableTrack(probe(picture(), encrypted, sound()))).toBeNull();
  });

  const dolbyVision = (dv_profile: number, dv_bl_signal_compatibility_id: number): Stream =>
    picture({
      codec_name: "hevc",
      side_data_list: [
        { side_data_type: "DOVI configuration record", dv_profile, dv_bl_signal_compatibility_id },
      ],
    });

  it("refuses Dolby Vision that has no layer for other players, and no other", () => {
    const failure = findUnusableTrack(probe(dolbyVision(5, 0), sound()));
    expect(failure).toMatchObject({ code: "colour_not_supported", streamIndex: 0, codec: "hevc" });
    expect(failure && failureMessage(failure)).toContain("Dolby Vision profile 5");
    expect(findUnusableTrack(probe(dolbyVision(10, 0)))).toMatchObject({ code: "colour_not_supported" });
    for (const [profile, compatibility] of [
      [8, 1],
      [8, 4],
      [7, 6],
      [4, 2],
    ] as const) {
      expect(findUnusableTrack(probe(dolbyVision(profile, compatibility)))).toBeNull();
    }
  });

  it("refuses colours that no filter converts", () => {
    const failure = findUnusableTrack(probe(picture({ color_space: "ictcp" })));
    expect(failure).toMatchObject({ code: "colour_not_supported", limit: "ICtCp", streamIndex: 0 });
  });
});

describe("explainEmptyProbe", () => {
  it("names the track of a file in which nothing can be decoded", () => {
    const { codec_name: _codec, ...unknown } = picture({ codec_tag_string: "xxxx" });
    expect(explainEmptyProbe(printed(unknown))).toEqual({
      code: "video_not_decodable",
      streamIndex: 0,
      codec: "xxxx",
    });
    expect(explainEmptyProbe(printed(apac()))).toEqual({
      code: "audio_not_decodable",
      streamIndex: 0,
      codec: "apac",
    });
    expect(explainEmptyProbe(printed({ ...unknown, codec_tag_string: "encv" }))).toMatchObject({
      code: "source_encrypted",
    });
  });

  it("has nothing to say of a file without tracks, or of text", () => {
    expect(explainEmptyProbe(printed({ codec_type: "data" }))).toBeNull();
    expect(explainEmptyProbe("")).toBeNull();
  });
});

describe("probeWarnings", () => {
  it("says nothing when the best tracks are used", () => {
    expect(probeWarnings(probe(picture(), sound()))).toEqual([]);
    expect(probeWarnings(probe(picture(), sound(), apac()))).toEqual([]);
    expect(probeWarnings(probe(sound()))).toEqual([]);
  });

  it("names the sound for which another was taken", () => {
    const warnings = probeWarnings(probe(picture(), sound(), apac(DEFAULT)));
    expect(warnings).toEqual([{ code: "audio_track_not_decodable", streamIndex: 2, codec: "apac" }]);
    expect(warnings.map(warningMessage)).toEqual([
      "Audio track 2 of the input (apac) cannot be decoded; another one is used.",
    ]);
  });

  it("names what is left out because there is no other", () => {
    expect(probeWarnings(probe(picture(), mpegh()))).toEqual([
      { code: "track_not_decodable", streamIndex: 1, codec: "mpegh_3d_audio" },
    ]);
    const { codec_name: _codec, ...unknown } = picture({ codec_tag_string: "vvc1" });
    expect(probeWarnings(probe(unknown, sound()))).toEqual([
      { code: "track_not_decodable", streamIndex: 0, codec: "vvc1" },
    ]);
  });
});
