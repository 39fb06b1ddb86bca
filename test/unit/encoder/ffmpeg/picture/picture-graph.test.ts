import { describe, expect, it } from "vitest";
import { pictureChain, pictureGraph } from "../../../../../encoder/ffmpeg/picture/picture-graph.ts";
import { aFrame, aPictureSpec, BT709 } from "../../../../support/output-specs.ts";

const TAGS = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709";

describe("pictureChain", () => {
  it("scales an ordinary picture in one step, without a conversion of its colours", () => {
    expect(pictureChain(aPictureSpec({ frame: aFrame(640, 360) })).split(",")).toEqual([
      TAGS,
      "scale=w=640:h=360:flags=bicubic:in_color_matrix=bt709:in_range=tv:out_color_matrix=bt709:out_range=tv",
      "format=yuv420p",
      "setsar=1",
      "format=yuv420p",
      TAGS,
    ]);
  });

  it("spends exactness where colours are converted, and linear light on HDR alone", () => {
    const bt601 = { ...BT709, matrix: "bt601" } as const;
    const hdr = { ...BT709, matrix: "bt2020nc", primaries: "bt2020", transfer: "smpte2084" } as const;
    expect(pictureChain(aPictureSpec({ sourceColour: bt601 }))).toContain("accurate_rnd");
    expect(pictureChain(aPictureSpec({ sourceColour: bt601 }))).not.toContain("zscale");
    expect(pictureChain(aPictureSpec({ sourceColour: hdr }))).toContain("tonemap");
    expect(pictureChain(aPictureSpec({ sourceColour: hdr, colour: hdr }))).not.toContain("zscale");
  });

  it("keeps the time base behind a deinterlacer", () => {
    expect(pictureChain(aPictureSpec({ deinterlace: "flagged" }))).toContain(
      "deint=interlaced,settb=expr=intb*2,",
    );
  });

  it("refuses a watermark, which is a second input", () => {
    const box = { maxWidthPx: 1, maxHeightPx: 1, marginXPx: 0, marginYPx: 0 };
    const watermark = { source: 0, position: "topleft", ...box } as const;
    expect(() => pictureChain(aPictureSpec({ watermark }))).toThrow("two inputs");
  });
});

describe("pictureGraph", () => {
  it("is the chain between its labels when there is no mark", () => {
    const picture = aPictureSpec();
    const labels = { input: "0:3", output: "part1", watermark: null };
    expect(pictureGraph(picture, labels)).toBe(`[0:3]${pictureChain(picture)}[part1]`);
  });
});
