/** The timeline against a decode of the whole source: FFmpeg's own frame times are the judge. */
import { execFile } from "node:child_process";
import { open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Timeline } from "../../../../encoder/contract/timeline.ts";
import { indexSource } from "../../../../encoder/run/index-source.ts";
import { probeSource } from "../../../../encoder/run/probe-source.ts";
import { lavfi, makeClip, makeTestDirectory } from "../../../support/make-clip.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());

const picture = (seconds = 5, rate = "25") => lavfi(`testsrc2=s=160x90:r=${rate}:d=${seconds}`);
const SOUND = lavfi("sine=440:d=5");
const COPY = ["-c", "copy"];
/** B frames, and keyframes off the grid. */
const H264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "33", "-bf", "3", "-fps_mode", "passthrough"];
const HEVC = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params"];
const OPEN_HEVC = [...HEVC, "open-gop=1:keyint=25:bframes=3:log-level=error"];

type Indexed = {
  timeline: Timeline | null;
  /** Bytes that were asked for besides what ffprobe reads. */
  bytesRead: number;
};

/** With `url`, FFmpeg finds something else than the source there. */
async function index(path: string, url?: string): Promise<Indexed> {
  const ctx = await aWorkContext(directory.path);
  const source = await sourceAt(path);
  const file = await open(path);
  let bytesRead = 0;
  const read = async (startByte: number, endByte: number) => {
    const { buffer, bytesRead: length } = await file.read(
      Buffer.alloc(endByte - startByte),
      0,
      endByte - startByte,
      startByte,
    );
    bytesRead += length;
    return buffer.subarray(0, length);
  };
  try {
    const probed = await probeSource(source, ctx);
    const timeline = await indexSource({ ...source, url: url ?? source.url, read }, probed, ctx);
    return { timeline, bytesRead };
  } finally {
    await file.close();
  }
}

/** Absolute times of the decoded frames in ticks. */
async function decodedTicks(path: string): Promise<number[]> {
  const { tools } = await aWorkContext(directory.path);
  const ticks = ["-vf", "settb=1/360000", "-fps_mode", "passthrough", "-enc_time_base", "1:360000"];
  const input = ["-v", "quiet", "-copyts", "-i", `file:${path}`, "-map", "0:v:0"];
  const run = promisify(execFile)(tools.ffmpegPath, [...input, ...ticks, "-f", "framecrc", "-"]);
  const lines = (await run).stdout.split("\n").filter((line) => line.startsWith("0,"));
  return lines.map((line) => Number(line.split(",")[2]));
}

/** Fails unless every number in the timeline is what the decoder says. */
async function expectTruth(path: string, timeline: Timeline | null): Promise<void> {
  const ticks = await decodedTicks(path);
  expect(timeline).toMatchObject({ frameCount: ticks.length, firstTicks: ticks[0] });
  expect(timeline?.cuts.length).toBeGreaterThanOrEqual(2);
  for (const { frame, ticks: time, previousTicks, keyTicks, previousKeyTicks } of timeline?.cuts ?? []) {
    expect([time, previousTicks]).toEqual([ticks[frame], ticks[frame - 1]]);
    expect(ticks).toContain(keyTicks);
    expect(keyTicks).toBeLessThanOrEqual(time);
    expect(previousKeyTicks ?? -Infinity).toBeLessThan(keyTicks);
  }
  const usualTicks = (ticks.at(-1) ?? 0) - (ticks.at(-2) ?? 0);
  expect(Math.abs((timeline?.endTicks ?? 0) - (ticks.at(-1) ?? 0) - usualTicks)).toBeLessThanOrEqual(
    usualTicks,
  );
}

describe("indexSource", () => {
  /** Made by the index of the file alone. */
  describe("of an MP4 or MOV file", () => {
    const make: Record<string, () => Promise<string>> = {
      "with B-frames": () => clip("plain.mp4", picture(), SOUND, H264),
      "at 29.97 frames a second": () => clip("ntsc.mp4", picture(5, "30000/1001"), H264),
      "with its index in front": () => clip("front.mp4", picture(), SOUND, H264, ["-movflags", "+faststart"]),
      "that was cut by copy in the middle of a group": async () =>
        clip("cut.mp4", ["-ss", "1.3", "-i", await clip("whole.mp4", picture(8), H264)], COPY),
      "with late sound": () => clip("late-sound.mp4", picture(), ["-itsoffset", "0.755"], SOUND, H264),
      "with a late picture": () => clip("late.mp4", ["-itsoffset", "0.5"], picture(), SOUND, H264),
      "of a variable rate": () =>
        clip("vfr.mp4", picture(8), ["-vf", "select='not(mod(n,3))+lt(n,50)',setpts='PTS+N*0.003/TB'"], H264),
      "with open groups": () => clip("open.mp4", picture(), OPEN_HEVC),
      "with open groups, cut by copy": async () =>
        clip("open-cut.mp4", ["-ss", "2.5", "-i", await clip("open-8.mp4", picture(8), OPEN_HEVC)], COPY),
      "of ProRes with a timecode": () =>
        clip("prores.mov", picture(5, "24"), ["-c:v", "prores_ks", "-timecode", "01:00:00:00"]),
      "with offsets below zero": () =>
        clip("negative.mp4", picture(), H264, ["-movflags", "negative_cts_offsets"]),
      "without an edit": () => clip("no-edit.mp4", picture(), H264, ["-use_editlist", "0"]),
    };

    it.each(Object.keys(make))("%s tells what a decode tells, without reading the pictures", async (name) => {
      const path = (await make[name]?.()) ?? "";
      const { timeline, bytesRead } = await index(path, "file:/no/such/file");
      await expectTruth(path, timeline);
      const bytes = await readFile(path);
      const moovBytes = bytes.readUInt32BE(bytes.lastIndexOf("moov") - 4);
      expect(bytesRead).toBeLessThan(moovBytes + 200);
    });

    it("keeps the file's start as zero for a late picture, and the picture's for late sound", async () => {
      const late = (await index((await make["with a late picture"]?.()) ?? "")).timeline;
      expect(late).toMatchObject({ zeroTicks: 0, firstTicks: 187_200 });
      const sound = (await index((await make["with late sound"]?.()) ?? "")).timeline;
      expect(sound).toMatchObject({ zeroTicks: 0, firstTicks: 0 });
    });
  });

  /** Read once from beginning to end. */
  describe("of other files", () => {
    const H264_TS = [...H264, "-output_ts_offset"];
    const MPEG2 = ["-c:v", "mpeg2video", "-bf", "2", "-g", "15"];
    const make: Record<string, () => Promise<string>> = {
      "fragmented MP4": () =>
        clip("fragments.mp4", picture(), SOUND, H264, ["-movflags", "frag_keyframe+empty_moov"]),
      "Matroska at 23.976": () => clip("film.mkv", picture(5, "24000/1001"), SOUND, H264),
      "Matroska with open groups": () => clip("open.mkv", picture(), H264, ["-x264-params", "open-gop=1"]),
      "WebM with hidden frames": () =>
        clip(
          "vp9.webm",
          picture(),
          ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "20"],
          ["-auto-alt-ref", "1", "-lag-in-frames", "16"],
        ),
      "a transport stream that starts late": () => clip("late.ts", picture(), SOUND, H264_TS, ["5000"]),
      "a transport stream whose clock wraps": () => clip("wrap.ts", picture(8), H264_TS, ["95440"]),
      "a transport stream of H.265": async () =>
        clip("hevc.ts", ["-i", await clip("hevc.mp4", picture(), OPEN_HEVC)], COPY),
      "a program stream": () => clip("mpeg2.mpg", picture(), SOUND, MPEG2, ["-f", "vob"]),
      "AVI with B-frames": () =>
        clip("mpeg4.avi", picture(), SOUND, ["-c:v", "mpeg4", "-bf", "2", "-g", "15"]),
      FLV: () => clip("plain.flv", picture(), SOUND, H264),
      "a recording that begins in the middle of a group": async () =>
        withoutFirstThird("middle.ts", await clip("whole.ts", picture(8), SOUND, H264)),
      "a recording of MPEG-2 that begins in the middle of a group": async () =>
        withoutFirstThird("middle-2.ts", await clip("whole-2.ts", picture(8), MPEG2)),
    };

    it.each(Object.keys(make))("such as %s tells what a decode tells", async (name) => {
      const path = (await make[name]?.()) ?? "";
      await expectTruth(path, (await index(path)).timeline);
    });

    it("counts from the first packet of a recording, as its sound does", async () => {
      const path = await make["a recording that begins in the middle of a group"]?.();
      const { timeline } = await index(path ?? "");
      expect((timeline?.firstTicks ?? 0) - (timeline?.zeroTicks ?? 0)).toBeGreaterThan(36_000);
    });
  });

  /** Whole packets of a transport stream, from a third of it on. */
  async function withoutFirstThird(name: string, path: string): Promise<string> {
    const bytes = await readFile(path);
    const packets = Math.floor(bytes.length / 3 / 188);
    const part = path.replace(/[^/]+$/, name);
    await writeFile(part, bytes.subarray(packets * 188));
    return part;
  }

  it.each<[string, () => Promise<string>]>([
    ["sound alone", () => clip("sound.m4a", SOUND)],
    ["one frame", () => clip("one.mp4", picture(), H264, ["-frames:v", "1"])],
    ["H.264 in AVI", () => clip("h264.avi", picture(), H264)],
    ["ASF", () => clip("plain.asf", picture(), ["-c:v", "wmv2"])],
    [
      "more than a minute with one keyframe",
      () => clip("lone.mp4", picture(65, "5"), H264, ["-g", "1000", "-sc_threshold", "0"]),
    ],
    [
      "a picture that rests for eleven seconds",
      () => clip("rest.mp4", picture(), ["-vf", "setpts='PTS+gte(N,60)*11/TB'"], H264),
    ],
    [
      "a transport stream whose clock jumps back",
      async () => {
        const bytes = await readFile(await clip("once.ts", picture(), H264));
        const path = `${directory.path}/jump.ts`;
        await writeFile(path, Buffer.concat([bytes, bytes]));
        return path;
      },
    ],
    [
      "an MP4 whose upload broke off",
      async () => {
        const path = await clip("broken.mp4", picture(), SOUND, H264, ["-movflags", "+faststart"]);
        await truncate(path, Math.floor(((await stat(path)).size * 2) / 3));
        return path;
      },
    ],
  ])("does not cut %s", async (_, make) => {
    expect((await index(await make())).timeline).toBeNull();
  });

  it("ends when it is told to", async () => {
    const path = await clip("abort.mkv", picture(), H264);
    const abort = new AbortController();
    const source = await sourceAt(path);
    const probed = await probeSource(source, await aWorkContext(directory.path));
    const reason = new Error("stop");
    abort.abort(reason);
    const ctx = await aWorkContext(directory.path, { signal: abort.signal });
    const read = () => Promise.reject(new Error("not asked for"));
    await expect(indexSource({ ...source, read }, probed, ctx)).rejects.toBe(reason);
  });

  it("hands on what goes wrong while the source is read", async () => {
    const path = await clip("unread.mp4", picture(), H264);
    const source = await sourceAt(path);
    const ctx = await aWorkContext(directory.path);
    const probed = await probeSource(source, ctx);
    const reason = new Error("gone");
    await expect(indexSource({ ...source, read: () => Promise.reject(reason) }, probed, ctx)).rejects.toBe(
      reason,
    );
  });
});
