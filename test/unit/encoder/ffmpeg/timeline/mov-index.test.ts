import { describe, expect, it } from "vitest";
import { readMovIndex } from "../../../../../encoder/ffmpeg/timeline/mov-index.ts";

const TRACK = 7;

function box(type: string, ...parts: (Buffer | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : words(part))));
  return Buffer.concat([words([body.length + 8]), Buffer.from(type, "latin1"), body]);
}

/** 32-bit numbers; negative ones as two's complement. */
function words(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, index) => bytes.writeUInt32BE(number >>> 0, index * 4));
  return bytes;
}

/** Boxes of a sample table by type; null leaves one out. */
type Tables = Record<string, Buffer | null>;

/** Six samples of 10 ticks each in two chunks, stored as I P B B P I. */
const TABLES: Tables = {
  stsd: box("stsd", [0, 1]),
  stts: box("stts", [0, 1, 6, 10]),
  ctts: box("ctts", [0, 5, 1, 10, 1, 30, 2, 0, 1, 10, 1, 10]),
  stss: box("stss", [0, 2, 1, 6]),
  stsz: box("stsz", [0, 0, 6, 5, 4, 3, 3, 4, 5]),
  stsc: box("stsc", [0, 1, 1, 3, 1]),
  stco: box("stco", [0, 2, 100, 200]),
};

type Moov = { tables?: Tables; edits?: Buffer | null; more?: Buffer; tracks?: number };

/** The body of a `moov`: movie time in 1/1000 s, track time in 1/100 s. */
function aMoov({ tables = {}, edits = null, more = Buffer.alloc(0), tracks = 1 }: Moov = {}): Buffer {
  const all = Object.values({ ...TABLES, ...tables }).filter((table) => table !== null);
  const track = box(
    "trak",
    box("tkhd", [0, 0, 0, TRACK]),
    ...(edits ? [box("edts", edits)] : []),
    box("mdia", box("mdhd", [0, 0, 0, 100, 60, 0]), box("minf", box("stbl", ...all))),
  );
  const sound = box("trak", box("tkhd", [0, 0, 0, 1]));
  const header = box("mvhd", [0, 0, 0, 1000, 600]);
  return Buffer.concat([header, sound, ...Array.from({ length: tracks }, () => track), more]);
}

function times(moov: Moov, trackId = TRACK): number[] | null {
  const frames = readMovIndex(aMoov(moov), trackId);
  return frames && [...frames.pts];
}

const UNIT = 0x10000;

describe("readMovIndex", () => {
  it("lists frames in the order in which they are shown", () => {
    expect(readMovIndex(aMoov(), TRACK)).toEqual({
      timeBase: { num: 1, den: 100 },
      pts: Float64Array.of(10, 20, 30, 40, 50, 60),
      isKey: Uint8Array.of(1, 0, 0, 0, 0, 1),
      lastDuration: 10,
      largestFallback: 0,
    });
  });

  it("takes every sample for a keyframe where none is named", () => {
    expect(readMovIndex(aMoov({ tables: { stss: null } }), TRACK)?.isKey).toEqual(new Uint8Array(6).fill(1));
  });

  it("reads offsets below zero, and a fixed sample size, and 64-bit offsets of chunks", () => {
    const tables = {
      ctts: box("ctts", [0, 5, 1, 0, 1, 20, 2, -10, 1, 0, 1, 0]),
      stsz: box("stsz", [0, 512, 6]),
      stco: null,
      co64: box("co64", [0, 2, 0, 100, 0, 200]),
    };
    expect(times({ tables })).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it("moves the picture by its edit and hides what lies outside", () => {
    expect(times({ edits: box("elst", [0, 1, 600, 10, UNIT]) })).toEqual([0, 10, 20, 30, 40, 50]);
    expect(times({ edits: box("elst", [0, 1, 300, 20, UNIT]) })).toEqual([0, 10, 20]);
    expect(times({ edits: box("elst", [0, 2, 500, -1, UNIT, 600, 10, UNIT]) })).toEqual([
      50, 60, 70, 80, 90, 100,
    ]);
    const long = [1 << 24, 1, 0, 600, 0, 10, UNIT];
    expect(times({ edits: box("elst", long) })).toEqual([0, 10, 20, 30, 40, 50]);
  });

  it.each<[string, Moov]>([
    ["fragments", { more: box("mvex") }],
    ["a compressed index", { more: box("cmov") }],
    ["the track twice", { tracks: 2 }],
    ["two real edits", { edits: box("elst", [0, 2, 100, 10, UNIT, 100, 40, UNIT]) }],
    ["an edit without an end", { edits: box("elst", [0, 1, 0, 10, UNIT]) }],
    ["an edit at another speed", { edits: box("elst", [0, 1, 600, 10, UNIT / 2]) }],
    ["edits without a list", { edits: box("free") }],
    ["several descriptions", { tables: { stsd: box("stsd", [0, 2]) } }],
    ["partial keyframes", { tables: { stps: box("stps", [0, 1, 3]) } }],
    ["groups of entry points", { tables: { sbgp: box("sbgp", [0], Buffer.from("rap "), [1, 6, 1]) } }],
    ["compact sizes", { tables: { stsz: null, stz2: box("stz2", [0, 8, 6]) } }],
    ["an empty sample", { tables: { stsz: box("stsz", [0, 0, 6, 5, 4, 0, 3, 4, 5]) } }],
    ["a first sample that is no keyframe", { tables: { stss: box("stss", [0, 1, 2]) } }],
    ["no keyframe", { tables: { stss: box("stss", [0, 0]) } }],
  ])("leaves %s to ffprobe", (_, moov) => {
    expect(times(moov)).toBeNull();
  });

  it.each<[string, Tables]>([
    [
      "a billion samples of a fixed size",
      {
        stsz: box("stsz", [0, 1, 2 ** 30]),
        stts: box("stts", [0, 1, 2 ** 30, 1]),
        stsc: box("stsc", [0, 1, 1, 2 ** 29, 1]),
        ctts: null,
      },
    ],
    ["more sizes than there are", { stsz: box("stsz", [0, 0, 2 ** 32 - 1, 5]) }],
    ["more steps than there are", { stts: box("stts", [0, 2 ** 32 - 1, 6, 10]) }],
    ["more samples in steps than in sizes", { stts: box("stts", [0, 1, 2 ** 32 - 1, 10]) }],
    ["fewer samples in steps than in sizes", { stts: box("stts", [0, 1, 5, 10]) }],
    ["steps that stand still", { stts: box("stts", [0, 2, 3, 0, 3, 10]) }],
    ["steps that go back", { stts: box("stts", [0, 1, 6, -10]) }],
    ["more offsets than samples", { ctts: box("ctts", [0, 1, 2 ** 32 - 1, 0]) }],
    ["fewer offsets than samples", { ctts: box("ctts", [0, 1, 5, 0]) }],
    ["offsets that no file has", { ctts: box("ctts", [0, 1, 6, 2 ** 29]) }],
    ["a table of offsets that is cut off", { ctts: box("ctts", [0, 6, 1]) }],
    ["keyframes out of order", { stss: box("stss", [0, 3, 1, 6, 2]) }],
    ["keyframes past the end", { stss: box("stss", [0, 2, 1, 7]) }],
    ["chunks that hold more than there is", { stsc: box("stsc", [0, 1, 1, 2 ** 32 - 1, 1]) }],
    ["chunks out of order", { stsc: box("stsc", [0, 2, 1, 3, 1, 1, 3, 1]) }],
    ["more chunks than there are", { stco: box("stco", [0, 2 ** 32 - 1, 100]) }],
    [
      "no samples",
      { stsz: box("stsz", [0, 0, 0]), stts: box("stts", [0, 0]), stsc: box("stsc", [0, 0]), ctts: null },
    ],
    ["an empty description of sizes", { stsz: box("stsz") }],
  ])("does not believe %s", (_, tables) => {
    expect(times({ tables })).toBeNull();
  });

  it("survives boxes of any wrong size, anywhere", () => {
    const moov = aMoov({ edits: box("elst", [0, 1, 600, 10, UNIT]) });
    for (let at = 0; at + 4 <= moov.length; at += 1) {
      for (const size of [0, 1, 7, 9, 2 ** 31, 2 ** 32 - 1]) {
        const damaged = Buffer.from(moov);
        damaged.writeUInt32BE(size, at);
        const frames = readMovIndex(damaged, TRACK);
        expect(frames === null || frames.pts.length <= 6).toBe(true);
      }
      expect(() => readMovIndex(moov.subarray(0, at), TRACK)).not.toThrow();
    }
    expect(readMovIndex(moov, 2)).toBeNull();
    expect(readMovIndex(moov, null)).toBeNull();
  });

  it("gives up on an index of a million tiny boxes", () => {
    const boxes = Buffer.concat(Array.from({ length: 10_000 }, () => box("free")));
    expect(readMovIndex(Buffer.concat(Array.from({ length: 100 }, () => boxes)), TRACK)).toBeNull();
  });
});
