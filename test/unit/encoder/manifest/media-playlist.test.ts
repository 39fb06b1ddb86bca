import { describe, expect, it } from "vitest";
import {
  fragmentForm,
  iFramePlaylist,
  mediaPlaylist,
  packageTargetSeconds,
  subtitlePlaylist,
  transportForm,
} from "../../../../encoder/manifest/media-playlist.ts";
import { aTrack, someLicenses } from "../../../support/ladders.ts";

const NTSC_SECONDS = 1001 / 30_000;
const clear = { version: 4, keys: null };
const whole = { targetSeconds: 6, isOpen: false };

describe("mediaPlaylist", () => {
  it("lists segments of a transport stream by their numbers", () => {
    const track = aTrack("media-1", [6.006, 5.972]);
    expect(mediaPlaylist(track, transportForm(track, clear), whole)).toBe(
      [
        "#EXTM3U",
        "#EXT-X-VERSION:4",
        "#EXT-X-TARGETDURATION:6",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXTINF:6.006000,",
        "segment-0.ts",
        "#EXTINF:5.972000,",
        "segment-1.ts",
        "#EXT-X-ENDLIST",
        "",
      ].join("\n"),
    );
  });

  it("lists segments of fragmented MP4 by their starts, after the map", () => {
    const track = aTrack("video", [6, 6]);
    const lines = mediaPlaylist(track, fragmentForm(track, null), whole).split("\n");
    expect(lines.filter((line) => /MAP|VERSION|^seg/.test(line))).toEqual([
      "#EXT-X-VERSION:7",
      '#EXT-X-MAP:URI="init.mp4"',
      "seg-0.m4s",
      "seg-540000.m4s",
    ]);
  });

  it("lets no rounding add up: any run of lengths is right to the microsecond", () => {
    const ticksPerSecond = 30_000;
    const durationTicks = 180 * 1001;
    const segments = Array.from({ length: 6_000 }, (_, number) => ({
      number,
      durationTicks,
      sizeBytes: 1,
      keyframeBytes: 1,
    }));
    const track = aTrack("video", [], { ticksPerSecond, segments });
    const text = mediaPlaylist(track, transportForm(track, clear), whole);
    const lengths = [...text.matchAll(/#EXTINF:([\d.]+),/g)].map(([, seconds]) => Number(seconds));
    for (const count of [1, 100, 3_333, 6_000]) {
      const sum = lengths.slice(0, count).reduce((total, seconds) => total + seconds, 0);
      expect(Math.abs(sum - count * 180 * NTSC_SECONDS)).toBeLessThan(2e-6);
    }
  });

  it("has no end while more will follow", () => {
    const track = aTrack("media-1", [2]);
    const open = mediaPlaylist(track, transportForm(track, clear), { targetSeconds: 7, isOpen: true });
    expect(open).toContain("#EXT-X-PLAYLIST-TYPE:EVENT\n");
    expect(open).toContain("#EXT-X-TARGETDURATION:7\n");
    expect(open).not.toContain("#EXT-X-ENDLIST");
  });

  it("names the key of every segment, with the segment's number as its IV", () => {
    const track = aTrack("media-1", [6, 6, 6, 6, 6]);
    const keys = { uris: ["a", "b"], values: ["0".repeat(32)], segmentsPerKey: 2, stored: [] };
    const text = mediaPlaylist(track, transportForm(track, { version: 3, keys }), whole);
    expect(
      [...text.matchAll(/#EXT-X-KEY:METHOD=AES-128,URI="(.)",IV=0x0{31}(.)\n/g)].map(([, ...key]) => key),
    ).toEqual([
      ["a", "0"],
      ["a", "1"],
      ["b", "2"],
      ["b", "3"],
      // There are only two keys: the last one is for all that follow.
      ["b", "4"],
    ]);
  });
});

describe("fragmentForm", () => {
  const tagsOf = (changes: Parameters<typeof someLicenses>[0]) =>
    fragmentForm(aTrack("video"), someLicenses(changes)).headTags.slice(1);

  it("names Widevine by its box, and the key's id", () => {
    const [tag] = tagsOf({ widevine: { pssh: "AAAA", licenseUrl: null } });
    expect(tag).toBe(
      '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="data:text/plain;base64,AAAA",' +
        "KEYID=0x00112233445566778899aabbccddeeff," +
        'KEYFORMAT="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",KEYFORMATVERSIONS="1"',
    );
  });

  it("names FairPlay for cbcs only", () => {
    const fairplay = { keyUri: "skd://key-1" };
    expect(tagsOf({ fairplay, widevine: null })).toEqual([
      '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://key-1",KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"',
    ]);
    expect(tagsOf({ fairplay, scheme: "cenc" }).join("\n")).not.toContain("skd:");
  });

  it("gives PlayReady the object in its box", () => {
    const header = Buffer.from("<WRMHEADER/>", "utf16le");
    const box = Buffer.alloc(32 + header.length);
    box.writeUInt32BE(box.length);
    box.write("pssh", 4);
    box.writeUInt32BE(header.length, 28);
    header.copy(box, 32);
    const [tag] = tagsOf({ widevine: null, playready: { pssh: box.toString("base64"), licenseUrl: null } });
    expect(tag).toContain(`URI="data:text/plain;charset=UTF-16;base64,${header.toString("base64")}"`);
    expect(tag).toContain('KEYFORMAT="com.microsoft.playready"');
  });

  it("says how samples are encrypted where no licence system is named", () => {
    const [tag, ...others] = tagsOf({ widevine: null, scheme: "cenc" });
    expect(tag).toContain("METHOD=SAMPLE-AES-CTR,");
    expect(tag).toContain("KEYID=0x00112233445566778899aabbccddeeff");
    expect(others).toEqual([]);
  });
});

describe("iFramePlaylist", () => {
  it("lists the keyframe at the beginning of every segment by its bytes", () => {
    const track = aTrack("media-1", [6, 1]);
    const lines = iFramePlaylist(track, transportForm(track, clear), 6)?.split("\n") ?? [];
    expect(lines.slice(6, -2)).toEqual([
      "#EXTINF:6.000000,",
      "#EXT-X-BYTERANGE:10000@0",
      "segment-0.ts",
      "#EXTINF:1.000000,",
      "#EXT-X-BYTERANGE:10000@0",
      "segment-1.ts",
    ]);
    expect(lines[5]).toBe("#EXT-X-I-FRAMES-ONLY");
  });

  it("is none where keyframes are not known", () => {
    const track = aTrack("media-1");
    const segments = track.segments.map((segment) => ({ ...segment, keyframeBytes: null }));
    expect(iFramePlaylist({ ...track, segments }, transportForm(track, clear), 6)).toBeNull();
  });
});

describe("subtitlePlaylist", () => {
  it("is one file that lasts as long as the stream", () => {
    const text = subtitlePlaylist(4, 61.5);
    expect(text).toContain("#EXT-X-TARGETDURATION:62\n");
    expect(text).toContain("#EXTINF:61.500000,\nsubtitles.vtt\n#EXT-X-ENDLIST\n");
  });
});

describe("packageTargetSeconds", () => {
  const target = (isOpen: boolean, ...tracks: number[][]) =>
    packageTargetSeconds(
      tracks.map((seconds) => aTrack("a", seconds)),
      isOpen,
    );

  it("is the longest segment of all tracks, rounded", () => {
    expect(target(false, [6, 6.49], [6])).toBe(6);
    expect(target(false, [6], [6, 6.5])).toBe(7);
    expect(target(false, [0.2])).toBe(1);
  });

  it("does not change while an open package grows by segments a little longer than wanted", () => {
    const grown = [[2], [2, 6], [2, 6, 7.49]];
    expect(grown.map((seconds) => target(true, seconds))).toEqual([7, 7, 7]);
  });

  it("rises with a segment around a gap", () => {
    expect(target(true, [6], [6, 31])).toBe(31);
  });

  it("can be told of any number of segments", () => {
    expect(target(false, Array<number>(300_000).fill(6))).toBe(6);
  });
});
