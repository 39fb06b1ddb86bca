import { describe, expect, it } from "vitest";
import { firstImageArgs, imageSeriesArgs, singleImageArgs } from "../../../../encoder/ffmpeg/image-args.ts";
import { anImageSpec } from "../../../support/output-specs.ts";

const SOURCE = { sourceUrl: "file:/scratch/source", threads: 1 };

function afterInput(args: readonly string[]): string[] {
  return args.slice(args.indexOf("-i"));
}

describe("singleImageArgs", () => {
  it("takes the last frame at or before the time, as PNG", () => {
    const args = singleImageArgs({
      ...SOURCE,
      image: anImageSpec(),
      atSeconds: 12.5,
      seekSeconds: 10,
      outputPath: "/scratch/a.png",
    });
    expect(args.slice(args.indexOf("-noaccurate_seek"), args.indexOf("-i"))).toEqual([
      "-noaccurate_seek",
      "-ss",
      "10",
    ]);
    expect(afterInput(args)).toEqual([
      ...["-i", "file:/scratch/source", "-map", "0:0", "-map_metadata", "-1", "-vf"],
      "settb=AVTB,trim=end_pts=2500001,tpad=stop=-1:stop_mode=clone,select=gte(t\\,2.5)," +
        "scale=w=64:h=64:flags=bicubic,setsar=1,format=rgb24",
      ...["-frames:v", "1", "-fps_mode", "passthrough", "-c:v", "png", "-threads", "1"],
      ...["-update", "1", "-f", "image2", "file:/scratch/a.png"],
    ]);
  });

  it("does not seek when decoding starts at the beginning", () => {
    const plan = {
      ...SOURCE,
      image: anImageSpec(),
      atSeconds: 1,
      seekSeconds: null,
      outputPath: "/scratch/a.png",
    };
    expect(singleImageArgs(plan)).not.toContain("-ss");
  });

  it("writes JPEG with the colours that JPEG files have", () => {
    const image = anImageSpec({ format: "jpg" });
    const args = singleImageArgs({
      ...SOURCE,
      image,
      atSeconds: 1,
      seekSeconds: 1,
      outputPath: "/scratch/a.jpg",
    });
    const filter = args[args.indexOf("-vf") + 1];
    expect(filter).toMatch(/format=rgb24,scale=out_range=pc:out_color_matrix=bt601,format=yuvj420p$/);
    expect(args.slice(args.indexOf("-c:v"), args.indexOf("-c:v") + 4)).toEqual([
      "-c:v",
      "mjpeg",
      "-q:v",
      "3",
    ]);
  });
});

describe("firstImageArgs", () => {
  it("takes the first frame whatever its time", () => {
    const args = firstImageArgs({ ...SOURCE, image: anImageSpec(), outputPath: "/scratch/a.png" });
    expect(args[args.indexOf("-vf") + 1]).toBe("scale=w=64:h=64:flags=bicubic,setsar=1,format=rgb24");
    expect(args).not.toContain("-ss");
  });
});

describe("imageSeriesArgs", () => {
  it("samples a regular series in one decode", () => {
    const args = imageSeriesArgs({
      ...SOURCE,
      image: anImageSpec(),
      firstSeconds: 0.25,
      spacingSeconds: 0.5,
      count: 40,
      outputPattern: "image-%d.png",
    });
    expect(args[args.indexOf("-vf") + 1]).toBe(
      "tpad=stop=-1:stop_mode=clone,settb=AVTB,setpts=(PTS-250000)/0.5,fps=fps=1:start_time=0:round=up," +
        "scale=w=64:h=64:flags=bicubic,setsar=1,format=rgb24",
    );
    expect(args[args.indexOf("-frames:v") + 1]).toBe("40");
    expect(args.at(-1)).toBe("image-%d.png");
  });
});
