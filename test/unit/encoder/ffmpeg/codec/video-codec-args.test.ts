import { describe, expect, it } from "vitest";
import type { VideoSpec } from "../../../../../encoder/contract/output-spec.ts";
import type { CodecPlan } from "../../../../../encoder/ffmpeg/codec/codec-plan.ts";
import { takesTwoPasses, videoCodecArgs } from "../../../../../encoder/ffmpeg/codec/video-codec-args.ts";
import { aPictureSpec, aVideoSpec } from "../../../../support/output-specs.ts";

const RATED = { mode: "bitrate", bitrateBps: 1_000_000, maxrateBps: 2_000_000, passes: 1 } as const;
const FIXED = { mode: "fixed" } as const;
const CAPPED = { mode: "quality", crf: 30.4, maxrateBps: 800_000 } as const;
const FREE = { mode: "quality", crf: 30.4, maxrateBps: null } as const;

const WHOLE: CodecPlan = { threads: 2, rateHint: null, pass: null, chunkStartSeconds: null };

/** Without the colour tags, which end every encoder's arguments. */
function argsOf(video: Partial<VideoSpec>, plan: Partial<CodecPlan> = {}): string {
  const args = videoCodecArgs(aVideoSpec(video), { ...WHOLE, ...plan });
  expect(args.slice(-8)).toEqual([
    ...["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
  ]);
  return args.slice(0, -8).join(" ");
}

describe("videoCodecArgs", () => {
  it.each([
    ["h264", / -bf 0( |$)/],
    ["hevc", /:bframes=0(:|$)/],
  ] as const)(
    "keeps %s of a slow source without B-frames, which would be stored too long before",
    (codec, none) => {
      const slow = { rateHint: { num: 1, den: 6 } };
      expect(argsOf({ codec, rate: FREE }, slow)).toMatch(none);
      expect(argsOf({ codec, rate: FREE, frameRate: { num: 25, den: 1 } }, slow)).not.toMatch(none);
      expect(argsOf({ codec, rate: FREE })).not.toMatch(none);
    },
  );

  it.each([
    [
      "h264",
      "libx264 -preset veryfast -profile:v high -threads 2 -b:v 1000000 -maxrate 2000000 -bufsize 4000000 -x264-params ratetol=0.03",
    ],
    [
      "hevc",
      "libx265 -preset veryfast -threads 2 -b:v 1000000 -maxrate 2000000 -bufsize 4000000 -x265-params log-level=error:pools=2:open-gop=0:info=0",
    ],
    [
      "av1",
      "libsvtav1 -preset 8 -b:v 1000000 -g 240 -svtav1-params lp=2:fps-num=30:fps-denom=1:overshoot-pct=5",
    ],
    [
      "vp8",
      "libvpx -deadline good -cpu-used 5 -threads 2 -g 240 -b:v 1000000 -maxrate 2000000 -bufsize 4000000",
    ],
    [
      "vp9",
      "libvpx-vp9 -deadline good -cpu-used 5 -row-mt 0 -threads 2 -g 240 -b:v 1000000 -maxrate 2000000 -bufsize 4000000",
    ],
    ["theora", "libtheora -g 120 -threads 2 -b:v 1000000"],
    ["mpeg4", "mpeg4 -g 120 -threads 2 -b:v 1000000"],
    ["xvid", "libxvid -g 120 -threads 2 -b:v 1000000"],
    ["mpeg1video", "mpeg1video -g 15 -bf 2 -threads 2 -b:v 1000000"],
    ["mpeg2video", "mpeg2video -g 15 -bf 2 -threads 2 -b:v 1000000"],
    ["h263", "h263 -g 120 -threads 2 -b:v 1000000"],
    ["flv", "flv -g 120 -threads 2 -b:v 1000000"],
    ["wmv1", "wmv1 -g 120 -threads 2 -b:v 1000000"],
    ["wmv2", "wmv2 -g 120 -threads 2 -b:v 1000000"],
    ["mjpeg", "mjpeg -threads 2 -b:v 1000000"],
  ] as const)("asks for %s at a bitrate", (codec, expected) => {
    expect(argsOf({ codec, rate: RATED })).toBe(`-c:v ${expected}`);
  });

  it.each([
    ["prores", "prores_ks -vendor apl0 -profile:v 2 -threads 2"],
    ["dnxhd", "dnxhd -profile:v dnxhr_sq -threads 2"],
    ["qtrle", "qtrle -threads 2"],
    ["huffyuv", "huffyuv -threads 2"],
  ] as const)("asks for %s without a rate", (codec, expected) => {
    expect(argsOf({ codec, rate: FIXED })).toBe(`-c:v ${expected}`);
  });

  it.each([
    ["h264", "-crf 30.4 -maxrate 800000 -bufsize 1600000"],
    ["hevc", "-crf 30.4 -maxrate 800000 -bufsize 1600000"],
    ["av1", "-crf 30 -maxrate 800000 -bufsize 1600000"],
    ["vp8", "-crf 30 -b:v 800000 -qmin 15"],
    ["vp9", "-crf 30 -b:v 800000"],
  ] as const)("holds a quality of %s under its ceiling", (codec, expected) => {
    expect(argsOf({ codec, rate: CAPPED })).toContain(expected);
  });

  it.each([
    ["h264", "-crf 30.4"],
    ["hevc", "-crf 30.4"],
    ["av1", "-crf 30"],
    ["vp8", "-crf 30 -b:v 1000000000 -qmin 15"],
    ["vp9", "-crf 30 -b:v 0"],
  ] as const)("gives a quality of %s all the bits that it takes", (codec, expected) => {
    const args = argsOf({ codec, rate: FREE });
    expect(args).toContain(expected);
    expect(args).not.toContain("-maxrate");
  });

  it.each([
    ["h264", "-pass 1 -crf 23", "-pass 2 -b:v 1000000", "stats=a.stats"],
    ["hevc", "-b:v 1000000", "-b:v 1000000", "stats=a.stats:slow-firstpass=0"],
    ["vp9", "-pass 1 -passlogfile a.stats", "-pass 2 -passlogfile a.stats", "-b:v 1000000"],
    ["theora", "-pass 1 -passlogfile a.stats", "-pass 2 -passlogfile a.stats", "-b:v 1000000"],
  ] as const)("takes two passes of %s", (codec, first, second, both) => {
    const [one, two] = [1, 2].map((number) =>
      argsOf({ codec, rate: RATED }, { pass: { number: number === 1 ? 1 : 2, statsName: "a.stats" } }),
    );
    expect(one).toContain(first);
    expect(two).toContain(second);
    expect([one, two].every((args) => args?.includes(both))).toBe(true);
  });

  it("chooses the plainest H.264 profile for the pixels, and takes the one that is asked for", () => {
    const profileOf = (pixelFormat: "yuv420p10le" | "yuv422p" | "yuv444p") =>
      /-profile:v (\S+)/.exec(argsOf({ picture: aPictureSpec({ pixelFormat }) }))?.[1];
    expect(profileOf("yuv420p10le")).toBe("high10");
    expect(profileOf("yuv422p")).toBe("high422");
    expect(profileOf("yuv444p")).toBe("high444");
    expect(argsOf({ profile: "main" })).toContain("-profile:v main");
    expect(argsOf({ codec: "hevc", profile: "main10" })).toContain("-profile:v main10");
  });

  it("keeps a level's promise about bits, whatever is asked for", () => {
    const rate = { ...RATED, bitrateBps: 9_000_000, maxrateBps: 18_000_000 };
    expect(argsOf({ level: 30, profile: "main", rate })).toContain(
      "-level 3.0 -threads 2 -b:v 9000000 -maxrate 10000000 -bufsize 10000000",
    );
    expect(argsOf({ level: 41 })).toContain("-crf 18 -maxrate 62500000 -bufsize 78125000");
    expect(argsOf({ codec: "hevc", level: 41 })).toContain("level-idc=4.1");
  });

  it("fixes the level of chunks, whose headers have to be equal", () => {
    const plan = { chunkStartSeconds: 4, rateHint: { num: 25, den: 1 } };
    expect(argsOf({}, plan)).toContain("-level 1.2");
    expect(argsOf({ codec: "hevc" }, plan)).not.toContain("level-idc");
    const rate = { ...RATED, maxrateBps: 20_000_000 };
    expect(argsOf({ codec: "hevc", rate }, plan)).toContain("level-idc=4.0");
    expect(argsOf({}, { ...plan, chunkStartSeconds: null })).not.toContain("-level");
  });

  it("tells SVT-AV1 a rate that it takes", () => {
    const rateOf = (plan: Partial<CodecPlan>, video: Partial<VideoSpec> = {}) =>
      /fps-num=\S+/.exec(argsOf({ codec: "av1", ...video }, plan))?.[0];
    expect(rateOf({ rateHint: { num: 24_000, den: 1001 } })).toBe("fps-num=24000:fps-denom=1001");
    expect(rateOf({ rateHint: { num: 600, den: 1 } })).toBe("fps-num=240:fps-denom=1");
    expect(rateOf({}, { frameRate: { num: 15, den: 1 } })).toBe("fps-num=15:fps-denom=1");
  });

  it("makes HEVC's forced keyframes ones that a player can enter at", () => {
    const args = argsOf({ codec: "hevc", keyframeIntervalSeconds: 2 });
    expect(args).toMatch(/-force_key_frames \S+ -sc_threshold 0 -g 1000000 -forced-idr 1/);
    expect(argsOf({ codec: "hevc" })).not.toContain("-forced-idr");
  });

  it("writes ProRes in the profile that is asked for, and 4444 for transparency", () => {
    expect(argsOf({ codec: "prores", rate: FIXED, profile: "3" })).toContain("-profile:v 3");
    const picture = aPictureSpec({ pixelFormat: "yuva444p10le" });
    expect(argsOf({ codec: "prores", rate: FIXED, picture, profile: "1" })).toContain("-profile:v 4");
  });
});

describe("takesTwoPasses", () => {
  const passesOf = (codec: VideoSpec["codec"], passes: 1 | 2, isChunk: boolean) =>
    takesTwoPasses(aVideoSpec({ codec, rate: { ...RATED, passes } }), { isChunk });

  it("does as it is told where a single pass keeps its rate", () => {
    expect([passesOf("h264", 1, true), passesOf("h264", 2, true)]).toEqual([false, true]);
    expect([passesOf("hevc", 1, false), passesOf("mpeg4", 2, false)]).toEqual([false, true]);
  });

  it("takes two where a single one does not", () => {
    expect([passesOf("hevc", 1, true), passesOf("vp9", 1, false), passesOf("vp8", 1, false)]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("takes one for what has no second, and for a quality", () => {
    expect([passesOf("av1", 2, true), passesOf("mjpeg", 2, false)]).toEqual([false, false]);
    expect(takesTwoPasses(aVideoSpec({ codec: "vp9" }), { isChunk: true })).toBe(false);
  });
});

describe("the keyframes of a packaged picture", () => {
  const packaged = { keyframeIntervalSeconds: 6, frameRate: { num: 24_000, den: 1001 } };

  it.each([
    ["h264", FREE, /-force_key_frames expr:\S+ -sc_threshold 0 -g 1000000/],
    // x265 and SVT-AV1 do not see FFmpeg's own switches.
    ["hevc", FREE, /-g 1000000 -forced-idr 1 -x265-params \S*:scenecut=0/],
    ["av1", FREE, /-force_key_frames expr:\S+ .*-svtav1-params \S*:enable-force-key-frames=1/],
  ] as const)("are those of the plan alone in %s", (codec, rate, expected) => {
    expect(argsOf({ codec, rate, ...packaged })).toMatch(expected);
  });

  it("have equal distances where SVT-AV1 takes no forced ones", () => {
    const args = argsOf({ codec: "av1", rate: RATED, ...packaged });
    expect(args).toContain("-g 144 ");
    expect(args).not.toContain("force");
  });
});
