import { describe, expect, it } from "vitest";
import {
  gifArgs,
  paletteArgs,
  webpAnimationArgs,
} from "../../../../../encoder/ffmpeg/image/animation-args.ts";

const FRAMES = { framePattern: "frame-%d.png", frameRate: { num: 10, den: 1 } };
const INPUT = [
  ...["-protocol_whitelist", "file", "-f", "image2", "-framerate", "10/1"],
  ...["-start_number", "0", "-i", "frame-%d.png"],
];
const palettePath = "/scratch/palette.png";

const fromInput = (args: readonly string[]) => args.slice(args.indexOf("-protocol_whitelist"));

describe("paletteArgs", () => {
  it("looks at all of every frame", () => {
    expect(fromInput(paletteArgs({ ...FRAMES, palettePath }))).toEqual([
      ...[...INPUT, "-vf", "palettegen=stats_mode=full", "-frames:v", "1", "-update", "1"],
      ...["-c:v", "png", "-f", "image2", "file:/scratch/palette.png"],
    ]);
  });
});

describe("gifArgs", () => {
  it("is repeated for ever in the colours of its palette", () => {
    expect(fromInput(gifArgs({ ...FRAMES, palettePath, outputPath: "/scratch/a.gif" }))).toEqual([
      ...[...INPUT, "-protocol_whitelist", "file", "-i", "file:/scratch/palette.png"],
      ...["-filter_complex", "[0:v][1:v]paletteuse=dither=bayer:bayer_scale=4"],
      ...["-c:v", "gif", "-loop", "0", "-f", "gif", "file:/scratch/a.gif"],
    ]);
  });
});

describe("webpAnimationArgs", () => {
  it("is repeated for ever", () => {
    expect(fromInput(webpAnimationArgs({ ...FRAMES, outputPath: "/scratch/a.webp" }))).toEqual([
      ...[...INPUT, "-c:v", "libwebp_anim", "-quality", "75"],
      ...["-loop", "0", "-f", "webp", "file:/scratch/a.webp"],
    ]);
  });
});
