import { describe, expect, it } from "vitest";
import { jpegSize } from "../../../../../worker/cli/demo/image-size.ts";

/** A JPEG's beginning: application data, quantisation and Huffman tables, then the frame header. */
function aJpeg(frameMarker: number): Uint8Array {
  const segment = (marker: number, content: readonly number[]) => {
    const length = content.length + 2;
    return [0xff, marker, length >> 8, length & 0xff, ...content];
  };
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(
      0xe0,
      Array.from({ length: 300 }, () => 0xc0),
    ),
    ...segment(0xdb, [0, 1, 2]),
    ...segment(0xc4, [0, 9, 9, 9, 9, 9, 9, 9, 9]),
    // Precision 8, height 180, width 320, three components.
    ...segment(frameMarker, [8, 0, 180, 1, 64, 3]),
  ]);
}

describe("jpegSize", () => {
  it.each([
    ["a baseline", 0xc0],
    ["a progressive", 0xc2],
  ])("reads the size of %s JPEG", (_, marker) => {
    expect(jpegSize(aJpeg(marker))).toEqual({ widthPx: 320, heightPx: 180 });
  });

  it("says nothing about what is no JPEG, or is cut before its frame", () => {
    expect(jpegSize(Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0]))).toBeNull();
    expect(jpegSize(aJpeg(0xc0).subarray(0, 310))).toBeNull();
    expect(jpegSize(new Uint8Array(0))).toBeNull();
  });
});
