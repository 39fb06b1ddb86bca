import { describe, expect, it } from "vitest";
import type { Ladder, Tiles } from "../../../../encoder/contract/stream.ts";
import { dashManifest } from "../../../../encoder/manifest/dash-manifest.ts";
import {
  aLadder,
  aLadderPicture,
  aLadderSound,
  aLadderSubtitle,
  aTrack,
  someLicenses,
} from "../../../support/ladders.ts";
import { childrenOf, type Node, readManifest } from "../../../support/stream-lint/read-manifest.ts";

const URL = "https://cdn.test/master.mpd";

const read = (ladder: Ladder, changes: Partial<Parameters<typeof dashManifest>[1]> = {}) =>
  readManifest(dashManifest(ladder, { licenses: null, tiles: null, ...changes }), URL);

const roles = (node: Node) => childrenOf(node, "Role").map(({ attributes }) => attributes["value"]);

describe("dashManifest", () => {
  it("describes a static presentation as long as its longest track", () => {
    const sounds = [
      aLadderSound("sound-1", { fragments: aTrack("sound-1", [6, 6, 1.02], { codecs: ["mp4a.40.2"] }) }),
    ];
    const { root, durationSeconds, minBufferSeconds } = read(aLadder({ sounds }));
    expect(root.attributes).toMatchObject({
      type: "static",
      profiles: "urn:mpeg:dash:profile:isoff-live:2011",
    });
    expect(durationSeconds).toBe(13.02);
    expect(minBufferSeconds).toBe(6);
  });

  it("names segments by their times, in runs of one length", () => {
    const { sets } = read(aLadder());
    const [picture] = sets[0]?.representations ?? [];
    expect(picture?.initUrl).toBe("https://cdn.test/picture-1/init.mp4");
    expect(picture?.segments).toEqual([
      { startTicks: 0, durationTicks: 540_000, url: "https://cdn.test/picture-1/seg-0.m4s" },
      { startTicks: 540_000, durationTicks: 540_000, url: "https://cdn.test/picture-1/seg-540000.m4s" },
      { startTicks: 1_080_000, durationTicks: 90_000, url: "https://cdn.test/picture-1/seg-1080000.m4s" },
    ]);
    const text = dashManifest(aLadder(), { licenses: null, tiles: null });
    expect(text.match(/<S [^>]*>/g)?.slice(0, 2)).toEqual(['<S t="0" d="540000" r="1"/>', '<S d="90000"/>']);
  });

  it("puts rungs of one codec into one set, and other codecs into others", () => {
    const pictures = [
      aLadderPicture("a", { widthPx: 426, heightPx: 240 }),
      aLadderPicture("b"),
      aLadderPicture("c", { fragments: aTrack("c", [6, 6, 1], { codecs: ["hvc1.1.6.L93.B0"] }) }),
    ];
    const { sets } = read(aLadder({ pictures, sounds: [] }));
    expect(sets.map(({ representations }) => representations.map(({ id }) => id))).toEqual([
      ["a", "b"],
      ["c"],
    ]);
    expect(sets[0]?.attributes).toMatchObject({
      contentType: "video",
      mimeType: "video/mp4",
      maxWidth: "1280",
      par: "16:9",
      segmentAlignment: "true",
      startWithSAP: "1",
    });
    expect(sets[0]?.representations[1]?.attributes).toMatchObject({
      codecs: "avc1.64001f",
      width: "1280",
      height: "720",
      frameRate: "30000/1001",
      sar: "1:1",
    });
  });

  it("promises no switching between sets that are cut at different times", () => {
    const pictures = [
      aLadderPicture("a"),
      aLadderPicture("b", { frameRate: { num: 24, den: 1 }, fragments: aTrack("b", [6.04, 6, 0.96]) }),
    ];
    const { sets } = read(aLadder({ pictures, sounds: [] }));
    expect(sets.map(({ representations }) => representations.map(({ id }) => id))).toEqual([["a"], ["b"]]);
    expect(sets.flatMap(({ node }) => childrenOf(node, "SupplementalProperty"))).toEqual([]);
  });

  it("says the highest rate of a set, and none where one is not known", () => {
    const rate = (num: number, den = 1) => aLadderPicture(`p-${num}`, { frameRate: { num, den } });
    const highest = (...pictures: Ladder["pictures"]) =>
      read(aLadder({ pictures })).sets[0]?.attributes["maxFrameRate"];
    expect(highest(rate(15), rate(30_000, 1001), rate(24))).toBe("30000/1001");
    expect(highest(rate(24), rate(25))).toBe("25");
    expect(highest(rate(24), aLadderPicture("b", { frameRate: null }))).toBeUndefined();
  });

  it("gives every language a set of its own and says which is the main one", () => {
    const sounds = [
      aLadderSound("en"),
      aLadderSound("de", { language: "de", name: "Deutsch", isDefault: false, channels: 6 }),
    ];
    const { sets } = read(aLadder({ pictures: [], sounds }));
    expect(sets.map(({ attributes, node }) => [attributes["lang"], roles(node)])).toEqual([
      ["en", ["main"]],
      ["de", ["alternate"]],
    ]);
    const channels = sets.map(
      ({ node }) => childrenOf(node, "AudioChannelConfiguration")[0]?.attributes["value"],
    );
    expect(channels).toEqual(["2", "6"]);
    expect(sets[0]?.representations[0]?.attributes["audioSamplingRate"]).toBe("48000");
  });

  it("says that a language is not known", () => {
    const sounds = [aLadderSound("a", { language: null })];
    const subtitles = [aLadderSubtitle({ language: null })];
    const { sets } = read(aLadder({ pictures: [], sounds, subtitles }));
    expect(sets.map(({ attributes }) => attributes["lang"])).toEqual(["und", "und"]);
  });

  it("names subtitles as files with their roles", () => {
    const subtitles = [
      aLadderSubtitle({ isDefault: true }),
      aLadderSubtitle({ isForced: true, folder: "text/en-2" }),
    ];
    const { sets } = read(aLadder({ pictures: [], sounds: [], subtitles }));
    expect(sets.map(({ attributes }) => attributes["mimeType"])).toEqual(["text/vtt", "text/vtt"]);
    expect(sets.map(({ node }) => roles(node))).toEqual([["subtitle", "main"], ["forced-subtitle"]]);
    expect(sets[1]?.representations[0]?.baseUrl).toBe("https://cdn.test/text/en-2/subtitles.vtt");
  });

  it("is of a profile that allows files without templates where there are subtitles", () => {
    const { root } = read(aLadder({ subtitles: [aLadderSubtitle()] }));
    expect(root.attributes["profiles"]).toBe("urn:mpeg:dash:profile:full:2011");
  });

  it("describes a stream of any number of segments", () => {
    const long = aTrack("a", Array<number>(300_000).fill(6));
    const ladder = aLadder({ pictures: [aLadderPicture("a", { fragments: long })], sounds: [] });
    const text = dashManifest(ladder, { licenses: null, tiles: null });
    expect(text).toContain('mediaPresentationDuration="PT1800000S"');
    expect(text).toContain('<S t="0" d="540000" r="299999"/>');
  });

  it("names thumbnails as tiles", () => {
    const tiles: Tiles = {
      template: "../tiles/t-$Number%02d$.jpg",
      startNumber: 0,
      ...{ columns: 4, rowsPerFile: 3, tileWidthPx: 160, tileHeightPx: 90, secondsPerTile: 2.5 },
      mimeType: "image/jpeg",
    };
    const image = read(aLadder(), { tiles }).sets.at(-1);
    expect(image?.attributes).toMatchObject({ contentType: "image", mimeType: "image/jpeg" });
    const [template] = image ? childrenOf(image.node, "SegmentTemplate") : [];
    expect(template?.attributes).toEqual({
      media: "../tiles/t-$Number%02d$.jpg",
      timescale: "1000",
      duration: "30000",
      startNumber: "0",
    });
    const [representation] = image?.representations ?? [];
    expect(representation?.attributes).toMatchObject({ width: "640", height: "270" });
    const [grid] = representation ? childrenOf(representation.node, "EssentialProperty") : [];
    expect(grid?.attributes).toEqual({
      schemeIdUri: "http://dashif.org/guidelines/thumbnail_tile",
      value: "4x3",
    });
  });

  it("names the key and the licence systems of encrypted media", () => {
    const licenses = someLicenses({
      widevine: { pssh: "AAAA", licenseUrl: "https://wv.test/?a=1&b=2" },
      playready: { pssh: null, licenseUrl: "https://pr.test/" },
      clearkey: { licenseUrl: "https://ck.test/" },
    });
    const { sets } = read(aLadder(), { licenses });
    for (const { node } of sets) {
      const [common, widevine, playready, clearkey] = childrenOf(node, "ContentProtection");
      expect(common?.attributes).toEqual({
        schemeIdUri: "urn:mpeg:dash:mp4protection:2011",
        value: "cbcs",
        "cenc:default_KID": "00112233-4455-6677-8899-aabbccddeeff",
      });
      expect(widevine?.attributes["schemeIdUri"]).toBe("urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed");
      expect(widevine?.children.map(({ name, text }) => [name, text])).toEqual([
        ["cenc:pssh", "AAAA"],
        ["dashif:Laurl", "https://wv.test/?a=1&b=2"],
      ]);
      const header = Buffer.from(playready?.children[1]?.text ?? "", "base64")
        .subarray(10)
        .toString("utf16le");
      expect(header).toContain("<LA_URL>https://pr.test/</LA_URL>");
      // The first three groups of a GUID are little-endian.
      const id = Buffer.from("33221100554477668899aabbccddeeff", "hex").toString("base64");
      expect(header).toContain(`<KID ALGID="AESCBC" VALUE="${id}">`);
      expect(clearkey?.attributes["schemeIdUri"]).toBe("urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e");
      expect(clearkey?.children.map(({ text }) => text)).toEqual(["https://ck.test/"]);
    }
  });

  it("escapes what a customer has written", () => {
    const sounds = [aLadderSound("a", { name: 'Tom & "Jerry" <1>' })];
    const [set] = read(aLadder({ pictures: [], sounds })).sets;
    expect(set && childrenOf(set.node, "Label")[0]?.text).toBe('Tom & "Jerry" <1>');
  });
});
