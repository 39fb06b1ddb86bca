import { describe, expect, it } from "vitest";
import { readEvents } from "../../../../../encoder/ffmpeg/subtitle/read-events.ts";

/** An element with a two-byte size; `unknown` is the size that a file has which was cut off. */
function element(id: number[], body: number[], size?: "unknown"): number[] {
  const length =
    size === "unknown"
      ? [0x01, ...Array<number>(7).fill(0xff)]
      : [0x40 | (body.length >> 8), body.length & 0xff];
  return [...id, ...length, ...body];
}
const segment = (...children: number[][]) => element([0x18, 0x53, 0x80, 0x67], children.flat());
const cluster = (...children: number[][]) => element([0x1f, 0x43, 0xb6, 0x75], children.flat());
const clusterTime = (...bytes: number[]) => element([0xe7], bytes);
const group = (...children: number[][]) => element([0xa0], children.flat());
const block = (relative: [number, number], text: string) =>
  element([0xa1], [0x81, ...relative, 0, ...Buffer.from(text)]);
const duration = (...bytes: number[]) => element([0x9b], bytes);

const read = (bytes: number[]) =>
  readEvents(Uint8Array.from(bytes)).map(({ payload, ...times }) => ({
    ...times,
    text: new TextDecoder().decode(payload),
  }));

const FILE = segment(
  element([0xec], [0, 0, 0]),
  cluster(clusterTime(0x03, 0xe8), group(block([0, 5], "a"), duration(0x01, 0x00))),
  cluster(clusterTime(0x07, 0xd0), group(block([0xff, 0xff], "b")), element([0xa3], [0x81, 0, 1, 0, 99])),
);

describe("readEvents", () => {
  it("adds the times of clusters and blocks", () => {
    expect(read(FILE)).toEqual([
      { startMs: 1_005, durationMs: 256, text: "a" },
      { startMs: 1_999, durationMs: null, text: "b" },
      { startMs: 2_001, durationMs: null, text: "c" },
    ]);
  });

  it("reads a segment of unknown size to the end of the file", () => {
    const body = cluster(clusterTime(1), group(block([0, 0], "a")));
    expect(read(element([0x18, 0x53, 0x80, 0x67], body, "unknown"))).toMatchObject([{ text: "a" }]);
  });

  it("finds nothing in a file without clusters, in an empty one, and in nonsense", () => {
    expect(read(segment())).toEqual([]);
    expect(read([])).toEqual([]);
    expect(read([0, 0, 0, 0, 0xff])).toEqual([]);
  });

  it("survives a cut at every byte", () => {
    for (let length = 0; length < FILE.length; length += 1) {
      expect(read(FILE.slice(0, length)).length).toBeLessThanOrEqual(3);
    }
  });
});
