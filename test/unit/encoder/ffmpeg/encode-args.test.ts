import { describe, expect, it } from "vitest";
import type { Container } from "../../../../encoder/contract/formats.ts";
import { audioArgs } from "../../../../encoder/ffmpeg/audio-args.ts";
import { encodeArgs, type EncodePlan } from "../../../../encoder/ffmpeg/encode-args.ts";
import { deinterlaceFilters, pictureChain } from "../../../../encoder/ffmpeg/picture/picture-graph.ts";
import { anAudioSpec, aPictureSpec, aRenditionSpec, aVideoSpec } from "../../../support/output-specs.ts";

function aPlan(overrides: Partial<EncodePlan> = {}): EncodePlan {
  return {
    sourceUrl: "file:/scratch/source",
    watermarkUrl: null,
    codecs: { video: "h264", audio: "aac" },
    formatName: "mov,mp4,m4a,3gp,3g2,mj2",
    zeroSeconds: 0,
    zeroStream: null,
    sourceFrameRate: { num: 25, den: 1 },
    rendition: aRenditionSpec(),
    threads: 1,
    pass: null,
    outputPath: "/scratch/out.mp4",
    ...overrides,
  };
}

/** The value after a flag; undefined when the flag is not there. */
function valueOf(args: readonly string[], flag: string): string | undefined {
  return args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined;
}

/** The arguments from the input file on: what is asked for, without the guards. */
function afterInput(args: readonly string[]): string[] {
  return args.slice(args.indexOf("-i"));
}

describe("encodeArgs", () => {
  it("asks for one H.264 and AAC file with kept frame times", () => {
    const args = encodeArgs(aPlan());
    expect(args.slice(0, args.indexOf("-protocol_whitelist"))).toEqual([
      ...["-hide_banner", "-v", "level+warning", "-max_alloc", "536870912"],
      ...["-nostdin", "-y", "-nostats", "-stats_period", "0.5", "-progress", "pipe:1"],
      ...["-filter_threads", "1"],
    ]);
    expect(args.slice(args.indexOf("-max_pixels"))).toEqual([
      ...["-max_pixels", "35389440", "-max_streams", "65"],
      ...["-threads", "1"],
      ...["-i", "file:/scratch/source"],
      ...["-map", "0:0", "-map", "0:1", "-sn", "-dn"],
      ...["-map_metadata", "0", "-map_chapters", "-1", "-write_tmcd", "0"],
      ...["-vf", pictureChain(aPictureSpec())],
      ...["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-threads", "1", "-crf", "18"],
      ...["-x264-params", "fps=25/1"],
      ...["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"],
      ...["-fps_mode", "vfr", "-enc_time_base:v", "1:360000"],
      ...["-bsf:v", String.raw`setts=pts=if(eq(N\,0)\,0\,PTS):dts=if(eq(N\,0)\,min(DTS\,0)\,DTS)`],
      ...audioArgs(anAudioSpec()),
      ...["-max_muxing_queue_size", "4096", "-movflags", "+faststart", "-f", "mp4", "file:/scratch/out.mp4"],
    ]);
  });

  it("holds a bitrate under its ceiling over a window of two seconds", () => {
    const rate = { mode: "bitrate", bitrateBps: 1_000_001, maxrateBps: 1_500_002, passes: 1 } as const;
    const args = encodeArgs(aPlan({ rendition: aRenditionSpec({ video: aVideoSpec({ rate }) }) }));
    expect(valueOf(args, "-b:v")).toBe("1000001");
    expect(valueOf(args, "-maxrate")).toBe("1500002");
    expect(valueOf(args, "-bufsize")).toBe("3000004");
    expect(args).not.toContain("-crf");
    expect(args).not.toContain("-pass");
  });

  it("measures the picture alone in a first pass and spends the bits in a second", () => {
    const rate = { mode: "bitrate", bitrateBps: 1_000_000, maxrateBps: 1_500_000, passes: 2 } as const;
    const rendition = aRenditionSpec({ video: aVideoSpec({ rate }) });
    const first = encodeArgs(aPlan({ rendition, pass: { number: 1, statsName: "a.stats" } }));
    expect([valueOf(first, "-pass"), valueOf(first, "-crf"), valueOf(first, "-b:v")]).toEqual([
      "1",
      "23",
      undefined,
    ]);
    expect(first).not.toContain("0:1");
    expect(first.slice(-3)).toEqual(["-f", "null", "-"]);
    const second = encodeArgs(aPlan({ rendition, pass: { number: 2, statsName: "a.stats" } }));
    expect([valueOf(second, "-pass"), valueOf(second, "-b:v")]).toEqual(["2", "1000000"]);
    expect(second).toContain("0:1");
    expect(valueOf(first, "-x264-params")).toBe("fps=25/1:stats=a.stats");
    expect(valueOf(second, "-x264-params")).toBe("fps=25/1:stats=a.stats");
  });

  it("caps a quality only when it is asked to", () => {
    const capped = aVideoSpec({ rate: { mode: "quality", crf: 23.5, maxrateBps: 800_000 } });
    const args = encodeArgs(aPlan({ rendition: aRenditionSpec({ video: capped }) }));
    expect([valueOf(args, "-crf"), valueOf(args, "-maxrate"), valueOf(args, "-bufsize")]).toEqual([
      "23.5",
      "800000",
      "1600000",
    ]);
    expect(encodeArgs(aPlan())).not.toContain("-maxrate");
  });

  it("converts the frame rate first and counts time in frames", () => {
    const video = aVideoSpec({ frameRate: { num: 30000, den: 1001 } });
    const args = encodeArgs(aPlan({ rendition: aRenditionSpec({ video }) }));
    expect(valueOf(args, "-vf")).toBe(`fps=fps=30000/1001:start_time=0,${pictureChain(aPictureSpec())}`);
    expect(valueOf(args, "-enc_time_base:v")).toBe("1001:30000");
    expect(args).not.toContain("-x264-params");
  });

  it("deinterlaces before it repeats or drops a frame", () => {
    const picture = aPictureSpec({ deinterlace: "all" });
    const video = aVideoSpec({ picture, frameRate: { num: 30, den: 1 } });
    expect(valueOf(encodeArgs(aPlan({ rendition: aRenditionSpec({ video }) })), "-vf")).toBe(
      [...deinterlaceFilters("all"), "fps=fps=30/1:start_time=0", pictureChain(aPictureSpec())].join(","),
    );
  });

  it("copies tracks without touching them", () => {
    const video = { codec: "copy", sourceStreamIndex: 2 } as const;
    const audio = { codec: "copy", sourceStreamIndex: 4 } as const;
    const rendition = aRenditionSpec({ container: "mov", video, audio });
    const args = encodeArgs(aPlan({ rendition, codecs: { video: "hevc", audio: "aac" } }));
    expect(args.slice(args.indexOf("-map"))).toEqual([
      ...["-map", "0:2", "-map", "0:4", "-sn", "-dn"],
      ...["-map_metadata", "0", "-map_chapters", "-1", "-write_tmcd", "0", "-c:v", "copy", "-c:a", "copy"],
      ...["-max_muxing_queue_size", "4096", "-movflags", "+faststart", "-tag:v", "hvc1"],
      ...["-f", "mov", "file:/scratch/out.mp4"],
    ]);
  });

  it("puts headers where the container wants them when it copies", () => {
    const video = { codec: "copy", sourceStreamIndex: 0 } as const;
    const audio = { codec: "copy", sourceStreamIndex: 1 } as const;
    const codecs = { video: "h264", audio: "aac" };
    const avi = encodeArgs(aPlan({ rendition: aRenditionSpec({ container: "avi", video, audio }), codecs }));
    expect(valueOf(avi, "-bsf:v")).toBe("h264_mp4toannexb");
    const fragments = aRenditionSpec({ video, audio, isFragmented: true });
    expect(valueOf(encodeArgs(aPlan({ rendition: fragments, codecs })), "-bsf:a")).toBe("aac_adtstoasc");
  });

  it("lays a watermark over the picture in a graph of two inputs", () => {
    const watermark = {
      source: 0,
      position: "topleft",
      maxWidthPx: 64,
      maxHeightPx: 36,
      marginXPx: 16,
      marginYPx: 9,
    } as const;
    const video = aVideoSpec({ picture: aPictureSpec({ watermark }), frameRate: { num: 30, den: 1 } });
    const plan = { rendition: aRenditionSpec({ video }), watermarkUrl: "file:/scratch/mark" };
    const args = encodeArgs(aPlan(plan));
    expect(args.filter((_, at) => args[at - 1] === "-i")).toEqual([
      "file:/scratch/source",
      "file:/scratch/mark",
    ]);
    expect(valueOf(args, "-filter_complex")).toMatch(
      /^\[0:0\]fps=fps=30\/1:start_time=0\[timed\];\[timed\].*\[1:v\].*overlay=.*\[picture\]$/,
    );
    expect(args.filter((_, at) => args[at - 1] === "-map")).toEqual(["[picture]", "0:1"]);
    expect(valueOf(args, "-map_metadata:s:v")).toBe("0:s:0");
    expect(args).not.toContain("-vf");
  });

  it("stores pictures in the order in which they are shown where the container knows no other", () => {
    const orderOf = (container: Container) =>
      valueOf(encodeArgs(aPlan({ rendition: aRenditionSpec({ container }) })), "-bf");
    expect([orderOf("avi"), orderOf("mkv")]).toEqual(["0", undefined]);
  });

  it("forces keyframes at multiples of an interval and forbids others", () => {
    const video = aVideoSpec({ keyframeIntervalSeconds: 2 });
    const args = encodeArgs(aPlan({ rendition: aRenditionSpec({ video }) }));
    expect(valueOf(args, "-force_key_frames")).toBe(
      "expr:if(isnan(prev_forced_t),1,gt(floor((t+0.000001)/2),floor((prev_forced_t+0.000001)/2)))",
    );
    expect(valueOf(args, "-sc_threshold")).toBe("0");
    expect(encodeArgs(aPlan())).not.toContain("-force_key_frames");
  });

  it("cuts by an exact seek on the input and a length on the output", () => {
    const span = { startSeconds: 1.5, durationSeconds: 2.0000001 };
    const args = encodeArgs(aPlan({ zeroSeconds: 0.021, rendition: aRenditionSpec({ span }) }));
    expect(valueOf(args, "-ss")).toBe("1.521");
    expect(args.indexOf("-ss")).toBeLessThan(args.indexOf("-i"));
    expect(valueOf(afterInput(args), "-t")).toBe("2");
    expect(args).not.toContain("-itsoffset");
  });

  it("seeks with a margin where keyframes are not known, and drops the margin from the output", () => {
    const cut = (startSeconds: number) => {
      const rendition = aRenditionSpec({ span: { startSeconds, durationSeconds: 1 } });
      return encodeArgs(aPlan({ formatName: "mpegts", zeroSeconds: 0.021, rendition }));
    };
    expect(valueOf(cut(12.5), "-ss")).toBe("2.521");
    expect(valueOf(afterInput(cut(12.5)), "-ss")).toBe("10");
    const early = cut(4);
    expect(valueOf(early, "-itsoffset")).toBe("-0.021");
    expect(early.indexOf("-ss")).toBeGreaterThan(early.indexOf("-i"));
    expect(valueOf(early, "-ss")).toBe("4");
  });

  it("shifts an uncut source to its first picture without seeking", () => {
    const args = encodeArgs(aPlan({ zeroSeconds: 0.021333 }));
    expect(valueOf(args, "-itsoffset")).toBe("-0.021333");
    expect(args).not.toContain("-ss");
  });

  it("reads the stream with which the file starts along, as far as the output goes, and writes nothing of it", () => {
    const span = { startSeconds: 4, durationSeconds: 2 };
    const rendition = aRenditionSpec({ video: null, span });
    const args = encodeArgs(aPlan({ formatName: "mpegts", zeroStream: 0, rendition }));
    expect(args.slice(args.indexOf("file:/scratch/out.mp4") + 1)).toEqual([
      ...["-map", "0:0", "-c", "copy", "-ss", "4", "-t", "2", "-f", "null", "-"],
    ]);
    const both = encodeArgs(aPlan({ formatName: "mpegts", zeroStream: 0 }));
    expect(both.at(-1)).toBe("file:/scratch/out.mp4");
  });

  it("maps only the streams of the plan", () => {
    const soundOnly = encodeArgs(aPlan({ rendition: aRenditionSpec({ video: null }) }));
    expect(soundOnly.filter((_, index) => soundOnly[index - 1] === "-map")).toEqual(["0:1"]);
    expect(soundOnly).not.toContain("-c:v");
    const audio = anAudioSpec({ sourceStreamIndex: 3 });
    const chosen = encodeArgs(aPlan({ rendition: aRenditionSpec({ audio }) }));
    expect(chosen.filter((_, index) => chosen[index - 1] === "-map")).toEqual(["0:0", "0:3"]);
  });

  it("passes the planned threads to decoder, filters and encoder", () => {
    const args = encodeArgs(aPlan({ threads: 3 }));
    const threads = args.filter((_, index) =>
      ["-threads", "-filter_threads"].includes(args[index - 1] ?? ""),
    );
    expect(threads).toEqual(["3", "3", "3"]);
  });

  it("gives x264 no rate that only a damaged file would claim", () => {
    expect(encodeArgs(aPlan({ sourceFrameRate: { num: 90000, den: 1 } }))).not.toContain("-x264-params");
    expect(encodeArgs(aPlan({ sourceFrameRate: { num: 2 ** 40, den: 2 ** 36 } }))).not.toContain(
      "-x264-params",
    );
    expect(encodeArgs(aPlan({ sourceFrameRate: null }))).not.toContain("-x264-params");
  });
});
