import { describe, expect, it } from "vitest";
import {
  firstPictureArgs,
  pictureSeriesArgs,
  singlePictureArgs,
  type PictureSource,
} from "../../../../../encoder/ffmpeg/image/image-args.ts";
import {
  deinterlaceFilters,
  pictureChain,
  pictureGraph,
} from "../../../../../encoder/ffmpeg/picture/picture-graph.ts";
import { watermarkInput } from "../../../../../encoder/ffmpeg/picture/watermark-input.ts";
import { aJpegPicture, aStillPicture } from "../../../../support/output-specs.ts";

const NO_TAGS = "setparams=color_primaries=unknown:color_trc=unknown";
const PROGRESSIVE = deinterlaceFilters("all").join(",");

function aSource(overrides: Partial<PictureSource> = {}): PictureSource {
  return {
    sourceUrl: "file:/scratch/source",
    sourceStreamIndex: 0,
    picture: aStillPicture(),
    watermarkUrl: null,
    format: "png",
    threads: 1,
    ...overrides,
  };
}

const ONE = { atSeconds: 12.5, seekSeconds: 10, outputPath: "/scratch/a.png" };
const SERIES = { firstSeconds: 0.25, spacingSeconds: 0.5, count: 40, seekSeconds: null, firstNumber: 0 };

const after = (args: readonly string[], flag: string) => args[args.indexOf(flag) + 1];
const afterInput = (args: readonly string[]) => args.slice(args.indexOf("-i"));

describe("singlePictureArgs", () => {
  it("takes the last frame at or before the time, as PNG", () => {
    const args = singlePictureArgs({ ...aSource(), ...ONE });
    expect(args.slice(args.indexOf("-noaccurate_seek"), args.indexOf("-i"))).toEqual([
      ...["-noaccurate_seek", "-ss", "10"],
    ]);
    expect(afterInput(args)).toEqual([
      ...["-i", "file:/scratch/source", "-map", "0:0", "-map_metadata", "-1", "-vf"],
      "settb=AVTB,trim=end_pts=2500001,tpad=stop=-1:stop_mode=clone,select=gte(t\\,2.5)," +
        `${pictureChain(aStillPicture())},${NO_TAGS}`,
      ...["-fps_mode", "passthrough", "-c:v", "png", "-pred", "mixed", "-threads", "1", "-f", "image2"],
      ...["-frames:v", "1", "-update", "1", "file:/scratch/a.png"],
    ]);
  });

  it("does not seek when decoding starts at the beginning", () => {
    const args = singlePictureArgs({ ...aSource(), ...ONE, seekSeconds: null });
    expect(args).not.toContain("-ss");
    expect(after(args, "-vf")).toContain("trim=end_pts=12500001,");
  });

  it.each([
    ["jpg", ["mjpeg", "-q:v", "3"]],
    ["webp", ["libwebp", "-quality", "85"]],
    ["tile", ["png", "-compression_level", "1"]],
  ] as const)("writes %s", (format, codec) => {
    const picture = format === "jpg" ? aJpegPicture() : aStillPicture();
    const args = singlePictureArgs({ ...aSource({ format, picture }), ...ONE });
    const at = args.indexOf("-c:v") + 1;
    expect(args.slice(at, at + codec.length)).toEqual(codec);
    expect(after(args, "-vf")).toContain(pictureChain(picture));
  });

  it("deinterlaces half a second of frames on both sides before it chooses one", () => {
    const picture = aStillPicture({ deinterlace: "all" });
    const chain = after(singlePictureArgs({ ...aSource({ picture }), ...ONE }), "-vf");
    expect(chain).toMatch(
      `settb=AVTB,trim=start_pts=2000000:end_pts=3000000,${PROGRESSIVE},trim=end_pts=2500001,`,
    );
    // Once is enough.
    expect(chain?.split("bwdif")).toHaveLength(2);
  });

  it("sees every frame before the time when decoding starts at the beginning", () => {
    const picture = aStillPicture({ deinterlace: "all" });
    const args = singlePictureArgs({ ...aSource({ picture }), ...ONE, seekSeconds: null });
    expect(after(args, "-vf")).toContain(`settb=AVTB,trim=end_pts=13000000,${PROGRESSIVE},`);
  });

  it("lays a watermark over the chosen frame", () => {
    const mark = { maxWidthPx: 12, maxHeightPx: 12, marginXPx: 3, marginYPx: 3 };
    const picture = aStillPicture({ watermark: { source: 0, position: "topleft", ...mark } });
    const watermarkUrl = "file:/scratch/mark";
    const args = singlePictureArgs({ ...aSource({ picture, watermarkUrl }), ...ONE });
    expect(args.join(" ")).toContain(watermarkInput(watermarkUrl).join(" "));
    const graph = after(args, "-filter_complex");
    expect(graph).toMatch(/^\[0:0\]settb=AVTB,trim=[^[]*\[chosen\];/);
    const labels = { input: "chosen", output: "finished", watermark: "1:v" };
    expect(graph).toContain(pictureGraph(picture, labels));
    expect(after(args, "-map")).toBe("[picture]");
    expect(args).not.toContain("-vf");
  });
});

describe("firstPictureArgs", () => {
  it("takes the first frame whatever its time", () => {
    const args = firstPictureArgs({ ...aSource(), outputPath: "/scratch/a.png" });
    expect(after(args, "-vf")).toBe(`settb=AVTB,${pictureChain(aStillPicture())},${NO_TAGS}`);
    expect(args).not.toContain("-ss");
  });
});

describe("pictureSeriesArgs", () => {
  it("samples a regular series in one decode", () => {
    const args = pictureSeriesArgs({ ...aSource(), ...SERIES, outputPattern: "image-%d.png" });
    expect(after(args, "-vf")).toBe(
      "settb=AVTB,tpad=stop=-1:stop_mode=clone,settb=AVTB,setpts=(PTS-250000)/0.5," +
        `fps=fps=1:start_time=0:round=up,${pictureChain(aStillPicture())},${NO_TAGS}`,
    );
    expect(after(args, "-frames:v")).toBe("40");
    expect(after(args, "-start_number")).toBe("0");
    expect(args).not.toContain("-ss");
    expect(args.at(-1)).toBe("image-%d.png");
  });

  it("starts to decode near its first picture", () => {
    const plan = { ...SERIES, firstSeconds: 3600, seekSeconds: 3590, firstNumber: 7 };
    const args = pictureSeriesArgs({ ...aSource(), ...plan, outputPattern: "image-%d.png" });
    expect(after(args, "-ss")).toBe("3590");
    expect(after(args, "-vf")).toContain("setpts=(PTS-10000000)/0.5,");
    expect(after(args, "-start_number")).toBe("7");
  });

  it("deinterlaces before it samples", () => {
    const picture = aStillPicture({ deinterlace: "all" });
    const args = pictureSeriesArgs({ ...aSource({ picture }), ...SERIES, outputPattern: "image-%d.png" });
    expect(after(args, "-vf")).toContain(`settb=AVTB,${PROGRESSIVE},tpad=`);
  });
});
