import { describe, expect, it } from "vitest";
import { isJoined, readBox } from "../../../../../encoder/ffmpeg/chunk/fragment-boxes.ts";

/** The header of a box; a 64 bit size is written when one is given. */
function header(size: number, type: string, longSize?: bigint): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(size, 0);
  bytes.write(type, 4, "latin1");
  if (longSize !== undefined) {
    bytes.writeBigUInt64BE(longSize, 8);
  }
  return bytes;
}

describe("readBox", () => {
  it("reads short and long sizes, and one that runs to the end of the file", () => {
    expect(readBox(header(24, "ftyp"), 0, 100)).toEqual({ type: "ftyp", startByte: 0, endByte: 24 });
    expect(readBox(header(1, "mdat", 60n), 24, 100)).toEqual({ type: "mdat", startByte: 24, endByte: 84 });
    expect(readBox(header(0, "mdat"), 24, 100)).toEqual({ type: "mdat", startByte: 24, endByte: 100 });
  });

  it.each([
    ["is smaller than its header", header(7, "free")],
    ["is smaller than its long header", header(1, "mdat", 15n)],
    ["ends behind the file", header(101, "mdat")],
    ["ends far behind the file", header(1, "mdat", 2n ** 64n - 1n)],
    ["breaks off in its header", header(24, "ftyp").subarray(0, 7)],
    ["breaks off in its long header", header(1, "mdat", 60n).subarray(0, 12)],
  ])("refuses a box that %s", (_, bytes) => {
    expect(readBox(bytes, 0, 100)).toBeNull();
  });
});

describe("isJoined", () => {
  it("takes media from every file, the description from the first, and indexes from none", () => {
    const taken = (isFirst: boolean) =>
      ["ftyp", "moov", "moof", "mdat", "mfra", "sidx", "free"].filter((type) =>
        isJoined({ type, startByte: 0, endByte: 8 }, isFirst),
      );
    expect(taken(true)).toEqual(["ftyp", "moov", "moof", "mdat"]);
    expect(taken(false)).toEqual(["moof", "mdat"]);
  });
});
