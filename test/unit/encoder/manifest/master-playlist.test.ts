import HLS from "hls-parser";
import { describe, expect, it } from "vitest";
import type { Ladder, LadderSound } from "../../../../encoder/contract/stream.ts";
import { masterPlaylist } from "../../../../encoder/manifest/master-playlist.ts";
import { aLadder, aLadderPicture, aLadderSound, aLadderSubtitle, aTrack } from "../../../support/ladders.ts";

const transport = (ladder: Ladder, version = 4, targetSeconds = 6) =>
  masterPlaylist(ladder, { kind: "transport", version, hasIFrames: true, targetSeconds });
const fragments = (ladder: Ladder) =>
  masterPlaylist(ladder, { kind: "fragments", version: 7, hasIFrames: true, targetSeconds: 6 });

const linesWith = (text: string, tag: string) =>
  text.split("\n").filter((line) => line.startsWith(`#${tag}`));

const german = (folder: string, changes: Partial<LadderSound> = {}) =>
  aLadderSound(folder, { language: "de", name: "Deutsch", isDefault: false, isAlternate: true, ...changes });

describe("masterPlaylist", () => {
  it("says of a muxed picture what it is and how much it takes", () => {
    expect(transport(aLadder())).toBe(
      [
        "#EXTM3U",
        "#EXT-X-VERSION:4",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-STREAM-INF:BANDWIDTH=228572,AVERAGE-BANDWIDTH=184616,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE',
        "picture-1/stream.m3u8",
        '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=22858,AVERAGE-BANDWIDTH=18462,CODECS="avc1.64001f",RESOLUTION=1280x720,URI="picture-1/iframes.m3u8"',
        "",
      ].join("\n"),
    );
  });

  it("adds the sound's rates and codec to a picture that is apart from it", () => {
    const text = fragments(aLadder());
    expect(linesWith(text, "EXT-X-MEDIA")).toEqual([
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-1",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="sound-1/stream.m3u8"',
    ]);
    const [variant] = linesWith(text, "EXT-X-STREAM-INF");
    // 228 572 and 45 715; 184 616 and 36 924.
    expect(variant).toContain("BANDWIDTH=274287,AVERAGE-BANDWIDTH=221540,");
    expect(variant).toContain('CODECS="avc1.64001f,mp4a.40.2"');
    expect(variant).toContain('AUDIO="audio-1"');
  });

  it("lists rungs of sound alone last, and other sounds not at all in a transport stream", () => {
    const sounds = [aLadderSound("sound-1"), aLadderSound("sound-2", { isRung: true })];
    const text = transport(aLadder({ sounds }));
    expect(text.split("\n").filter((line) => line.endsWith(".m3u8"))).toEqual([
      "picture-1/stream.m3u8",
      "sound-2/stream.m3u8",
    ]);
    const rung = linesWith(text, "EXT-X-STREAM-INF").at(-1);
    expect(rung).toContain('CODECS="mp4a.40.2",CLOSED-CAPTIONS=NONE');
    expect(rung).not.toMatch(/RESOLUTION|FRAME-RATE|AUDIO=/);
  });

  it("has a variant for a stream of sound alone, whether it is a rung or not", () => {
    for (const text of [transport(aLadder({ pictures: [] })), fragments(aLadder({ pictures: [] }))]) {
      expect(text).toContain("CLOSED-CAPTIONS=NONE\nsound-1/stream.m3u8\n");
      expect(text).not.toContain("EXT-X-MEDIA");
    }
  });

  it("has no group of sounds for a silent picture", () => {
    const silent = aLadder({ pictures: [aLadderPicture("picture-1", { sound: null })], sounds: [] });
    expect(fragments(silent)).not.toMatch(/AUDIO|mp4a/);
  });

  it("names other languages of a transport stream beside the one that is muxed", () => {
    const sounds = [aLadderSound("sound-1", { isAlternate: true }), german("sound-2")];
    const text = transport(aLadder({ sounds }));
    expect(linesWith(text, "EXT-X-MEDIA")).toEqual([
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-1",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-1",LANGUAGE="de",NAME="Deutsch",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="sound-2/stream.m3u8"',
    ]);
    // The muxed sound is loaded even by those who listen to the other.
    expect(text).toContain("BANDWIDTH=274287,");
  });

  it("groups the languages of a quality with the pictures of that quality", () => {
    const english = { isAlternate: true };
    const sounds = [
      aLadderSound("en-low", english),
      aLadderSound("en-high", english),
      german("de-low"),
      german("de-high"),
    ];
    const pictures = [aLadderPicture("low"), aLadderPicture("high", { sound: 1 })];
    const master = HLS.parse(fragments(aLadder({ sounds, pictures })));
    if (!master.isMasterPlaylist) {
      throw new Error("not read as a master playlist");
    }
    const playable = master.variants.filter(({ isIFrameOnly }) => !isIFrameOnly);
    expect(playable.map(({ uri, audio }) => [uri, audio.map((sound) => sound.uri)])).toEqual([
      ["low/stream.m3u8", ["en-low/stream.m3u8", "de-low/stream.m3u8"]],
      ["high/stream.m3u8", ["en-high/stream.m3u8", "de-high/stream.m3u8"]],
    ]);
  });

  it("repeats what a language has in one quality only in every group", () => {
    const sounds = [
      aLadderSound("en-low", { isAlternate: true }),
      aLadderSound("en-high", { isAlternate: true }),
      german("de"),
    ];
    const pictures = [aLadderPicture("low"), aLadderPicture("high", { sound: 1 })];
    const media = linesWith(fragments(aLadder({ sounds, pictures })), "EXT-X-MEDIA");
    expect(media.filter((line) => line.includes("de/stream.m3u8"))).toHaveLength(2);
  });

  it("selects one of a language and purpose by itself", () => {
    const sounds = [
      aLadderSound("sound-1", { isAlternate: true }),
      aLadderSound("sound-2", { isAlternate: true, isDefault: true, name: "English (commentary)" }),
    ];
    const subtitles = [
      aLadderSubtitle(),
      aLadderSubtitle({ name: "English (forced)", isForced: true }),
      aLadderSubtitle({ name: "English (full)", folder: "text/en-2" }),
    ];
    const media = linesWith(fragments(aLadder({ sounds, subtitles })), "EXT-X-MEDIA");
    const flags = media.map((line) => /NAME="(.*?)",DEFAULT=(.*?),AUTOSELECT=(.*?),/.exec(line)?.slice(1));
    expect(flags).toEqual([
      ["English", "YES", "YES"],
      ["English (commentary)", "NO", "NO"],
      ["English", "NO", "YES"],
      ["English (forced)", "NO", "YES"],
      ["English (full)", "NO", "NO"],
    ]);
  });

  it("refers every variant to the subtitles", () => {
    const sounds = [aLadderSound("sound-1", { isRung: true })];
    const text = transport(aLadder({ sounds, subtitles: [aLadderSubtitle({ isDefault: true })] }));
    expect(linesWith(text, "EXT-X-MEDIA")).toEqual([
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",LANGUAGE="en",NAME="English",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI="text/en-1/stream.m3u8"',
    ]);
    const variants = linesWith(text, "EXT-X-STREAM-INF");
    expect(variants.filter((line) => line.includes('SUBTITLES="subtitles"'))).toHaveLength(2);
  });

  it("keeps to what version 3 knows", () => {
    const sounds = [aLadderSound("sound-1", { isAlternate: true }), german("sound-2")];
    const text = transport(aLadder({ sounds, subtitles: [aLadderSubtitle()] }), 3);
    expect(text).toContain("#EXT-X-VERSION:3\n");
    expect(text).not.toMatch(/EXT-X-MEDIA|I-FRAME|AUDIO=|SUBTITLES=/);
  });

  it("counts peaks over times of the package's target", () => {
    // Two segments of 100 kB in 7 s, but three in 13 s where nothing below 10 s counts.
    expect(transport(aLadder(), 4, 6)).toContain("STREAM-INF:BANDWIDTH=228572,");
    expect(transport(aLadder(), 4, 20)).toContain("STREAM-INF:BANDWIDTH=184616,");
  });

  it("says no rate of a variable one", () => {
    const pictures = [aLadderPicture("picture-1", { frameRate: null })];
    const [variant] = linesWith(transport(aLadder({ pictures })), "EXT-X-STREAM-INF");
    expect(variant).toContain("RESOLUTION=1280x720,CLOSED-CAPTIONS");
    expect(variant).not.toContain("FRAME-RATE");
  });

  it("leaves out what is not published in the package", () => {
    const pictures = [
      aLadderPicture("low"),
      aLadderPicture("high", { transport: null, fragments: aTrack("h") }),
    ];
    expect(transport(aLadder({ pictures }))).not.toContain("high/");
  });

  it("cannot be broken by a quote in a name", () => {
    const subtitles = [aLadderSubtitle({ name: 'The "director"\n#EXT' })];
    const text = transport(aLadder({ subtitles }));
    expect(text).toContain("NAME=\"The 'director' #EXT\",");
  });
});
