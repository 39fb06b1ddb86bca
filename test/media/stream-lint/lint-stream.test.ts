import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { manifests } from "../../../encoder/manifest/manifests.ts";
import {
  aFragmentPackage,
  aLadderSubtitle,
  aTransportPackage,
  someLicenses,
  somePackages,
} from "../../support/ladders.ts";
import { makeTestDirectory } from "../../support/make-clip.ts";
import { type LadderPlan, publishLadder } from "../../support/published-ladder.ts";
import { type Rule, RULES } from "../../support/stream-lint/finding.ts";
import { lintStream } from "../../support/stream-lint/lint-stream.ts";

const KEY = "000102030405060708090a0b0c0d0e0f";
const KEY_ID = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";
const ADDRESS = "https://cdn.test/";

/** Files by their names in the two packages. */
type Files = Map<string, Buffer>;

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** Two rungs, two languages, subtitles and tiles, in the clear. */
let plain: Files;
/** One rung whose transport stream has AES-128 and whose fragmented MP4 has cenc. */
let secret: Files;

beforeAll(async () => {
  directory = await makeTestDirectory();
  const tiles = {
    template: "../tiles/$Number$.jpg",
    startNumber: 1,
    ...{ columns: 4, rowsPerFile: 2, tileWidthPx: 64, tileHeightPx: 36, secondsPerTile: 2 },
    mimeType: "image/jpeg",
  };
  plain = await publish(
    {
      sounds: [
        { hz: 440, language: "en", name: "English", isRung: true },
        { hz: 880, language: "de", name: "Deutsch", isRung: false },
      ],
    },
    { fragments: aFragmentPackage({ tiles }) },
  );
  const keys = { values: [KEY], segmentsPerKey: null };
  secret = await publish(
    { pictures: [{ widthPx: 96, heightPx: 54 }], keys, cenc: { key: KEY, keyId: KEY_ID } },
    {
      transport: aTransportPackage({ keys: { ...keys, uris: ["../stream.key"], stored: [] } }),
      fragments: aFragmentPackage({ licenses: someLicenses({ scheme: "cenc", keyId: KEY_ID }) }),
    },
  );
  secret.set("transport/stream.key", Buffer.from(KEY, "hex"));
}, 120_000);
afterAll(() => directory.remove());

async function publish(
  plan: Partial<LadderPlan>,
  changes: Parameters<typeof somePackages>[0],
): Promise<Files> {
  const place = await mkdtemp(join(directory.path, "published-"));
  const subtitles = [aLadderSubtitle({ isDefault: true })];
  const ladder = { ...(await publishLadder(place, plan)), subtitles };
  const files: Files = new Map();
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) {
      files.set(relative(place, path), await readFile(path));
    }
  }
  for (const { package: kind, name, text } of manifests(ladder, somePackages(changes), false).flat()) {
    files.set(`${kind}/${name}`, Buffer.from(text));
    files.set(`${kind}/text/en-1/subtitles.vtt`, Buffer.from("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n"));
  }
  return files;
}

/** Rules that are broken. */
async function brokenRules(files: Files): Promise<Set<Rule>> {
  const { findings } = await lintStream(
    {
      hls: `${ADDRESS}transport/master.m3u8`,
      dash: `${ADDRESS}fragments/master.mpd`,
      hlsfmp4: `${ADDRESS}fragments/master.m3u8`,
    },
    { get: (url) => Promise.resolve(files.get(url.slice(ADDRESS.length)) ?? null) },
  );
  return new Set(findings.map(({ rule }) => rule));
}

/** Changes a copy of the files. */
type Damage = (files: Files) => void;

/** Replaces text that has to be there. */
const edit =
  (name: string, from: string | RegExp, to: string): Damage =>
  (files) => {
    const text = files.get(name)?.toString("utf8") ?? "";
    const edited = text.replace(from, to);
    if (edited === text) {
      throw new Error(`${name} has no ${from}`);
    }
    files.set(name, Buffer.from(edited));
  };

const patch =
  (name: string, change: (bytes: Buffer) => Buffer | void): Damage =>
  (files) => {
    const bytes = Buffer.from(files.get(name) ?? "");
    files.set(name, change(bytes) ?? bytes);
  };

const remove =
  (name: string): Damage =>
  (files) => {
    if (!files.delete(name)) {
      throw new Error(`there is no ${name}`);
    }
  };

const swap =
  (one: string, other: string): Damage =>
  (files) => {
    const [first, second] = [files.get(one), files.get(other)];
    files.set(one, second ?? Buffer.alloc(0)).set(other, first ?? Buffer.alloc(0));
  };

const TS = "transport/master.m3u8";
const MPD = "fragments/master.mpd";
const FMP4 = "fragments/master.m3u8";
const TS_LIST = "transport/media-1/stream.m3u8";
const FMP4_LIST = "fragments/video/avc1/1/stream.m3u8";
const TS_SEGMENT = "transport/media-1/segment-1.ts";
const INIT = "fragments/video/avc1/1/init.mp4";
const FRAGMENT = "fragments/video/avc1/1/seg-76800.m4s";

/** Flags of the first sample that a run has, `trun`'s own or the track fragment's. */
function setFirstFlags(bytes: Buffer, flags: number): void {
  const trun = bytes.indexOf("trun") + 4;
  const has = bytes.readUInt32BE(trun) & 0xffffff;
  if (has & 4) {
    bytes.writeUInt32BE(flags, trun + 8 + (has & 1 ? 4 : 0));
    return;
  }
  const fieldsBefore = (has & 0x100 ? 4 : 0) + (has & 0x200 ? 4 : 0);
  bytes.writeUInt32BE(flags, trun + 8 + (has & 1 ? 4 : 0) + fieldsBefore);
}

/** The bytes with a box put into one at a path from the top, whose sizes grow. */
function withBox(bytes: Buffer, path: readonly string[], box: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  let at = 0;
  for (const type of path) {
    at = copy.indexOf(type, at, "latin1");
    copy.writeUInt32BE(copy.readUInt32BE(at - 4) + box.length, at - 4);
  }
  return Buffer.concat([copy.subarray(0, at + 4), box, copy.subarray(at + 4)]);
}

function box(type: string, body: readonly number[]): Buffer {
  const bytes = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, ...body]);
  bytes.writeUInt32BE(bytes.length);
  bytes.write(type, 4, "latin1");
  return bytes;
}

const EDITS = box("edts", [...box("elst", [0, 0, 0, 0, 0, 0, 0, 1, ...Array<number>(12).fill(0)])]);

/** Changes the first packet that satisfies a test. */
const patchPacket = (isIt: (packet: Buffer, index: number) => boolean, change: (packet: Buffer) => void) =>
  patch(TS_SEGMENT, (bytes) => {
    const packets = Array.from({ length: bytes.length / 188 }, (_, index) =>
      bytes.subarray(188 * index, 188 * (index + 1)),
    );
    const packet = packets.find(isIt);
    if (packet === undefined) {
      throw new Error("there is no such packet");
    }
    change(packet);
  });

const pidOf = (packet: Buffer) => packet.readUInt16BE(1) & 0x1fff;
const VIDEO_PID = 0x100;

/** Each rule, and what breaks it. */
const FAULTS: [Rule, string, Damage][] = [
  ["uri-resolves", "a segment is missing", remove(TS_SEGMENT)],
  ["uri-resolves", "a media playlist is missing", remove(FMP4_LIST)],
  ["uri-resolves", "an initialization segment is missing", remove(INIT)],
  ["hls-header", "a playlist has no header", edit(TS_LIST, "#EXTM3U\n", "")],
  [
    "hls-header",
    "a version is said twice",
    edit(TS, "#EXT-X-VERSION:4\n", "#EXT-X-VERSION:4\n#EXT-X-VERSION:4\n"),
  ],
  [
    "hls-version",
    "byte ranges in version 3",
    edit("transport/media-1/iframes.m3u8", "VERSION:4", "VERSION:3"),
  ],
  ["hls-version", "a map in version 5", edit(FMP4_LIST, "VERSION:7", "VERSION:5")],
  ["hls-version", "renditions in version 3", edit(TS, "VERSION:4", "VERSION:3")],
  ["hls-target-duration", "a segment is longer than the target", edit(TS_LIST, "DURATION:6", "DURATION:5")],
  ["hls-one-target", "playlists have different targets", edit(TS_LIST, "DURATION:6", "DURATION:7")],
  ["hls-type", "a finished playlist may grow", edit(TS_LIST, "TYPE:VOD", "TYPE:EVENT")],
  ["hls-end", "a finished playlist has no end", edit(TS_LIST, "#EXT-X-ENDLIST\n", "")],
  [
    "hls-discontinuity",
    "segments do not follow",
    edit(TS_LIST, "segment-0.ts\n", "segment-0.ts\n#EXT-X-DISCONTINUITY\n"),
  ],
  ["hls-segments", "a segment is named twice", edit(TS_LIST, "segment-1.ts", "segment-0.ts")],
  [
    "hls-map",
    "the map changes",
    edit(FMP4_LIST, "seg-0.m4s\n", 'seg-0.m4s\n#EXT-X-MAP:URI="../2/init.mp4"\n'),
  ],
  ["hls-duration", "a length is not the media's", edit(TS_LIST, "#EXTINF:6.000000", "#EXTINF:5.950000")],
  ["hls-duration", "the last length is not the media's", edit(FMP4_LIST, "#EXTINF:1.0", "#EXTINF:1.1")],
  [
    "hls-iframes",
    "a range ends within the picture",
    edit("transport/media-1/iframes.m3u8", /BYTERANGE:\d+@/, "BYTERANGE:188@"),
  ],
  [
    "hls-iframes",
    "a range has a second picture",
    edit("transport/media-1/iframes.m3u8", /BYTERANGE:\d+@/, "BYTERANGE:37600@"),
  ],
  [
    "hls-iframes",
    "a range ends before the media data",
    edit("fragments/video/avc1/1/iframes.m3u8", /BYTERANGE:\d+@/, "BYTERANGE:100@"),
  ],
  ["hls-subtitles", "the subtitles are none", edit("transport/text/en-1/subtitles.vtt", "WEBVTT", "SRT")],
  ["apple-six-seconds", "segments are long", edit(TS_LIST, "DURATION:6", "DURATION:10")],
  [
    "apple-peak",
    "the peak is far above the average",
    edit(TS, /AVERAGE-BANDWIDTH=\d+/, "AVERAGE-BANDWIDTH=9"),
  ],
  ["apple-frame-rate", "a variant has no rate", edit(TS, ",FRAME-RATE=25.000", "")],
  ["apple-iframes", "an I-frame playlist is not named", edit(TS, /#EXT-X-I-FRAME-STREAM-INF.*\n/, "")],
  ["master-independent", "segments might depend", edit(TS, "#EXT-X-INDEPENDENT-SEGMENTS\n", "")],
  ["master-variants", "there is no variant", edit(TS, /#EXT-X-STREAM-INF.*\n.*\n/g, "")],
  ["master-attributes", "a variant has no codecs", edit(TS, /CODECS="[^"]*",/, "")],
  ["master-bandwidth", "the bandwidth is below the peak", edit(TS, /([:,])BANDWIDTH=\d/, "$1BANDWIDTH=")],
  ["master-bandwidth", "the bandwidth is made up", edit(FMP4, /([:,])BANDWIDTH=/, "$1BANDWIDTH=9")],
  [
    "master-bandwidth",
    "the bandwidth of keyframes is not theirs",
    edit(TS, /(I-FRAME-STREAM-INF:BANDWIDTH)=/, "$1=1"),
  ],
  [
    "master-average",
    "the average is not the media's",
    edit(TS, /AVERAGE-BANDWIDTH=\d/, "AVERAGE-BANDWIDTH="),
  ],
  ["master-codecs", "the codecs are not the media's", edit(TS, "avc1.42c00b,", "avc1.640028,")],
  ["master-codecs", "a codec is not listed", edit(FMP4, ",mp4a.40.2", "")],
  ["master-resolution", "the size is not the picture's", edit(TS, "RESOLUTION=160x90", "RESOLUTION=160x92")],
  ["master-frame-rate", "the rate is not the picture's", edit(TS, "FRAME-RATE=25.000", "FRAME-RATE=30.000")],
  ["master-captions", "captions are denied of some variants", edit(TS, ",CLOSED-CAPTIONS=NONE", "")],
  [
    "master-order",
    "sound alone comes first",
    edit(TS, /(#EXT-X-STREAM-INF.*\n.*\n)(#EXT-X-STREAM-INF.*\n.*\n)(#EXT-X-STREAM-INF.*\n.*\n)/, "$3$1$2"),
  ],
  ["master-groups", "a group is not there", edit(TS, 'AUDIO="audio-1"', 'AUDIO="audio-9"')],
  ["master-groups", "a group has two of a name", edit(TS, 'NAME="Deutsch"', 'NAME="English"')],
  [
    "master-groups",
    "a group has two defaults",
    edit(TS, 'NAME="Deutsch",DEFAULT=NO', 'NAME="Deutsch",DEFAULT=YES'),
  ],
  ["master-groups", "a group selects two of a language", edit(TS, 'LANGUAGE="de"', 'LANGUAGE="en"')],
  [
    "variants-aligned",
    "a variant lacks its end",
    edit("transport/media-2/stream.m3u8", /#EXTINF:1.0.*\nsegment-2.ts\n/, ""),
  ],
  [
    "segment-keyframe",
    "a segment of a transport stream begins with another picture",
    patch(TS_SEGMENT, (bytes) => {
      bytes[bytes.indexOf(Buffer.from([0, 0, 1, 0x65])) + 3] = 0x41;
    }),
  ],
  [
    "segment-keyframe",
    "a fragment begins with no sync sample",
    patch(FRAGMENT, (bytes) => setFirstFlags(bytes, 0x1010000)),
  ],
  [
    "segment-keyframe",
    "a fragment says sync of another picture",
    patch(FRAGMENT, (bytes) => {
      bytes.fill(
        0x41,
        bytes.indexOf(0x65, bytes.indexOf("mdat")),
        bytes.indexOf(0x65, bytes.indexOf("mdat")) + 1,
      );
    }),
  ],
  [
    "segment-gop",
    "a fragment has two keyframes",
    patch(FRAGMENT, (bytes) => {
      const tfhd = bytes.indexOf("tfhd") + 4;
      const has = bytes.readUInt32BE(tfhd) & 0xffffff;
      const fields = [1, 2, 8, 0x10].reduce((sum, flag) => sum + (has & flag ? (flag === 1 ? 8 : 4) : 0), 0);
      bytes.writeUInt32BE(0x2000000, tfhd + 8 + fields);
    }),
  ],
  ["ts-readable", "a packet is cut short", patch(TS_SEGMENT, (bytes) => bytes.subarray(0, -10))],
  [
    "ts-tables",
    "the tables are missing",
    patchPacket(
      (packet) => pidOf(packet) === 0,
      (packet) => packet.writeUInt16BE(0x5fff, 1),
    ),
  ],
  [
    "ts-clock",
    "there is no clock",
    patch(TS_SEGMENT, (bytes) => {
      for (let at = 0; at < bytes.length; at += 188) {
        if (((bytes[at + 3] ?? 0) & 0x20) !== 0 && (bytes[at + 4] ?? 0) > 0) {
          bytes[at + 5] = (bytes[at + 5] ?? 0) & ~0x10;
        }
      }
    }),
  ],
  [
    "ts-continuity",
    "a packet is lost",
    patchPacket(
      (packet, index) => index > 20 && pidOf(packet) === VIDEO_PID,
      (packet) => packet.writeUInt16BE(0x1fff, 1),
    ),
  ],
  [
    "ts-media",
    "a stream has nothing in it",
    patch(TS_SEGMENT, (bytes) => {
      for (let at = 0; at < bytes.length; at += 188) {
        if ((bytes.readUInt16BE(at + 1) & 0x1fff) === VIDEO_PID + 1) {
          bytes.writeUInt16BE(0x1fff, at + 1);
        }
      }
    }),
  ],
  [
    "ts-sound",
    "a frame of sound is broken",
    patch(TS_SEGMENT, (bytes) => {
      const at = bytes.indexOf(Buffer.from([0xff, 0xf1]));
      bytes[at + 4] = (bytes[at + 4] ?? 0) ^ 0x10;
    }),
  ],
  ["ts-order", "segments are in the wrong order", swap("transport/media-1/segment-0.ts", TS_SEGMENT)],
  ["mp4-readable", "a box is longer than the file", patch(FRAGMENT, (bytes) => bytes.subarray(0, -10))],
  ["mp4-readable", "an initialization segment has no track", edit(INIT, "trak", "free")],
  ["mp4-edits", "there is an edit list", patch(INIT, (bytes) => withBox(bytes, ["moov", "trak"], EDITS))],
  [
    "mp4-continuous",
    "a fragment begins late",
    patch(FRAGMENT, (bytes) => {
      const at = bytes.indexOf("tfdt");
      bytes.writeUInt32BE(76_801, bytes[at + 4] === 1 ? at + 12 : at + 8);
    }),
  ],
  ["mp4-earliest", "the first picture is shown late", patch(FRAGMENT, shownLate)],
  [
    "mp4-encryption",
    "a clear track has encrypted samples",
    patch(FRAGMENT, (bytes) => withBox(bytes, ["moof", "traf"], box("senc", [0, 0, 0, 0, 0, 0, 0, 0]))),
  ],
  ["mpd-readable", "it is not well-formed", edit(MPD, "</Period>", "")],
  ["mpd-root", "it is a live one", edit(MPD, 'type="static"', 'type="dynamic"')],
  [
    "mpd-profile",
    "a text has no template in the live profile",
    edit(MPD, "profile:full", "profile:isoff-live"),
  ],
  ["mpd-profile", "it has another profile", edit(MPD, "profile:full", "profile:isoff-on-demand")],
  [
    "mpd-switching",
    "sets with other segments are linked",
    edit(
      MPD,
      "<Role",
      '<SupplementalProperty schemeIdUri="urn:mpeg:dash:adaptation-set-switching:2016" value="1"/><Role',
    ),
  ],
  [
    "mpd-duration",
    "the presentation is shorter than its media",
    edit(MPD, /Duration="PT13[^"]*"/, 'Duration="PT12S"'),
  ],
  ["mpd-ids", "two representations have one id", edit(MPD, 'id="video/avc1/2"', 'id="video/avc1/1"')],
  ["mpd-set", "a set does not say what it is", edit(MPD, 'contentType="video" ', "")],
  ["mpd-set", "a set does not say that it is aligned", edit(MPD, ' segmentAlignment="true"', "")],
  ["mpd-segments", "a set has no template", edit(MPD, /<SegmentTemplate[^]*?<\/SegmentTemplate>/, "")],
  ["mpd-timeline", "the timeline has a hole", edit(MPD, '<S d="12800"/>', '<S t="153700" d="12800"/>')],
  ["mpd-tfdt", "a segment is listed longer than it is", edit(MPD, 'd="12800"', 'd="12801"')],
  ["mpd-timescale", "the clock is not the track's", edit(MPD, 'timescale="12800"', 'timescale="25600"')],
  [
    "mpd-aligned",
    "a representation has a timeline of its own",
    edit(
      MPD,
      /(<SegmentTemplate[^]*?<\/SegmentTemplate>)([^]*?bandwidth="\d+")\/>/,
      '$1$2><SegmentTemplate timescale="12800" initialization="$$RepresentationID$$/init.mp4" media="$$RepresentationID$$/seg-$$Time$$.m4s"><SegmentTimeline><S t="0" d="76800"/></SegmentTimeline></SegmentTemplate></Representation>',
    ),
  ],
  ["mpd-codecs", "the codecs are not the track's", edit(MPD, 'codecs="avc1.42c00b"', 'codecs="avc1.640028"')],
  ["mpd-bandwidth", "a player at that rate would wait", edit(MPD, /bandwidth="(\d)\d/, 'bandwidth="$1')],
  [
    "mpd-picture",
    "the size is not the picture's",
    edit(MPD, 'width="160" height="90" frame', 'width="160" height="92" frame'),
  ],
  ["mpd-picture", "the rate is not the picture's", edit(MPD, 'frameRate="25"', 'frameRate="30000/1001"')],
  ["mpd-picture", "a set does not say its highest rate", edit(MPD, ' maxFrameRate="25"', "")],
  ["mpd-picture", "a set says a size that is not its largest", edit(MPD, /maxWidth="\d+"/, 'maxWidth="96"')],
  ["mpd-sound", "the rate is not the sound's", edit(MPD, 'Rate="48000"', 'Rate="44100"')],
  [
    "mpd-sound",
    "the channels are not the sound's",
    edit(MPD, 'ChannelConfiguration" value="2"', 'ChannelConfiguration" value="6"'),
  ],
  ["mpd-role", "two languages are the main one", edit(MPD, 'value="alternate"', 'value="main"')],
  ["mpd-role", "subtitles do not say what they are", edit(MPD, 'value="subtitle"', 'value="caption"')],
  ["mpd-lang", "a sound has no language", edit(MPD, ' lang="de"', "")],
  ["mpd-text", "the subtitles are missing", remove("fragments/text/en-1/subtitles.vtt")],
  ["mpd-images", "tiles do not say how they lie", edit(MPD, 'value="4x2"', 'value="4"')],
  ["cross-files", "HLS leaves a segment out", edit(FMP4_LIST, /#EXTINF:1.0.*\nseg-153600.m4s\n/, "")],
  ["cross-times", "HLS says another length", edit(FMP4_LIST, "#EXTINF:6.000000", "#EXTINF:6.000100")],
];

/** The first composition offset or duration that a run has is another. */
function shownLate(bytes: Buffer): Buffer {
  // A run with flags and composition offsets for its samples, where there were none.
  const trun = bytes.indexOf("trun") + 4;
  const has = bytes.readUInt32BE(trun) & 0xffffff;
  const count = bytes.readUInt32BE(trun + 4);
  const head = 8 + (has & 1 ? 4 : 0) + (has & 4 ? 4 : 0);
  const fieldBytes = [0x100, 0x200, 0x400].reduce((sum, flag) => sum + (has & flag ? 4 : 0), 0);
  const fields = Array.from({ length: count }, (_, index) => {
    const from = trun + head + index * fieldBytes;
    return Buffer.concat([bytes.subarray(from, from + fieldBytes), Buffer.from([0, 0, 2, 0])]);
  });
  const body = Buffer.concat([bytes.subarray(trun, trun + head), ...fields]);
  body.writeUInt32BE((bytes.readUInt32BE(trun) | 0x800) >>> 0);
  const grown = body.length - (head + count * fieldBytes);
  const copy = Buffer.from(bytes);
  for (const type of ["moof", "traf", "trun"]) {
    const at = copy.indexOf(type) - 4;
    copy.writeUInt32BE(copy.readUInt32BE(at) + grown, at);
  }
  return Buffer.concat([copy.subarray(0, trun), body, copy.subarray(trun + head + count * fieldBytes)]);
}

const SECRET_FAULTS: [Rule, string, Damage][] = [
  ["hls-key", "the key is another", patch("transport/stream.key", (bytes) => bytes.fill(7))],
  ["hls-key", "the key is missing", remove("transport/stream.key")],
  ["hls-key", "a key has no IV", edit(TS_LIST, /,IV=0x\d+/, "")],
  ["hls-key", "nothing is said of the key", edit(FMP4_LIST, /#EXT-X-KEY.*\n/, "")],
  ["hls-key", "the method is of another scheme", edit(FMP4_LIST, "SAMPLE-AES-CTR", "SAMPLE-AES")],
  ["hls-key", "the key id is another", edit(FMP4_LIST, "KEYID=0xa0", "KEYID=0xb0")],
  [
    "hls-iframes",
    "nothing is said of the key of keyframes",
    edit("fragments/video/avc1/1/iframes.m3u8", /#EXT-X-KEY.*\n/, ""),
  ],
  ["mpd-protection", "the key id is another", edit(MPD, 'default_KID="a0', 'default_KID="b0')],
  ["mpd-protection", "the scheme is another", edit(MPD, 'value="cenc"', 'value="cbcs"')],
  ["mpd-protection", "Widevine has no box", edit(MPD, /<cenc:pssh>.*<\/cenc:pssh>/, "")],
];

describe("lintStream", () => {
  it("finds nothing in sound packages", async () => {
    expect(await brokenRules(plain)).toEqual(new Set());
    expect(await brokenRules(secret)).toEqual(new Set());
  });

  it.each(FAULTS)("finds by %s that %s", async (rule, _, damage) => {
    const files = new Map(plain);
    damage(files);
    expect(await brokenRules(files)).toContain(rule);
  });

  it.each(SECRET_FAULTS)("finds by %s, of encrypted media, that %s", async (rule, _, damage) => {
    const files = new Map(secret);
    damage(files);
    expect(await brokenRules(files)).toContain(rule);
  });

  it("has a fault for every rule", () => {
    const broken = new Set([...FAULTS, ...SECRET_FAULTS].map(([rule]) => rule));
    expect(RULES.filter((rule) => !broken.has(rule))).toEqual([]);
  });

  it("expects playlists of an open stream to be open", async () => {
    const source = { get: (url: string) => Promise.resolve(plain.get(url.slice(ADDRESS.length)) ?? null) };
    const { findings } = await lintStream({ hls: `${ADDRESS}${TS}` }, source, { isOpen: true });
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(["hls-type", "hls-end"]));
  });
});
