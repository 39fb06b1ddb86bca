import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RenditionSpec } from "../../../../encoder/contract/output-spec.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import {
  frameLumas,
  frameTimes,
  largestBreak,
  lavfi,
  makeClip,
  makeTestDirectory,
  onsetSeconds,
  probeEntry,
  samples,
  SHARP_H264,
} from "../../../support/make-clip.ts";
import {
  aFrame,
  anAudioSpec,
  aRenditionSpec,
  aPictureSpec,
  aVideoSpec,
} from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let flashAndBeep: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  // Black and silent until second 1, white and loud from then on.
  flashAndBeep = await clip(
    "flash.mkv",
    lavfi("color=black:s=64x64:r=25:d=3,drawbox=t=fill:color=white:enable='gte(t,1)'"),
    lavfi("aevalsrc='if(gte(t,1),0.5*sin(2*PI*997*t),0)':s=48000:d=3"),
    SHARP_H264,
    ["-c:a", "pcm_s16le"],
  );
});
afterAll(() => directory.remove());

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());

async function encode(sourcePath: string, rendition: Partial<RenditionSpec> = {}): Promise<string> {
  const spec = aRenditionSpec({
    video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(64, 64) }) }),
    ...rendition,
  });
  const ctx = await aWorkContext(directory.path);
  return (
    await encodeRendition(
      { source: await sourceAt(sourcePath), rendition: spec, threads: 1, watermarks: NO_WATERMARKS },
      ctx,
    )
  ).path;
}

/** Seconds from the first white frame to the first loud sample, on the file's own time. */
async function soundAfterPicture(path: string): Promise<number> {
  const [lumas, times, sound] = await Promise.all([frameLumas(path), frameTimes(path), samples(path)]);
  const flash = times[lumas.findIndex((luma) => luma > 128)] ?? Number.NaN;
  return onsetSeconds(sound) - flash;
}

describe("encodeRendition, with sound", () => {
  it("keeps picture and sound together", async () => {
    expect(Math.abs(await soundAfterPicture(await encode(flashAndBeep)))).toBeLessThan(0.005);
  });

  it("keeps a sound that starts late in its place", async () => {
    const rest = await clip("sound.m4a", ["-ss", "0.5", "-i", flashAndBeep, "-vn", "-c:a", "aac"]);
    const late = await clip(
      "late-sound.mp4",
      ["-i", flashAndBeep, "-itsoffset", "0.5", "-i", rest],
      ["-map", "0:v", "-map", "1:a", "-c", "copy"],
    );
    expect(Number(await probeEntry(late, "a:0", "stream=start_time"))).toBeCloseTo(0.5, 1);
    const path = await encode(late);
    expect(Math.abs(await soundAfterPicture(path))).toBeLessThan(0.02);
    expect(await probeEntry(path, "a:0", "stream=start_time")).toBe("0.000000");
  });

  it("loses no sound before a picture that starts late, and shows its first frame meanwhile", async () => {
    const rest = await clip("picture.mp4", ["-ss", "0.52", "-i", flashAndBeep, "-an"], SHARP_H264);
    const late = await clip(
      "late-picture.mp4",
      ["-itsoffset", "0.52", "-i", rest, "-i", flashAndBeep],
      ["-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac"],
    );
    expect(Number(await probeEntry(late, "v:0", "stream=start_time"))).toBeCloseTo(0.5, 1);
    expect(Math.abs(await soundAfterPicture(late))).toBeLessThan(0.005);
    for (const frameRate of [null, { num: 25, den: 1 }]) {
      const path = await encode(late, {
        video: aVideoSpec({ picture: aPictureSpec({ frame: aFrame(64, 64) }), frameRate }),
      });
      expect((await frameTimes(path))[0]).toBe(0);
      expect(Math.abs(await soundAfterPicture(path))).toBeLessThan(0.02);
      expect((await samples(path)).length / 48_000).toBeCloseTo(3, 1);
    }
  });

  it.each(["ts", "mpg", "mkv"])(
    "gives sound and picture of .%s that are encoded apart the same beginning",
    async (extension) => {
      const mpeg2 = ["-c:v", "mpeg2video", "-q:v", "2", "-c:a", "mp2"];
      const lateSound = await clip(
        `late-sound.${extension}`,
        ["-i", flashAndBeep, "-itsoffset", "0.5", "-ss", "0.5", "-i", flashAndBeep],
        ["-map", "0:v", "-map", "1:a", ...mpeg2],
      );
      const latePicture = await clip(
        `late-picture.${extension}`,
        ["-itsoffset", "0.52", "-ss", "0.52", "-i", flashAndBeep, "-i", flashAndBeep],
        ["-map", "0:v", "-map", "1:a", ...mpeg2],
      );
      const soundAlone = await encode(lateSound, { video: null });
      expect(Math.abs(onsetSeconds(await samples(soundAlone)) - 1)).toBeLessThan(0.03);
      const pictureAlone = await encode(latePicture, { audio: null });
      const [lumas, times] = await Promise.all([frameLumas(pictureAlone), frameTimes(pictureAlone)]);
      expect(Math.abs((times[lumas.findIndex((luma) => luma > 128)] ?? 0) - 1)).toBeLessThan(0.05);
      expect(await probeEntry(pictureAlone, "v:0", "format=nb_streams")).toBe("1");
    },
  );

  it.each(["ts", "mkv", "flv"])(
    "keeps picture and sound of .%s together, whose muxer moves both",
    async (extension) => {
      const moved = await clip(`moved.${extension}`, ["-i", flashAndBeep, "-c:a", "aac"], SHARP_H264);
      expect(Math.abs(await soundAfterPicture(await encode(moved)))).toBeLessThan(0.02);
    },
  );

  it.each(["mkv", "ts"])("keeps picture and sound of a cut of .%s together", async (extension) => {
    const source = await clip(`cut.${extension}`, ["-i", flashAndBeep, "-c:a", "aac"], SHARP_H264);
    const path = await encode(source, { span: { startSeconds: 0.73, durationSeconds: 1.5 } });
    expect(Math.abs(await soundAfterPicture(path))).toBeLessThan(0.02);
    expect((await samples(path)).length / 48_000).toBeCloseTo(1.5, 1);
  });

  it("leaves a tone without holes and jumps, and of its own length", async () => {
    const tone = await clip(
      "tone.mp4",
      lavfi("color=s=64x64:r=25:d=4"),
      lavfi("aevalsrc='0.5*sin(2*PI*997*t)':s=44100:d=4"),
      ["-c:a", "aac", "-b:a", "256k"],
      SHARP_H264,
    );
    const sound = await samples(await encode(tone, { audio: anAudioSpec({ bitrateBps: 192_000 }) }));
    expect(largestBreak(sound, 997)).toBeLessThan(0.02);
    // Each of the two encodes rounds up to a whole frame of 1024 samples, the first at 44.1 kHz.
    expect(sound.length).toBeGreaterThanOrEqual(4 * 48_000);
    expect(sound.length).toBeLessThan(4 * 48_000 + 1024 + 1115);
  });

  it("fills a hole in the sound with silence, so that what follows stays in its place", async () => {
    const gap = await clip(
      "gap.mkv",
      lavfi("color=s=64x64:r=25:d=4"),
      lavfi("aevalsrc='if(gte(t,3),0.5*sin(2*PI*997*t),0)':s=48000:d=4"),
      ["-af", "aselect='not(between(t,1,2))'", "-c:a", "pcm_s16le"],
      SHARP_H264,
    );
    expect(onsetSeconds(await samples(await encode(gap)))).toBeCloseTo(3, 2);
  });

  it("encodes rate and channels as planned", async () => {
    const audio = anAudioSpec({ sampleRateHz: 22_050, layout: "mono", bitrateBps: 48_000 });
    const path = await encode(flashAndBeep, { audio });
    expect(await probeEntry(path, "a:0", "stream=codec_name,profile,sample_rate,channels")).toBe(
      "aac,LC,22050,1",
    );
  });

  it.each(["aac", "mp3"] as const)("fills the hole that broken packets of %s leave", async (codec) => {
    const source = await clip(
      `broken-${codec}.mkv`,
      lavfi("color=s=64x64:r=25:d=3"),
      lavfi("aevalsrc='if(gte(t,2),0.5*sin(2*PI*997*t),0)':s=48000:d=3"),
      ["-c:a", codec === "aac" ? "aac" : "libmp3lame", "-b:a", "128k"],
      // Eight packets of the first two seconds are not there, which last 0.17 s and 0.19 s together.
      ["-bsf:a", "noise=drop='lt(n,80)*not(mod(n,10))'"],
      SHARP_H264,
    );
    expect(Math.abs(onsetSeconds(await samples(await encode(source))) - 2)).toBeLessThan(0.045);
  });

  it("makes a file of a source without sound", async () => {
    const silent = await clip("silent.mp4", lavfi("color=s=64x64:r=25:d=1"), SHARP_H264);
    const path = await encode(silent, { audio: null });
    expect(await probeEntry(path, "v:0", "format=nb_streams")).toBe("1");
  });

  it("makes a sound file of a source with cover art, and of the sound of a video", async () => {
    const cover = await clip("cover.png", lavfi("color=red:s=64x64"), ["-frames:v", "1"]);
    const song = await clip("song.mp3", lavfi("sine=440:d=2"), [
      "-i",
      cover,
      "-map",
      "0",
      "-map",
      "1",
      "-c:v",
      "copy",
      "-disposition:v",
      "attached_pic",
    ]);
    for (const [source, sourceStreamIndex] of [
      [song, 0],
      [flashAndBeep, 1],
    ] as const) {
      const path = await encode(source, { video: null, audio: anAudioSpec({ sourceStreamIndex }) });
      expect(await probeEntry(path, "a:0", "format=nb_streams")).toBe("1");
      expect(await probeEntry(path, "a:0", "stream=codec_type")).toBe("audio");
    }
    expect(onsetSeconds(await samples(await encode(flashAndBeep, { video: null })))).toBeCloseTo(1, 2);
  });

  it.each([
    ["mov", 0],
    ["mov", 3],
    ["mov", 7],
    ["ts", 3],
    ["ts", 7],
  ])(
    "fills a span of %s from second %i with silence when the sound ends at second 5",
    async (extension, start) => {
      const source = await clip(
        `short.${extension}`,
        [...lavfi("color=black:s=64x64:r=25:d=10"), ...lavfi("sine=f=440:d=5:r=48000")],
        [...SHARP_H264, "-g", "25", "-c:a", "aac", "-map", "0:v", "-map", "1:a"],
      );
      const rendition = aRenditionSpec({
        video: null,
        audio: anAudioSpec({ sourceStreamIndex: 1, sourceChannels: 1, layout: "mono" }),
        span: { startSeconds: start, durationSeconds: 10 - start },
      });
      const work = { source: await sourceAt(source), rendition, threads: 1, watermarks: NO_WATERMARKS };
      const { path } = await encodeRendition(
        { ...work, fillsSpan: true },
        await aWorkContext(directory.path),
      );
      const sound = await samples(path);
      const seconds = sound.length / 48_000;
      expect(Math.abs(seconds - (10 - start))).toBeLessThan(1024 / 48_000);
      const heardSeconds = sound.findLastIndex((sample) => Math.abs(sample) > 0.01) / 48_000;
      expect(heardSeconds).toBeCloseTo(Math.max(0, 5 - start), 1);
    },
  );
});
