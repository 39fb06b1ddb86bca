import { describe, expect, it } from "vitest";
import { parseByteRange } from "../../../../encoder/source/byte-range.ts";

describe("parseByteRange", () => {
  it.each([
    ["bytes=0-", { startByte: 0, endByte: 1_000 }],
    ["bytes=0-0", { startByte: 0, endByte: 1 }],
    ["bytes=10-19", { startByte: 10, endByte: 20 }],
    ["bytes=990-5000", { startByte: 990, endByte: 1_000 }],
    ["bytes=-10", { startByte: 990, endByte: 1_000 }],
    ["bytes=-5000", { startByte: 0, endByte: 1_000 }],
  ])("reads %s of 1000 bytes", (header, range) => {
    expect(parseByteRange(header, 1_000)).toEqual(range);
  });

  it.each(["bytes=1000-", "bytes=1000-2000", "bytes=-0"])("can not satisfy %s of 1000 bytes", (header) => {
    expect(parseByteRange(header, 1_000)).toBe("unsatisfiable");
  });

  it.each([undefined, "", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "items=0-1", "bytes=a-b"])(
    "takes %j for no range",
    (header) => {
      expect(parseByteRange(header, 1_000)).toBeNull();
    },
  );
});
