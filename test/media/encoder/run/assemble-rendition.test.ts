import { copyFile, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkFile } from "../../../../encoder/contract/object-store.ts";
import type { RenditionFiles } from "../../../../encoder/contract/task.ts";
import { gatherRendition, joinRendition } from "../../../../encoder/run/assemble-rendition.ts";
import { hashFile } from "../../../../encoder/run/hash-file.ts";
import {
  chunkTasks,
  encodeWhole,
  indexFrames,
  joinPart,
  runChunks,
  type FrameIndex,
} from "../../../support/chunked-encode.ts";
import {
  frameLumas,
  frameTimes,
  largestBreak,
  lavfi,
  makeClip,
  makeTestDirectory,
  onsetSeconds,
  packets,
  probeEntry,
  samples,
} from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import {
  aFrame,
  anAudioSpec,
  aRenditionSpec,
  aPictureSpec,
  aVideoSpec,
} from "../../../support/output-specs.ts";
import { aWorkContext } from "../../../support/work-context.ts";

const video = aVideoSpec({
  picture: aPictureSpec({ frame: aFrame(160, 90) }),
  frameRate: { num: 30000, den: 1001 },
});
const audio = anAudioSpec();

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let index: FrameIndex;
/** Encoded parts of a six-second source that are named by their paths. */
let chunks: Awaited<ReturnType<typeof runChunks>>;
let audioPath: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const path = await makeClip(directory.path, "source.mp4", [
    ...lavfi(numbered("30000/1001", 6)),
    ...lavfi("aevalsrc='0.5*sin(2*PI*997*t)':s=48000:d=6"),
    ...["-metadata", "title=A title", "-metadata:s:v", "language=fra"],
    ...["-c:v", "libx264", "-g", "20", "-c:a", "aac", "-b:a", "192k"],
  ]);
  index = await indexFrames(path);
  chunks = await encodeChunks([50, 101, 140]);
  audioPath = await encodeWhole(directory.path, path, { audio });
});
afterAll(() => directory.remove());

async function encodeChunks(cutFrames: number[], of = index) {
  const own = await mkdtemp(join(directory.path, "chunks-"));
  return runChunks(own, of.path, chunkTasks(of, cutFrames, [video]));
}

async function asWorkFiles(list: typeof chunks): Promise<WorkFile[]> {
  const paths = list.flatMap(({ parts }) => parts.map(({ path }) => path));
  return Promise.all(paths.map(async (path) => ({ key: path, ...(await hashFile(path)) })));
}

/** Joins stored parts without sound. */
async function join4(parts: WorkFile[], frameCount: number) {
  const ctx = await aWorkContext(directory.path);
  const files: RenditionFiles = { type: "chunked", chunks: parts, frameCount, audio: null };
  const gathered = await gatherRendition(files, (file, path) => copyFile(file.key, path), ctx);
  const result = await joinRendition(aRenditionSpec({ video, audio: null }), gathered, ctx);
  return { ...result, directory: ctx.directory, fractions: ctx.fractions };
}

const FRAMES = 180;

describe("joinRendition", () => {
  it("makes one streamable file with every frame at its time and no gap in the sound", async () => {
    const path = await joinPart(directory.path, chunks, 0, { video, audio, audioPath });
    expect(await shownNumbers(path)).toEqual(await shownNumbers(index.path));
    const times = await frameTimes(path);
    expect(times).toHaveLength(FRAMES);
    expect(times.findIndex((time, frame) => Math.abs(time - (frame * 1001) / 30000) > 0.000_01)).toBe(-1);
    const sound = await samples(path);
    expect(Math.abs(sound.length - 6 * 48_000)).toBeLessThan(1024);
    expect(largestBreak(sound, 997)).toBeLessThan(0.05);
    const file = await readFile(path);
    expect(file.indexOf("moov")).toBeLessThan(file.indexOf("mdat"));
    expect(file.includes("moof")).toBe(false);
    expect(await probeEntry(path, "v:0", "stream=start_time")).toBe("0.000000");
    expect(Number(await probeEntry(path, "v:0", "stream=duration"))).toBeCloseTo((FRAMES * 1001) / 30000, 4);
    const dts = (await packets(path, "v:0")).map(({ dtsSeconds }) => dtsSeconds);
    expect(dts).toEqual([...new Set(dts)].toSorted((one, other) => one - other));
  });

  it("keeps what the source says of itself, as a file in one piece does", async () => {
    const path = await joinPart(directory.path, chunks, 0, { video, audio, audioPath });
    expect(await probeEntry(path, "v:0", "format_tags=title")).toBe("A title");
    expect(await probeEntry(path, "v:0", "stream_tags=language")).toBe("fra");
    expect(await probeEntry(path, "v:0", "format=nb_streams")).toBe("2");
  });

  it.each(["flash.mp4", "flash.ts", "flash.mkv"])("keeps flash and beep of %s together", async (name) => {
    const flash = "color=black:s=160x90:r=25:d=6,drawbox=t=fill:color=white:enable='gte(t,4.2)'";
    const beep = "aevalsrc='if(gte(t,4.2),0.5*sin(2*PI*997*t),0)':s=48000:d=6";
    const path = await makeClip(directory.path, name, [
      ...[...lavfi(flash), ...lavfi(beep)],
      ...["-c:v", "libx264", "-g", "20", "-c:a", "aac", "-b:a", "192k"],
    ]);
    const flashing = await indexFrames(path);
    const [sound, list] = await Promise.all([
      encodeWhole(directory.path, path, { audio }),
      encodeChunks([35, 99], flashing),
    ]);
    const joined = await joinPart(directory.path, list, 0, { video, audio, audioPath: sound });
    const [lumas, times] = await Promise.all([frameLumas(joined), frameTimes(joined)]);
    const seen = times[lumas.findIndex((luma) => luma > 128)] ?? Number.NaN;
    // The converted rate shows the flash up to half a frame early or late.
    expect(Math.abs(onsetSeconds(await samples(joined)) - seen)).toBeLessThan(0.02);
  });

  it("leaves nothing but the result on the disk and reports progress to the end", async () => {
    const { directory: own, fractions } = await join4(await asWorkFiles(chunks), FRAMES);
    expect(await readdir(own)).toEqual(["joined.mp4"]);
    expect(fractions.at(-1)).toBe(1);
  });

  it.each([
    ["is missing", [0, 1, 3]],
    ["comes twice", [0, 1, 1, 2, 3]],
    ["is out of order", [0, 2, 1, 3]],
    ["is missing at the end", [0, 1, 2]],
  ])("refuses a picture of which a chunk %s", async (_, order) => {
    const files = await asWorkFiles(chunks);
    const parts = order.flatMap((number) => files.slice(number, number + 1));
    await expect(join4(parts, FRAMES)).rejects.toMatchObject({ failure: { code: "output_check_failed" } });
  });

  it("refuses a chunk that is no fragmented file", async () => {
    const path = join(directory.path, "no-boxes.mp4");
    await writeFile(path, "\0\0\0\x07ftyp and what else there may be");
    const [first] = await asWorkFiles(chunks);
    const parts = first ? [first, { key: path, ...(await hashFile(path)) }] : [];
    await expect(join4(parts, FRAMES)).rejects.toMatchObject({ failure: { code: "output_check_failed" } });
  });

  it("takes a rendition that was encoded in one piece as it is", async () => {
    const whole = await encodeWhole(directory.path, index.path, { video });
    const ctx = await aWorkContext(directory.path);
    const file = { key: whole, ...(await hashFile(whole)) };
    const files = { type: "whole", file } as const;
    const gathered = await gatherRendition(files, ({ key }, path) => copyFile(key, path), ctx);
    const { path, ffprobe } = await joinRendition(aRenditionSpec({ video, audio: null }), gathered, ctx);
    expect((await hashFile(path)).sha256).toBe(file.sha256);
    expect(ffprobe.streams).toHaveLength(1);
  });
});
