import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  chunkTasks,
  cutBefore,
  encodeInChunks,
  encodeWhole,
  indexFrames,
  joinPart,
  runChunks,
  type FrameIndex,
} from "../../../support/chunked-encode.ts";
import {
  frameTimes,
  lavfi,
  makeClip,
  makeTestDirectory,
  packets,
  probeEntry,
  turnClip,
} from "../../../support/make-clip.ts";
import { lumaPlanes, numbered, psnr, shownNumbers } from "../../../support/numbered-clip.ts";
import { aFrame, aPictureSpec, aVideoSpec } from "../../../support/output-specs.ts";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
beforeAll(async () => {
  directory = await makeTestDirectory();
});
afterAll(() => directory.remove());

const clip = async (name: string, ...args: string[][]): Promise<FrameIndex> =>
  indexFrames(await makeClip(directory.path, name, args.flat()));

const SMALL = aFrame(160, 90);
const SHARP = { mode: "quality", crf: 8, maxrateBps: null } as const;
const kept = aVideoSpec({ picture: aPictureSpec({ frame: SMALL }), rate: SHARP });

/** Groups of 15 pictures with B-frames whose references reach over the keyframe. */
const OPEN_GOP_H264 = ["-c:v", "libx264", "-g", "15", "-bf", "3", "-x264-params", "open-gop=1:scenecut=0"];
const OPEN_GOP_H265 = [
  "-c:v",
  "libx265",
  "-g",
  "15",
  "-x265-params",
  "log-level=error:open-gop=1:scenecut=0",
];

const VARIABLE = ["-vf", "select='if(lt(t,1),1,not(mod(n,7)))'", "-fps_mode", "passthrough"];
const rated = (rate: string): string[] => [...lavfi(numbered(rate, 3)), ...OPEN_GOP_H264];
const fourSeconds = lavfi(numbered("25", 4));

/** Sources that more than one test looks at. */
const SOURCES: Record<string, string[]> = {
  "23.976.mp4": rated("24000/1001"),
  "24.mp4": rated("24"),
  "25.mp4": rated("25"),
  "29.97.mp4": rated("30000/1001"),
  "30.mp4": rated("30"),
  "50.mp4": rated("50"),
  "59.94.mp4": rated("60000/1001"),
  "variable.mp4": [...lavfi(numbered("60", 5)), ...VARIABLE, ...OPEN_GOP_H264],
  "open-gop-h265.mp4": [...fourSeconds, ...OPEN_GOP_H265],
  "open-gop-h264.ts": [...fourSeconds, ...OPEN_GOP_H264],
  "open-gop-h265.ts": [...fourSeconds, ...OPEN_GOP_H265],
  "open-gop-h264.mkv": [...fourSeconds, ...OPEN_GOP_H264],
  "late-start.ts": [...fourSeconds, ...OPEN_GOP_H264, "-output_ts_offset", "5000"],
};
const made = new Map<string, Promise<FrameIndex>>();

function source(name: string): Promise<FrameIndex> {
  const index = made.get(name) ?? clip(name, SOURCES[name] ?? []);
  made.set(name, index);
  return index;
}

/** One before, at and behind a keyframe, and somewhere in a group of pictures. */
function cutsAround({ isKey }: FrameIndex): number[] {
  const keys = isKey.flatMap((key, frame) => (key && frame > 0 ? [frame] : []));
  const [one = 15, two = 30, three = 45] = keys;
  return [one - 1, two, three + 1, three + 8];
}

/** Every frame of the source, once, in order, at its time. */
async function expectSameFrames(index: FrameIndex, path: string): Promise<void> {
  expect(await shownNumbers(path)).toEqual(await shownNumbers(index.path));
  const times = await frameTimes(path);
  expect(times).toHaveLength(index.ticks.length);
  const wrong = times.findIndex(
    (time, frame) => Math.abs(time - ((index.ticks[frame] ?? 0) - index.zeroTicks) / 360_000) > 0.000_01,
  );
  expect(wrong).toBe(-1);
}

describe("encodeChunk", () => {
  it.each(["23.976.mp4", "24.mp4", "25.mp4", "29.97.mp4", "30.mp4", "50.mp4", "59.94.mp4"])(
    "loses, doubles and swaps no frame of %s",
    async (name) => {
      const index = await source(name);
      const { path, chunks } = await encodeInChunks(directory.path, index, cutsAround(index), kept);
      await expectSameFrames(index, path);
      expect(new Set(chunks.flatMap(({ parts }) => parts.map((part) => part.extradataHash))).size).toBe(1);
    },
  );

  it.each([
    "open-gop-h265.mp4",
    "open-gop-h264.ts",
    "open-gop-h265.ts",
    "open-gop-h264.mkv",
    "late-start.ts",
  ])("finds every frame of %s", async (name) => {
    const index = await source(name);
    const { path, chunks } = await encodeInChunks(directory.path, index, cutsAround(index), kept);
    await expectSameFrames(index, path);
    expectSeamsToMatch(chunks);
  });

  it("keeps the frames and times of a variable rate", async () => {
    const index = await source("variable.mp4");
    const { path } = await encodeInChunks(directory.path, index, [...cutsAround(index), 60], kept);
    await expectSameFrames(index, path);
  });

  it("shows only what an edit list shows", async () => {
    const whole = await makeClip(directory.path, "long.mp4", [...lavfi(numbered("25", 5)), ...OPEN_GOP_H264]);
    // A cut within a group of pictures: the hidden frames before it stay in the file.
    const index = await clip("edited.mp4", ["-ss", "1.4", "-i", whole, "-c", "copy"]);
    const { path } = await encodeInChunks(directory.path, index, cutsAround(index), kept);
    await expectSameFrames(index, path);
  });

  it("shows the first picture from zero on where it is meant to come later than the sound", async () => {
    const late = ["-vf", "setpts=PTS+0.6/TB", "-fps_mode", "passthrough", "-c:a", "aac"];
    const sources = [...lavfi(numbered("25", 3)), ...lavfi("sine=d=3")];
    const index = await clip("late-picture.mp4", sources, late, OPEN_GOP_H264);
    const { path } = await encodeInChunks(directory.path, index, cutsAround(index), kept);
    const times = await frameTimes(path);
    expect(await shownNumbers(path)).toEqual(await shownNumbers(index.path));
    expect(times.slice(0, 3)).toEqual([0, expect.closeTo(0.64, 5), expect.closeTo(0.68, 5)]);
    const fixed = aVideoSpec({
      picture: aPictureSpec({ frame: SMALL }),
      rate: SHARP,
      frameRate: { num: 25, den: 1 },
    });
    await expectLikeWhole(index, fixed);
  });

  it("turns a picture upright once", async () => {
    const index = await clip("turned.mp4", lavfi("testsrc2=s=160x90:r=25:d=3"), OPEN_GOP_H264);
    await turnClip(index.path, 90);
    const upright = aVideoSpec({ picture: aPictureSpec({ frame: aFrame(90, 160) }), rate: SHARP });
    const { path } = await encodeInChunks(directory.path, index, [30], upright);
    expect(await probeEntry(path, "v:0", "stream_side_data=rotation")).toBe("");
    const whole = await encodeWhole(directory.path, index.path, { video: upright });
    const [chunked, single] = await Promise.all([path, whole].map((file) => lumaPlanes(file, 90 * 160)));
    for (const frame of [0, 29, 30, 74]) {
      expect(psnr(chunked?.[frame] ?? NOTHING, single?.[frame] ?? NOTHING)).toBeGreaterThan(40);
    }
  });

  it.each([
    ["variable.mp4", { num: 25, den: 1 }],
    ["50.mp4", { num: 24000, den: 1001 }],
    ["24.mp4", { num: 60, den: 1 }],
    ["late-start.ts", { num: 30000, den: 1001 }],
  ])("converts %s to another rate exactly as one piece would be", async (name, frameRate) => {
    const index = await source(name);
    await expectLikeWhole(
      index,
      aVideoSpec({ picture: aPictureSpec({ frame: SMALL }), rate: SHARP, frameRate }),
    );
  });

  it.each([null, { num: 30000, den: 1001 }])(
    "places the keyframes of a packaged picture where one piece has them, at rate %o",
    async (frameRate) => {
      const index = await clip("packaged.mp4", lavfi(numbered("30000/1001", 9)), OPEN_GOP_H264);
      const onGrid = index.ticks.flatMap((_, frame) =>
        frame > 0 && cutBefore(index, frame).isOnGrid ? [frame] : [],
      );
      expect(onGrid.length).toBeGreaterThan(2);
      const video = aVideoSpec({
        picture: aPictureSpec({ frame: SMALL }),
        frameRate,
        keyframeIntervalSeconds: 2,
      });
      const [first = 0, , third = 0] = onGrid;
      const { path } = await encodeInChunks(directory.path, index, [first, third], video);
      const whole = await encodeWhole(directory.path, index.path, { video });
      const keysOf = async (file: string) =>
        (await packets(file, "v:0")).filter(({ isKey }) => isKey).map(({ ptsSeconds }) => ptsSeconds);
      expect(await keysOf(path)).toEqual(await keysOf(whole));
      expect(await keysOf(path)).toHaveLength(5);
    },
  );

  it("encodes every part from the same frames, and hands on what the decoder made of those at the edges", async () => {
    const index = await source("29.97.mp4");
    const half = aVideoSpec({
      picture: aPictureSpec({ frame: aFrame(80, 46) }),
      rate: SHARP,
      frameRate: { num: 15, den: 1 },
    });
    const cuts = cutsAround(index);
    const chunks = await runChunks(directory.path, index.path, chunkTasks(index, cuts, [kept, half]));
    expectSeamsToMatch(chunks);
    expect(chunks[0]?.seam.first).toBeNull();
    expect(chunks.at(-1)?.seam.next).toBeNull();
    await expectSameFrames(index, await joinPart(directory.path, chunks, 0, { video: kept }));
    const whole = await encodeWhole(directory.path, index.path, { video: half });
    const joined = await joinPart(directory.path, chunks, 1, { video: half });
    expect(await shownNumbers(joined)).toEqual(await shownNumbers(whole));
  });

  it("encodes the frames after an edge as faithfully as all others", async () => {
    const index = await source("open-gop-h265.ts");
    const cuts = cutsAround(index);
    const { path } = await encodeInChunks(directory.path, index, cuts, kept);
    const [before, after] = await Promise.all([index.path, path].map((file) => lumaPlanes(file, 160 * 90)));
    for (const frame of cuts.flatMap((cut) => [cut, cut + 1, cut + 2])) {
      expect(psnr(before?.[frame] ?? NOTHING, after?.[frame] ?? NOTHING)).toBeGreaterThan(45);
    }
  });

  it("writes equal headers whatever the budget of a chunk", async () => {
    const index = await source("25.mp4");
    const tasks = [60_000, 400_000, 900_000].flatMap((bitrateBps) => {
      const rate = { mode: "bitrate", bitrateBps, maxrateBps: 1_000_000, passes: 1 } as const;
      return chunkTasks(index, [30], [aVideoSpec({ picture: aPictureSpec({ frame: SMALL }), rate })]);
    });
    const chunks = await runChunks(directory.path, index.path, tasks);
    expect(new Set(chunks.flatMap(({ parts }) => parts.map((part) => part.extradataHash))).size).toBe(1);
  });

  it.each([1, 2] as const)("lands on the budget of a chunk in %i passes", async (passes) => {
    const noise = "testsrc2=s=320x180:r=25:d=12,noise=alls=20:allf=t";
    const index = await clip("noise.mp4", lavfi(noise), ["-c:v", "libx264", "-preset", "ultrafast"]);
    const rate = { mode: "bitrate", bitrateBps: 400_000, maxrateBps: 600_000, passes } as const;
    const video = aVideoSpec({ picture: aPictureSpec({ frame: aFrame(320, 180) }), rate });
    const { path } = await encodeInChunks(directory.path, index, [150], video);
    const bitrate = Number(await probeEntry(path, "v:0", "stream=bit_rate"));
    expect(Math.abs(bitrate / 400_000 - 1)).toBeLessThan(0.06);
  });

  it("notices a seek that went wrong and decodes from the beginning instead", async () => {
    const index = await source("open-gop-h264.ts");
    const tasks = chunkTasks(index, [37], [kept]);
    const behind = index.ticks[50] ?? Number.NaN;
    const misled = tasks.map((task) => ({
      ...task,
      start: task.start && { ...task.start, keyTicks: behind, previousKeyTicks: behind },
    }));
    const [right, chunks] = await Promise.all(
      [tasks, misled].map((list) => runChunks(directory.path, index.path, list)),
    );
    expect(chunks?.map(({ seam }) => seam)).toEqual(right?.map(({ seam }) => seam));
    await expectSameFrames(index, await joinPart(directory.path, chunks ?? [], 0, { video: kept }));
  });

  it("fails when even the exact way does not give the planned frames", async () => {
    const index = await source("25.mp4");
    const [, middle] = chunkTasks(index, [20, 40], [kept]);
    const parts = middle?.parts.map((part) => ({ ...part, endFrame: 41 })) ?? [];
    const wrong = middle ? [{ ...middle, parts }] : [];
    await expect(runChunks(directory.path, index.path, wrong)).rejects.toMatchObject({
      failure: { code: "output_check_failed" },
    });
  });

  it("does not call a source damaged for frames that it lacks within: in one piece it may still be encoded", async () => {
    const index = await source("open-gop-h264.ts");
    const file = await readFile(index.path);
    // The next packet of each stream then tells of a gap.
    const torn = Buffer.concat([file.subarray(0, 188 * 40), file.subarray(188 * 43)]);
    const path = join(directory.path, "torn.ts");
    await writeFile(path, torn);
    const [, middle] = chunkTasks(index, [20, 40], [kept]);
    const parts = middle?.parts.map((part) => ({ ...part, endFrame: 41 })) ?? [];
    const wrong = middle ? [{ ...middle, parts }] : [];
    await expect(runChunks(directory.path, path, wrong)).rejects.toMatchObject({
      failure: { code: "output_check_failed" },
      log: expect.stringContaining("corrupt"),
    });
  });

  it("calls a source damaged that breaks off in a chunk", async () => {
    const index = await clip("cut-off.mp4", lavfi(numbered("25", 6)), OPEN_GOP_H264, [
      "-movflags",
      "+faststart",
    ]);
    await truncate(index.path, Math.round((await stat(index.path)).size / 2));
    const tasks = chunkTasks(index, [30], [kept]);
    await expect(runChunks(directory.path, index.path, tasks)).rejects.toMatchObject({
      failure: { code: "source_not_media" },
    });
  });
});

const NOTHING = Buffer.alloc(0);

/** The fixed-rate picture in chunks has the frames of one that was encoded in one piece. */
async function expectLikeWhole(index: FrameIndex, video: ReturnType<typeof aVideoSpec>): Promise<void> {
  const [chunked, whole] = await Promise.all([
    encodeInChunks(directory.path, index, cutsAround(index), video),
    encodeWhole(directory.path, index.path, { video }),
  ]);
  expect(await shownNumbers(chunked.path)).toEqual(await shownNumbers(whole));
  const times = await frameTimes(whole);
  expect(await frameTimes(chunked.path)).toEqual(times.map((time) => expect.closeTo(time, 5)));
}

function expectSeamsToMatch(chunks: Awaited<ReturnType<typeof runChunks>>): void {
  chunks.slice(1).forEach(({ seam }, number) => {
    expect(seam.first).toMatch(/^-?\d+:\d+:[0-9a-f]{32}$/);
    expect(seam.first).toBe(chunks[number]?.seam.next);
  });
}
