import { describe, expect, it } from "vitest";
import { spriteArgs, tilePicture } from "../../../../../encoder/ffmpeg/image/sprite-args.ts";
import { aJpegPicture, aStillPicture } from "../../../../support/output-specs.ts";

const PLAN = {
  columns: 4,
  tileCount: 10,
  tilePattern: "tile-%d.png",
  firstTile: 20,
  outputPath: "/scratch/sprite-2.jpg",
};

describe("spriteArgs", () => {
  it("lays tiles in as many rows as they need, from the file's first on", () => {
    const args = spriteArgs({ ...PLAN, format: "png" });
    expect(args.slice(args.indexOf("-protocol_whitelist"))).toEqual([
      ...["-protocol_whitelist", "file", "-f", "image2", "-framerate", "1/1", "-start_number", "20"],
      ...["-i", "tile-%d.png", "-vf", "tile=layout=4x3:nb_frames=10:color=black@0"],
      ...["-fps_mode", "passthrough", "-c:v", "png", "-pred", "mixed", "-threads", "1", "-f", "image2"],
      ...["-frames:v", "1", "-update", "1", "file:/scratch/sprite-2.jpg"],
    ]);
  });

  it("gives a JPEG sprite the colours that JPEG files have", () => {
    const args = spriteArgs({ ...PLAN, format: "jpg" });
    expect(args[args.indexOf("-vf") + 1]).toMatch(
      /^tile=.*out_range=pc:out_color_matrix=bt601,format=yuvj420p$/,
    );
  });
});

describe("tilePicture", () => {
  it("is RGB, so that tiles can begin at odd places, and keeps alpha", () => {
    const tile = tilePicture(aJpegPicture({ blur: 2 }));
    expect(tile).toMatchObject({ blur: 2, pixelFormat: "rgb24", colour: { matrix: "rgb", range: "pc" } });
    expect(tilePicture(aStillPicture({ pixelFormat: "rgba" })).pixelFormat).toBe("rgba");
  });
});
