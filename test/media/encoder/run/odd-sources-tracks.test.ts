import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toneLevel } from "../../../support/channel-tones.ts";
import { encodeInChunks, encodeWhole, indexFrames } from "../../../support/chunked-encode.ts";
import { renameCodec } from "../../../support/damage-file.ts";
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
import { aFrame, anAudioSpec, aPictureSpec, aVideoSpec } from "../../../support/output-specs.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let original: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  // Frame n is grey of level 4n; 440 Hz in the first sound, 880 Hz in the second.
  original = await clip(
    "original.mkv",
    lavfi("nullsrc=s=64x64:r=25:d=2,format=gray,geq=lum='4*N',format=yuv420p"),
    lavfi("aevalsrc='0.4*sin(2*PI*440*t)':s=48000:d=2"),
    lavfi("aevalsrc='0.4*sin(2*PI*880*t)':s=48000:d=2"),
    ["-map", "0", "-map", "1", "-map", "2", "-c:a", "pcm_s16le"],
    SHARP_H264,
  );
});
afterAll(() => directory.remove());

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());
const encode = (path: string) => encodeSource(directory.path, path);
const H264 = ["-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac"];

const greyOf = (frame: number) => 16 + (4 * frame * 219) / 255;

async function expectPicture(path: string): Promise<void> {
  const lumas = await frameLumas(path);
  expect(lumas).toHaveLength(50);
  lumas.forEach((luma, frame) => expect(Math.abs(luma - greyOf(frame))).toBeLessThan(4));
}

/** Which of the two tones is in a sound. */
async function tonesOf(path: string): Promise<number[]> {
  const sound = (await samples(path)).subarray(4_800, 43_200);
  return [440, 880].filter((hertz) => toneLevel(sound, hertz) > 0.1);
}

describe("encodeRendition, of odd files", () => {
  it.each([
    ["mkv", "mp4"],
    ["mp4", "mkv"],
    ["ts", "avi"],
    ["avi", "mp3"],
    ["flv", "txt"],
  ])("opens a .%s that is called .%s by what it is", async (extension, name) => {
    const made = await clip(`wrong.${extension}`, ["-i", original, "-map", "0:v", "-map", "0:1"], H264);
    const source = join(directory.path, `wrong-${extension}.${name}`);
    await rename(made, source);
    const { path, warnings } = await encode(source);
    expect(warnings).toEqual([]);
    await expectPicture(path);
    expect(await tonesOf(path)).toEqual([440]);
  });

  it("takes the sound that can be decoded when the first one is of a codec that nobody knows", async () => {
    const source = await clip(
      "spatial.mov",
      ["-i", original, "-map", "0:v", "-map", "0:1", "-map", "0:2", "-disposition:a", "default"],
      H264,
    );
    await renameCodec(source, "mp4a", "apac");
    const { path, media } = await encode(source);
    expect(media.audio?.streamIndex).toBe(2);
    await expectPicture(path);
    expect(await tonesOf(path)).toEqual([880]);
  });

  it("leaves a sound out when there is none that can be decoded", async () => {
    const source = await clip("unknown.mov", ["-i", original, "-map", "0:v", "-map", "0:1"], H264);
    await renameCodec(source, "mp4a", "apac");
    const { path, media } = await encode(source);
    expect(media.audio).toBeNull();
    await expectPicture(path);
    expect(await probeEntry(path, "v:0", "format=nb_streams")).toBe("1");
  });

  it("leaves a picture out when there is none that can be decoded", async () => {
    const source = await clip("unknown-picture.mov", ["-i", original, "-map", "0:v", "-map", "0:1"], H264);
    await renameCodec(source, "avc1", "xyz9");
    const { path, media } = await encode(source);
    expect(media.video).toBeNull();
    expect(await tonesOf(path)).toEqual([440]);
  });

  it("leaves a sound out that has not a single packet", async () => {
    const tracks = ["-i", original, "-map", "0:v", "-map", "0:1"];
    const source = await clip("empty-sound.mkv", tracks, H264, ["-bsf:a", "noise=drop=1"]);
    const { path, media, warnings } = await encode(source);
    expect(media.audio?.codec).toBe("aac");
    expect(warnings).toEqual([]);
    await expectPicture(path);
    expect(await probeEntry(path, "v:0", "format=nb_streams")).toBe("1");
  });

  it("makes a picture of a cut behind the end of the sound", async () => {
    const tracks = ["-i", original, "-map", "0:v", "-map", "0:1", "-af", "atrim=end=1"];
    const source = await clip("ended.mp4", tracks, H264);
    const span = { startSeconds: 1.4, durationSeconds: null };
    const { path } = await encodeSource(directory.path, source, { span });
    const lumas = await frameLumas(path);
    expect(lumas).toHaveLength(15);
    expect(Math.abs((lumas[0] ?? 0) - greyOf(35))).toBeLessThan(4);
  });

  it("makes a sound of a song with a cover, in MP4 and in MP3", async () => {
    const cover = await clip("cover.jpg", lavfi("color=red:s=64x64"), ["-frames:v", "1"]);
    for (const extension of ["mp3", "m4a", "flac"]) {
      const song = await clip(
        `song.${extension}`,
        ["-i", original, "-i", cover, "-map", "0:1", "-map", "1:v", "-c:v", "copy"],
        ["-disposition:v", "attached_pic"],
      );
      const { path, media } = await encode(song);
      expect(media.video).toBeNull();
      expect(await tonesOf(path)).toEqual([440]);
      const audio = anAudioSpec({
        codec: "mp3",
        sourceStreamIndex: media.audio?.streamIndex ?? -1,
        sourceChannels: 1,
      });
      const mp3 = await encodeSource(directory.path, song, { container: "mp3", video: null, audio });
      expect(await probeEntry(mp3.path, "a:0", "format=format_name,nb_streams")).toBe("1,mp3");
      expect(await tonesOf(mp3.path)).toEqual([440]);
    }
  });

  it("keeps a sound that ends early short, and the picture whole", async () => {
    const source = await clip(
      "early-end.mp4",
      ["-i", original, "-map", "0:v", "-map", "0:1", "-af", "atrim=end=1"],
      H264,
    );
    const { path, warnings } = await encode(source);
    expect(warnings).toEqual([]);
    await expectPicture(path);
    expect((await samples(path)).length / 48_000).toBeCloseTo(1, 1);
  });

  it("keeps a sound that goes on after the picture", async () => {
    const source = await clip(
      "long-sound.mp4",
      lavfi("color=s=64x64:r=25:d=1"),
      lavfi("aevalsrc='if(gte(t,1.5),0.5*sin(2*PI*997*t),0)':s=48000:d=2"),
      H264,
    );
    const { path } = await encode(source);
    expect(onsetSeconds(await samples(path))).toBeCloseTo(1.5, 1);
    expect(await frameTimes(path)).toHaveLength(25);
  });
});

describe("encodeRendition, of uneven frame times", () => {
  it("gives frames the same times in one piece and in chunks", async () => {
    // A phone's rate: pauses and bursts, no two of them alike.
    const source = await clip(
      "phone.mp4",
      lavfi("testsrc2=s=64x64:r=120:d=3"),
      ["-vf", "select='eq(n,0)+not(mod(n,5))*lt(mod(n,60),40)+not(mod(n,7))*gte(mod(n,60),40)'"],
      ["-fps_mode", "vfr", "-video_track_timescale", "90000", "-g", "12", "-bf", "2"],
      ["-c:v", "libx264", "-preset", "veryfast"],
    );
    const sourceTimes = (await packets(source, "v:0"))
      .map(({ ptsSeconds }) => ptsSeconds)
      .toSorted((one, other) => one - other);
    const video = aVideoSpec({ picture: aPictureSpec({ frame: aFrame(64, 64) }) });
    const index = await indexFrames(source);
    const keys = index.isKey.flatMap((isKey, frame) => (isKey && frame > 0 ? [frame] : []));
    const { path } = await encodeInChunks(directory.path, index, keys.slice(1, 3), video);
    const [inChunks, whole] = await Promise.all([
      frameTimes(path),
      encodeWhole(directory.path, source, { video }).then(frameTimes),
    ]);
    expect(whole).toHaveLength(sourceTimes.length);
    const zero = sourceTimes[0] ?? 0;
    whole.forEach((time, frame) => {
      expect(Math.abs(time - (inChunks[frame] ?? Number.NaN))).toBeLessThan(0.001);
      expect(Math.abs(time - ((sourceTimes[frame] ?? Number.NaN) - zero))).toBeLessThan(0.001);
    });
  });
});
