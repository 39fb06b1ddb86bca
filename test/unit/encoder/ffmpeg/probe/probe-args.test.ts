import { describe, expect, it } from "vitest";
import { encodeArgs } from "../../../../../encoder/ffmpeg/encode-args.ts";
import {
  firstPictureArgs,
  pictureSeriesArgs,
  singlePictureArgs,
} from "../../../../../encoder/ffmpeg/image/image-args.ts";
import { probeArgs, probePackageArgs } from "../../../../../encoder/ffmpeg/probe/probe-args.ts";
import {
  pictureInitArgs,
  soundFragmentArgs,
  transportArgs,
} from "../../../../../encoder/ffmpeg/stream/stream-args.ts";
import { aRenditionSpec, aStillPicture } from "../../../../support/output-specs.ts";

const path = "/scratch/-i %d:x.mp4";
const url = `file:${path}`;
const pictures = {
  sourceUrl: url,
  sourceStreamIndex: 0,
  picture: aStillPicture(),
  watermarkUrl: null,
  format: "png" as const,
  threads: 1,
};

/** Every command line that is ever run on a customer's file or on what was made from it. */
const COMMAND_LINES = {
  probe: probeArgs(url),
  probePackage: probePackageArgs(path),
  encode: encodeArgs({
    sourceUrl: url,
    watermarkUrl: null,
    formatName: "mpegts",
    zeroSeconds: 0,
    zeroStream: null,
    sourceFrameRate: null,
    rendition: aRenditionSpec(),
    codecs: { video: "h264", audio: "aac" },
    threads: 1,
    pass: null,
    outputPath: "/scratch/out.mp4",
  }),
  singlePicture: singlePictureArgs({
    ...pictures,
    atSeconds: 1,
    seekSeconds: 1,
    outputPath: "/scratch/a.png",
  }),
  firstPicture: firstPictureArgs({ ...pictures, outputPath: "/scratch/a.png" }),
  pictureSeries: pictureSeriesArgs({
    ...pictures,
    firstSeconds: 0,
    seekSeconds: null,
    firstNumber: 0,
    spacingSeconds: 1,
    count: 31,
    outputPattern: "a-%d.png",
  }),
  pictureInit: pictureInitArgs({
    picturePath: path,
    codec: "h264",
    ticksPerSecond: 10_000,
    outputPath: "/scratch/init.mp4",
  }),
  soundFragments: soundFragmentArgs(path, "/scratch/sound.mp4"),
  transport: transportArgs({ picture: { path, offsetSeconds: 0 }, sound: null, firstNumber: 0 }),
};

describe("probeArgs", () => {
  it("prints format and streams as JSON", () => {
    const args = probeArgs("file:/scratch/source");
    const format = args.indexOf("-show_format");
    expect(args.slice(format, format + 4)).toEqual(["-show_format", "-show_streams", "-of", "json"]);
    expect(args.slice(-4)).toEqual(["-threads", "1", "-i", "file:/scratch/source"]);
  });
});

describe("the guards of an input", () => {
  it.each(Object.entries(COMMAND_LINES))("stand before the one input of %s", (name, args) => {
    const inputs = args.flatMap((argument, index) => (argument === "-i" ? [index] : []));
    expect(inputs).toHaveLength(1);
    const before = args.slice(0, inputs[0]);
    for (const flag of [
      "-protocol_whitelist",
      "-format_whitelist",
      "-max_pixels",
      "-max_streams",
      "-max_alloc",
    ]) {
      expect(before.filter((argument) => argument === flag)).toHaveLength(1);
    }
    // Segments of a package may be encrypted.
    const protocols = name === "probePackage" ? "file,crypto" : "file";
    expect(before[before.indexOf("-protocol_whitelist") + 1]).toBe(protocols);
    expect(args[args.indexOf("-i") + 1]).toBe(`file:${path}`);
  });

  it.each(Object.entries(COMMAND_LINES))(
    "let %s open no list of files but the encoder's own",
    (name, args) => {
      const formats = args[args.indexOf("-format_whitelist") + 1]?.split(",") ?? [];
      const lists = [
        "hls",
        "dash",
        "concat",
        "image2",
        "imf",
        "lavfi",
        "tty",
        "rtsp",
        "sdp",
        "asf_o",
        "xbin",
      ];
      expect(formats.filter((format) => lists.includes(format))).toEqual(
        name === "probePackage" ? ["hls", "dash"] : [],
      );
    },
  );
});
