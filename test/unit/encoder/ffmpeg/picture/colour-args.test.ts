import { describe, expect, it } from "vitest";
import { colourTagArgs } from "../../../../../encoder/ffmpeg/picture/colour-args.ts";

describe("colourTagArgs", () => {
  it("names the four properties as codecs know them", () => {
    const colour = { matrix: "bt709", primaries: "bt709", transfer: "gamma22", range: "tv" } as const;
    expect(colourTagArgs(colour).join(" ")).toBe(
      "-color_primaries bt709 -color_trc gamma22 -colorspace bt709 -color_range tv",
    );
  });

  it("tells the two BT.601 systems apart by their primaries", () => {
    const colour = { matrix: "bt601", transfer: "smpte170m", range: "tv" } as const;
    expect(colourTagArgs({ ...colour, primaries: "smpte170m" })).toContain("smpte170m");
    expect(colourTagArgs({ ...colour, primaries: "bt470bg" })[5]).toBe("bt470bg");
  });
});
