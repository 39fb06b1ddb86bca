import { describe, expect, it } from "vitest";
import type { Ffprobe } from "../../../../../encoder/contract/media-info.ts";
import { readAudioTracks, readSubtitleTracks } from "../../../../../encoder/ffmpeg/probe/read-tracks.ts";

type Stream = Ffprobe["streams"][number];

const SOUND = {
  codec_type: "audio",
  codec_name: "aac",
  channels: 2,
  sample_rate: "48000",
  sample_fmt: "fltp",
};
const TEXT = { codec_type: "subtitle", codec_name: "subrip" };

const numbered = (streams: Stream[]) => streams.map((stream, index) => ({ index, ...stream }));
const soundsOf = (...streams: Stream[]) => readAudioTracks(numbered(streams));
const textsOf = (...streams: Stream[]) => readSubtitleTracks(numbered(streams));

describe("readAudioTracks", () => {
  it("lists every sound that can be decoded, with what it says of itself", () => {
    const english = {
      ...SOUND,
      tags: { language: "eng", title: " Main\tmix " },
      disposition: { default: 1 },
    };
    const encrypted = { ...SOUND, codec_tag_string: "enca" };
    const unknown = { ...SOUND, codec_name: "ac4", sample_fmt: "unknown" };
    const french = { ...SOUND, channels: 6, tags: { language: "fre" }, disposition: { forced: 1 } };
    const tracks = soundsOf(english, encrypted, unknown, french);
    expect(tracks).toMatchObject([
      { streamIndex: 0, channels: 2, language: "eng", title: "Main mix", isDefault: true, isForced: false },
      { streamIndex: 3, channels: 6, language: "fre", title: null, isDefault: false, isForced: true },
    ]);
  });

  it("keeps one sound of an unknown format where there is no other", () => {
    const damaged = { ...SOUND, sample_fmt: "unknown" };
    expect(soundsOf({ ...damaged, codec_name: "ac4" }, damaged, damaged)).toMatchObject([{ streamIndex: 1 }]);
  });

  it.each([
    ["und", null],
    ["UND", null],
    ["", null],
    ["eng", "eng"],
    ["zh-Hant-TW", "zh-Hant-TW"],
    ["eng,spa", "eng"],
    ["e", null],
    ["en_US", null],
    ['en",URI="x', null],
    ["../en", null],
    [`en${"-abcdefgh".repeat(5)}`, null],
  ])("takes the language %j for %j", (language, expected) => {
    expect(soundsOf({ ...SOUND, tags: { language } })[0]?.language).toBe(expected);
  });

  it("bounds a title and frees it of control characters", () => {
    const [track] = soundsOf({ ...SOUND, tags: { title: `a\n#EXT${"é".repeat(500)}` } });
    expect(track?.title).toMatch(/^a #EXTé+$/);
    expect(track?.title).toHaveLength(200);
  });
});

describe("readSubtitleTracks", () => {
  it("lists text and leaves out pictures of text, closed captions and encrypted text", () => {
    const codecs = ["subrip", "webvtt", "mov_text", "ass", "text"];
    const others = ["dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle", "eia_608", "unknown"];
    const tracks = textsOf(
      ...[...others, ...codecs].map((codec_name) => ({ ...TEXT, codec_name })),
      { ...TEXT, codec_tag_string: "encv" },
      SOUND,
    );
    expect(tracks.map(({ codec }) => codec)).toEqual(codecs);
    expect(tracks[0]).toEqual({
      streamIndex: others.length,
      codec: "subrip",
      language: null,
      title: null,
      isDefault: false,
      isForced: false,
    });
  });

  it("tells forced from default", () => {
    const forced = { ...TEXT, tags: { language: "ger" }, disposition: { default: 0, forced: 1 } };
    expect(textsOf(forced)).toMatchObject([{ language: "ger", isDefault: false, isForced: true }]);
  });
});
