import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RenditionSpec } from "../../../../encoder/contract/output-spec.ts";
import { encodeRendition } from "../../../../encoder/run/encode-rendition.ts";
import {
  frameTimes,
  largestBreak,
  lavfi,
  makeClip,
  makeTestDirectory,
  packets,
  probeEntry,
  samples,
  SHARP_H264,
  turnClip,
} from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import { anAudioSpec, aRenditionSpec } from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

const PICTURE = { codec: "copy", sourceStreamIndex: 0 } as const;
const SOUND = { codec: "copy", sourceStreamIndex: 1 } as const;

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

async function encode(sourcePath: string, rendition: Partial<RenditionSpec>): Promise<string> {
  const spec = aRenditionSpec({ video: PICTURE, audio: SOUND, ...rendition });
  const work = { source: await sourceAt(sourcePath), rendition: spec, threads: 1, watermarks: NO_WATERMARKS };
  return (await encodeRendition(work, await aWorkContext(directory.path))).path;
}

const clip = (name: string, ...args: string[][]) => makeClip(directory.path, name, args.flat());
const tone = lavfi("aevalsrc='0.5*sin(2*PI*997*t)':s=48000:d=4");
const WITH_B_FRAMES = ["-c:v", "libx264", "-g", "25", "-bf", "2", "-c:a", "aac", "-b:a", "128k"];

describe("encodeRendition of copied tracks", () => {
  it.each(["mov", "mkv", "mpegts", "flv", "mp4"] as const)(
    "carries every packet into %s as it was",
    async (container) => {
      for (const from of ["from.mp4", "from.ts"]) {
        const source = await clip(from, lavfi(numbered("25", 4)), tone, WITH_B_FRAMES);
        const path = await encode(source, { container });
        expect(await probeEntry(path, "v:0", "stream=codec_name")).toBe("h264");
        expect(await shownNumbers(path)).toEqual(await shownNumbers(source));
        const times = await frameTimes(path);
        const uneven = times.findIndex((time, n) => Math.abs(time - (times[0] ?? 0) - n * 0.04) > 0.0011);
        expect(uneven).toBe(-1);
        const sound = await samples(path);
        expect(Math.abs(sound.length / 48_000 - 4)).toBeLessThan(0.1);
        expect(largestBreak(sound, 997)).toBeLessThan(0.05);
      }
    },
  );

  it.each(["from.mkv", "from.mp4", "from.ts"])("carries H.264 of %s into AVI", async (from) => {
    const source = await clip(from, lavfi(numbered("25", 2)), ["-c:v", "libx264", "-bf", "0", "-g", "25"]);
    const path = await encode(source, { container: "avi", audio: null });
    expect(await shownNumbers(path)).toEqual(await shownNumbers(source));
  });

  it("carries sound of a transport stream into fragments", async () => {
    const source = await clip("fragments.ts", lavfi(numbered("25", 4)), tone, WITH_B_FRAMES);
    const path = await encode(source, { isFragmented: true });
    expect(largestBreak(await samples(path), 997)).toBeLessThan(0.05);
    expect(await shownNumbers(path)).toEqual(await shownNumbers(source));
  });

  it("leaves a turn to the player", async () => {
    const source = await clip("turned.mp4", lavfi(numbered("25", 1)), SHARP_H264);
    await turnClip(source, 90);
    for (const container of ["mp4", "mov"] as const) {
      const path = await encode(source, { container, audio: null });
      expect(await probeEntry(path, "v:0", "stream_side_data=rotation")).toBe("-90");
    }
  });

  it("copies one track and encodes the other", async () => {
    const source = await clip("both.mp4", lavfi(numbered("25", 4)), tone, WITH_B_FRAMES);
    const audio = anAudioSpec({ codec: "mp3", sampleRateHz: 44_100 });
    const path = await encode(source, { container: "mkv", audio });
    expect(await probeEntry(path, "a:0", "stream=codec_name,sample_rate")).toBe("mp3,44100");
    expect(await shownNumbers(path)).toEqual(await shownNumbers(source));
  });

  it("lets Apple's players know HEVC from a container that does not name it", async () => {
    const x265 = ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"];
    const source = await clip("apple.mkv", lavfi(numbered("25", 1)), x265);
    const path = await encode(source, { audio: null });
    expect(await probeEntry(path, "v:0", "stream=codec_tag_string")).toBe("hvc1");
  });

  it("cuts sound to the packet and a picture at a keyframe", async () => {
    const source = await clip("cut.mp4", lavfi(numbered("25", 4)), tone, WITH_B_FRAMES);
    const span = { startSeconds: 2.2, durationSeconds: 1 };
    const sound = await encode(source, { container: "m4a", video: null, span });
    expect(Math.abs((await samples(sound)).length / 48_000 - 1)).toBeLessThan(0.05);
    const picture = await encode(source, { container: "mkv", audio: null, span });
    const numbers = await shownNumbers(picture);
    expect((await packets(picture, "v:0"))[0]?.isKey).toBe(true);
    expect(numbers).toContain(60);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(50);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(85);
  });

  it.each([
    ["webm", "prores.mov", ["-c:v", "prores_ks"], "prores"],
    ["mp4", "huffyuv.avi", ["-c:v", "huffyuv"], "huffyuv"],
    ["mpegts", "vp9.webm", ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"], "vp9"],
    ["flv", "mpeg4.mp4", ["-c:v", "mpeg2video"], "mpeg2video"],
  ] as const)("says that %s cannot hold the picture of %s", async (container, name, encoder, codec) => {
    const source = await clip(name, lavfi(numbered("25", 1)), [...encoder]);
    await expect(encode(source, { container, audio: null })).rejects.toMatchObject({
      failure: { code: "copy_not_possible", streamIndex: 0, codec, limit: container },
    });
  });

  it("says which of two tracks it is", async () => {
    const source = await clip("pcm.mov", lavfi(numbered("25", 1)), tone, SHARP_H264, ["-c:a", "pcm_s24le"]);
    await expect(encode(source, { container: "flv" })).rejects.toMatchObject({
      failure: { code: "copy_not_possible", streamIndex: 1, codec: "pcm_s24le", limit: "flv" },
    });
  });
});
