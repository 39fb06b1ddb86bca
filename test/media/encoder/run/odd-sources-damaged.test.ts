import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blankOut, cutOff, flipBits, losePackets } from "../../../support/damage-file.ts";
import { encodeSource } from "../../../support/encode-source.ts";
import {
  frameLumas,
  frameTimes,
  lavfi,
  makeClip,
  makeTestDirectory,
  onsetSeconds,
  packets,
  probeEntry,
  samples,
  SHARP_H264,
} from "../../../support/make-clip.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let original: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  // Frame n is grey of level 3n under a little grain; the tone begins at second 2.
  original = await clip(
    "original.mkv",
    lavfi("nullsrc=s=128x72:r=25:d=3,format=gray,geq=lum='3*N',noise=alls=6:allf=t,format=yuv420p"),
    lavfi("aevalsrc='if(gte(t,2),0.5*sin(2*PI*997*t),0.01*random(0))':s=48000:d=3"),
    SHARP_H264,
    ["-g", "10", "-c:a", "pcm_s16le"],
  );
});
afterAll(() => directory.remove());

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());
const encode = (path: string) => encodeSource(directory.path, path);
const DAMAGED = [{ code: "source_damaged" }];

const H264 = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "10", "-c:a", "aac"];
const VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-g", "10", "-c:a", "libopus"];

async function copyOf(path: string, name: string): Promise<string> {
  const copy = join(directory.path, name);
  await copyFile(path, copy);
  return copy;
}

/** The picture of the last half second and the beginning of the tone are where they were. */
async function expectIntactEnd(path: string): Promise<void> {
  const [lumas, times, sound] = await Promise.all([frameLumas(path), frameTimes(path), samples(path)]);
  expect(times.at(-1)).toBeCloseTo(2.96, 2);
  times.forEach((time, frame) => {
    if (time > 2.5) {
      expect(Math.abs((lumas[frame] ?? 0) - greyAt(time))).toBeLessThan(6);
    }
  });
  const loud = sound.findIndex((sample) => Math.abs(sample) > 0.2) / 48_000;
  expect(Math.abs(loud - 2)).toBeLessThan(0.045);
}

/** Grey of the picture at a time, brought to studio range. */
const greyAt = (seconds: number) => 16 + (3 * 25 * seconds * 219) / 255;

describe("encodeRendition, of damaged sources", () => {
  it.each(["mp4", "mkv", "ts", "flv"])(
    "makes a whole file of a damaged .%s, and says so",
    async (extension) => {
      const movflags = extension === "mp4" ? ["-movflags", "+faststart"] : [];
      const healthy = await clip(`healthy.${extension}`, ["-i", original], H264, movflags);
      const reference = await encode(healthy);
      expect(reference.warnings).toEqual([]);
      await expectIntactEnd(reference.path);
      const damaged = await copyOf(healthy, `damaged.${extension}`);
      await (extension === "flv" ? blankOut(damaged, 0.45, 0.47) : flipBits(damaged, 0.35, 0.5, 25));
      const { path, warnings, elapsedMs } = await encode(damaged);
      expect(warnings).toEqual(DAMAGED);
      await expectIntactEnd(path);
      // On a busy machine a run of a second may take some more by itself.
      expect(elapsedMs).toBeLessThan(3 * reference.elapsedMs + 2_000);
    },
  );

  it.each(["webm", "mkv"])("goes on behind a hole in the structure of a .%s", async (extension) => {
    const codecs = extension === "webm" ? VP8 : H264;
    const source = await clip(`hole.${extension}`, ["-i", original], codecs, ["-cluster_time_limit", "400"]);
    await blankOut(source, 0.4, 0.45);
    const { path, warnings } = await encode(source);
    expect(warnings).toEqual(DAMAGED);
    await expectIntactEnd(path);
  });

  it("keeps time when packets of a transport stream are lost", async () => {
    const source = await clip("lost.ts", ["-i", original], H264);
    await losePackets(source, 0.3, 0.4);
    await losePackets(source, 0.5, 0.52);
    const { path, warnings } = await encode(source);
    expect(warnings).toEqual(DAMAGED);
    await expectIntactEnd(path);
  });

  it.each([
    ["mp3", ["-c:a", "libmp3lame"]],
    ["aac", ["-c:a", "aac"]],
    ["flac", ["-c:a", "flac"]],
    ["ac3", ["-c:a", "ac3"]],
    ["ogg", ["-c:a", "libvorbis", "-page_duration", "100000"]],
  ])("makes a sound of a damaged .%s", async (extension, codec) => {
    const source = await clip(`sound.${extension}`, ["-i", original, "-vn"], codec);
    await blankOut(source, 0.3, 0.4);
    const { path } = await encode(source);
    const sound = await samples(path);
    expect(sound.length / 48_000).toBeGreaterThan(2);
    expect(sound.length / 48_000).toBeLessThan(3.1);
    expect(sound.some((sample) => Math.abs(sample) > 0.3)).toBe(true);
  });
});

describe("encodeRendition, of sources that break off", () => {
  it("refuses an MP4 without its index", async () => {
    const source = await clip("no-index.mp4", ["-i", original], H264);
    await cutOff(source, 0.9);
    await expect(encode(source)).rejects.toMatchObject({ failure: { code: "source_not_media" } });
  });

  it.each([
    ["mkv", H264],
    ["webm", VP8],
  ])(
    "refuses a .%s that lacks more than a second of what it claims, and takes one that lacks less",
    async (extension, codecs) => {
      const source = await clip(`cut.${extension}`, ["-i", original], codecs);
      const little = await copyOf(source, `little.${extension}`);
      await cutOff(source, 0.4);
      await expect(encode(source)).rejects.toMatchObject({ failure: { code: "source_not_media" } });
      await cutOff(little, 0.9);
      const { path, warnings } = await encode(little);
      expect(warnings).toEqual(DAMAGED);
      await expectBeginning(path);
    },
  );

  it.each([
    ["ts", H264],
    ["flv", H264],
    ["avi", ["-c:v", "mpeg4", "-q:v", "2", "-c:a", "libmp3lame"]],
    ["mpg", ["-c:v", "mpeg2video", "-q:v", "2", "-c:a", "mp2"]],
  ])("makes what there is of a .%s, which does not say how long it is", async (extension, codecs) => {
    const source = await clip(`cut.${extension}`, ["-i", original], codecs);
    await cutOff(source, 0.6001);
    const { path } = await encode(source);
    await expectBeginning(path);
  });

  it("makes what there is of an MP3, and says that its end is missing", async () => {
    const source = await clip("cut.mp3", ["-i", original, "-vn", "-c:a", "libmp3lame"]);
    await cutOff(source, 0.8);
    const { path, warnings } = await encode(source);
    expect(warnings).toEqual(DAMAGED);
    expect((await samples(path)).length / 48_000).toBeCloseTo(2.4, 1);
  });
});

/** The first second shows what it showed. */
async function expectBeginning(path: string): Promise<void> {
  const [lumas, times] = await Promise.all([frameLumas(path), frameTimes(path)]);
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBeGreaterThan(1);
  times.forEach((time, frame) => {
    if (time < 0.9) {
      expect(Math.abs((lumas[frame] ?? 0) - greyAt(time))).toBeLessThan(6);
    }
  });
}

describe("encodeRendition, of sources with a gap", () => {
  // Six seconds, of which the fourth to the sixth are missing; a flash and a beep at second 6.5.
  const GAP = "between(n,FIRST,LAST)";
  it.each(["mp4", "mkv", "ts"])(
    "keeps length and sync of a .%s without three seconds in the middle",
    async (extension) => {
      const source = await clip(
        `gap.${extension}`,
        lavfi("color=black:s=64x64:r=25:d=8,drawbox=t=fill:color=white:enable='gte(t,6.52)'"),
        lavfi("aevalsrc='if(gte(t,6.52),0.5*sin(2*PI*997*t),0)':s=48000:d=8"),
        [
          "-c:v",
          "libx264",
          "-preset",
          "veryfast",
          "-g",
          "25",
          "-bf",
          "0",
          "-sc_threshold",
          "0",
          "-c:a",
          "aac",
        ],
        // Frames 75 to 149, and the packets of 1024 samples that lie with them.
        ["-bsf:v", `noise=drop='${GAP.replace("FIRST", "75").replace("LAST", "149")}'`],
        ["-bsf:a", `noise=drop='${GAP.replace("FIRST", "141").replace("LAST", "281")}'`],
      );
      expect(await packets(source, "v:0")).toHaveLength(125);
      for (const frameRate of [null, { num: 25, den: 1 }]) {
        const { path } = await encodeSource(directory.path, source, {}, frameRate);
        const [lumas, times, sound] = await Promise.all([frameLumas(path), frameTimes(path), samples(path)]);
        const flash = times[lumas.findIndex((luma) => luma > 128)] ?? Number.NaN;
        expect(flash).toBeCloseTo(6.52, 2);
        expect(Math.abs(onsetSeconds(sound) - flash)).toBeLessThan(0.045);
        expect(Math.abs(Number(await probeEntry(path, "v:0", "stream=duration")) - 8)).toBeLessThanOrEqual(
          0.041,
        );
        expect(times).toHaveLength(frameRate === null ? 125 : 200);
      }
    },
  );
});
