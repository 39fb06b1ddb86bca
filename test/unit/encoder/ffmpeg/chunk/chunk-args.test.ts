import { describe, expect, it } from "vitest";
import type { Cut } from "../../../../../encoder/contract/timeline.ts";
import { chunkArgs, type ChunkPlan, firstPassArgs } from "../../../../../encoder/ffmpeg/chunk/chunk-args.ts";
import { deinterlaceFilters, pictureChain } from "../../../../../encoder/ffmpeg/picture/picture-graph.ts";
import { aFrame, aPictureSpec, aVideoSpec } from "../../../../support/output-specs.ts";

/** A frame at 25 a second, 40 ms behind the one before. */
function aCut(frame: number, changes: Partial<Cut> = {}): Cut {
  const ticks = 1_000 + frame * 14_400;
  const cut = { frame, ticks, previousTicks: ticks - 14_400, keyTicks: ticks, isOnGrid: true };
  return { ...cut, previousKeyTicks: null, ...changes };
}

function aPlan(changes: Partial<ChunkPlan> = {}): ChunkPlan {
  return {
    sourceUrl: "http://127.0.0.1:40001/source",
    sourceFrameRate: { num: 25, den: 1 },
    videoStreamIndex: 2,
    zeroTicks: 1_000,
    start: aCut(100),
    end: aCut(150),
    threads: 1,
    seekTicks: 1_441_000,
    parts: [
      {
        video: aVideoSpec(),
        startFrame: 100,
        endFrame: 150,
        watermarkUrl: null,
        outputPath: "/scratch/a.mp4",
      },
    ],
    firstFramePath: "/scratch/first.txt",
    nextFramePath: "/scratch/next.txt",
    ...changes,
  };
}

const fixedPart = (changes: Partial<ReturnType<typeof aVideoSpec>> = {}) => ({
  video: aVideoSpec({
    picture: aPictureSpec({ frame: aFrame(160, 90) }),
    frameRate: { num: 30000, den: 1001 },
    ...changes,
  }),
  startFrame: 120,
  endFrame: 180,
  watermarkUrl: null,
  outputPath: "/scratch/b.mp4",
});

function valueOf(args: readonly string[], flag: string): string {
  return args[args.indexOf(flag) + 1] ?? "";
}

function graphOf(plan: ChunkPlan): string[] {
  return valueOf(chunkArgs(plan), "-filter_complex").split(";");
}

const FIT = pictureChain(aPictureSpec());
const SMALL_FIT = pictureChain(aPictureSpec({ frame: aFrame(160, 90) }));

describe("chunkArgs", () => {
  it("encodes a span of kept times and the checksums of the frames at its edges", () => {
    const args = chunkArgs(aPlan());
    const input = args.indexOf("-i");
    expect(args.slice(args.indexOf("-threads"), input + 2)).toEqual([
      ...["-threads", "1", "-seek_timestamp", "1", "-noaccurate_seek", "-ss", "4.002778"],
      ...["-i", "http://127.0.0.1:40001/source"],
    ]);
    expect(args.indexOf("-copyts")).toBeLessThan(input);
    expect(args.slice(input + 4)).toEqual([
      ...["-map", "[part0]", "-fps_mode", "passthrough", "-enc_time_base", "1:360000"],
      ...["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-level", "1.2", "-threads", "1"],
      ...["-crf", "18", "-x264-params", "stitchable=1:open-gop=0:fps=25/1"],
      ...["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
      ...["-map_metadata", "0", "-map_metadata:s:v", "0:s:2", "-metadata:s:v", "rotate="],
      ...["-map_chapters", "-1", "-write_tmcd", "0"],
      ...["-video_track_timescale", "360000"],
      ...["-movflags", "+frag_keyframe+empty_moov+default_base_moof+frag_discont"],
      ...["-use_editlist", "0", "-avoid_negative_ts", "disabled", "-f", "mp4", "file:/scratch/a.mp4"],
      ...["-map", "[first]", "-fps_mode", "passthrough", "-enc_time_base", "1:360000"],
      ...["-f", "framemd5", "file:/scratch/first.txt"],
      ...["-map", "[next]", "-fps_mode", "passthrough", "-enc_time_base", "1:360000"],
      ...["-f", "framemd5", "file:/scratch/next.txt"],
    ]);
    expect(graphOf(aPlan())).toEqual([
      "[0:2]settb=expr=1/360000,setpts=PTS-(1000),split=3[branch0][branch1][branch2]",
      "[branch0]trim=start_pts=1432800:end_pts=2152800,split=1[kept_part0]",
      `[kept_part0]${FIT},setpts=PTS+3600000[part0]`,
      "[branch1]trim=start_pts=1432800,trim=end_frame=1[first]",
      "[branch2]trim=start_pts=2152800,trim=end_frame=1[next]",
    ]);
  });

  it("counts frames of a fixed rate after the conversion and before the scaling, once for parts of one rate", () => {
    const other = { ...fixedPart(), startFrame: 119, endFrame: 179 };
    expect(graphOf(aPlan({ parts: [fixedPart(), other] })).slice(1, 4)).toEqual([
      "[branch0]fps=fps=30000/1001,split=2[fixed_part0][fixed_part1]",
      `[fixed_part0]trim=start_pts=120:end_pts=180,${SMALL_FIT},setpts=PTS+300[part0]`,
      `[fixed_part1]trim=start_pts=119:end_pts=179,${SMALL_FIT},setpts=PTS+300[part1]`,
    ]);
  });

  it("begins at the output's first moment at the beginning of the source, and ends with it", () => {
    const parts = [aPlan().parts, { ...fixedPart(), startFrame: 0, endFrame: null }].flat();
    const plan = aPlan({ start: null, end: null, seekTicks: null, parts });
    expect(graphOf(plan)).toEqual([
      "[0:2]settb=expr=1/360000,setpts=PTS-(1000),split=2[branch0][branch1]",
      "[branch0]split=1[kept_part0]",
      `[kept_part0]${FIT},setpts=${String.raw`if(eq(N\,0)\,3600000\,PTS+3600000)`}[part0]`,
      "[branch1]fps=fps=30000/1001:start_time=0,split=1[fixed_part1]",
      `[fixed_part1]${SMALL_FIT},setpts=PTS+300[part1]`,
    ]);
    const args = chunkArgs(plan);
    expect(args).not.toContain("-ss");
    expect(args).not.toContain("-noaccurate_seek");
    expect(args).not.toContain("framemd5");
  });

  it("deinterlaces before the span is cut out, once for all parts that want it", () => {
    const picture = aPictureSpec({ deinterlace: "flagged" });
    const interlaced = { ...fixedPart({ picture }), startFrame: 120, endFrame: 180 };
    const filters = deinterlaceFilters("flagged").join(",");
    expect(
      graphOf(aPlan({ parts: [{ ...interlaced, video: aVideoSpec({ picture }) }, interlaced] })).slice(1, 5),
    ).toEqual([
      `[branch0]${filters},trim=start_pts=1432800:end_pts=2152800,split=1[kept_part0]`,
      `[kept_part0]${FIT},setpts=PTS+3600000[part0]`,
      `[branch1]${filters},fps=fps=30000/1001,split=1[fixed_part1]`,
      `[fixed_part1]trim=start_pts=120:end_pts=180,${FIT},setpts=PTS+300[part1]`,
    ]);
  });

  it("opens each watermark once and hands it to every part that shows it", () => {
    const watermark = {
      source: 3,
      position: "topleft",
      maxWidthPx: 64,
      maxHeightPx: 36,
      marginXPx: 16,
      marginYPx: 9,
    } as const;
    const marked = {
      ...fixedPart({ picture: aPictureSpec({ watermark }) }),
      watermarkUrl: "file:/scratch/mark",
    };
    const plan = aPlan({ parts: [marked, fixedPart(), marked] });
    const args = chunkArgs(plan);
    expect(args.filter((_, at) => args[at - 1] === "-i").slice(1)).toEqual(["file:/scratch/mark"]);
    const graph = graphOf(plan);
    expect(graph[0]).toBe("[1:v]split=2[mark_part0][mark_part2]");
    expect(graph).toContain("[fixed_part0]trim=start_pts=120:end_pts=180[chosen_part0]");
    expect(graph).toContain("[drawn_part2]setpts=PTS+300[part2]");
  });

  it("forces keyframes at the multiples of the output's clock, which FFmpeg counts from the first frame", () => {
    const part = fixedPart({ keyframeIntervalSeconds: 2 });
    expect(valueOf(chunkArgs(aPlan({ parts: [part] })), "-force_key_frames")).toBe(
      "expr:if(isnan(prev_forced_t),1,gt(floor((t+4.004001)/2),floor((prev_forced_t+4.004001)/2)))",
    );
  });

  it("holds a chunk nearer to its budget than a whole file, under a level that knows the ceiling alone", () => {
    const levels = [100_000, 4_000_000].map((bitrateBps) => {
      const rate = { mode: "bitrate", bitrateBps, maxrateBps: 6_000_000, passes: 1 } as const;
      const args = chunkArgs(aPlan({ parts: [fixedPart({ rate })] }));
      expect(valueOf(args, "-b:v")).toBe(String(bitrateBps));
      expect(valueOf(args, "-x264-params")).toBe("stitchable=1:open-gop=0:ratetol=0.03:fps=30000/1001");
      return valueOf(args, "-level");
    });
    expect(levels).toEqual(["3.0", "3.0"]);
  });
});

describe("firstPassArgs", () => {
  const twoPass = fixedPart({
    rate: { mode: "bitrate", bitrateBps: 500_000, maxrateBps: 900_000, passes: 2 },
  });

  it("is not needed for parts of one pass", () => {
    expect(firstPassArgs(aPlan())).toBeNull();
  });

  it("measures the parts of two passes alone, at the places where the second pass has them", () => {
    const plan = aPlan({ parts: [...aPlan().parts, twoPass] });
    const first = firstPassArgs(plan) ?? [];
    expect(first.filter((_, at) => first[at - 1] === "-map")).toEqual(["[part0]"]);
    expect([valueOf(first, "-pass"), valueOf(first, "-crf")]).toEqual(["1", "23"]);
    expect(first.slice(-3)).toEqual(["-f", "null", "-"]);
    const second = chunkArgs(plan);
    expect([valueOf(second, "-pass"), valueOf(second, "-b:v")]).toEqual(["2", "500000"]);
    for (const args of [first, second]) {
      expect(args).toContain("stitchable=1:open-gop=0:fps=30000/1001:stats=part0.stats");
    }
  });
});
