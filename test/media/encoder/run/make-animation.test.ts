import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnimationSpec } from "../../../../encoder/contract/output-spec.ts";
import { makeAnimation } from "../../../../encoder/run/make-animation.ts";
import {
  firstPicture,
  frameTimes,
  lavfi,
  makeClip,
  makeTestDirectory,
  probeEntry,
} from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import { aFrame, anAnimationSpec, aStillPicture } from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { readWebpAnimation, webpFramesAsClip } from "../../../support/webp-animation.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

const PICTURE = aStillPicture({ frame: aFrame(160, 90) });

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** 8 s at 25 numbered frames a second, with B frames and few keyframes. */
let clock: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const encoder = ["-c:v", "libx264", "-crf", "10", "-g", "60", "-bf", "3"];
  clock = await makeClip(directory.path, "clock.mp4", [...lavfi(numbered("25", 8)), ...encoder]);
});
afterAll(() => directory.remove());

async function animate(
  sourcePath: string,
  animation: Partial<AnimationSpec>,
  watermarks = NO_WATERMARKS,
): Promise<{ path: string; fractions: number[] }> {
  const ctx = await aWorkContext(directory.path);
  const path = await makeAnimation(
    {
      source: await sourceAt(sourcePath),
      animation: anAnimationSpec({ picture: PICTURE, ...animation }),
      threads: 1,
      watermarks,
    },
    ctx,
  );
  return { path, fractions: ctx.fractions };
}

const EXCERPTS = [
  { startSeconds: 1.02, durationSeconds: 0.5 },
  { startSeconds: 5, durationSeconds: 0.6 },
  { startSeconds: 7.8, durationSeconds: 0.2 },
];
/** Frames of the source at ten moments a second. */
const EXPECTED = EXCERPTS.flatMap(({ startSeconds, durationSeconds }) =>
  Array.from({ length: Math.round(durationSeconds * 10) }, (_, index) =>
    Math.floor((startSeconds + index / 10) * 25 + 1e-6),
  ),
);

describe("makeAnimation", () => {
  it("shows the frames of all excerpts in a GIF, ten a second, for ever", async () => {
    const { path, fractions } = await animate(clock, { excerpts: EXCERPTS });
    expect(await shownNumbers(path)).toEqual(EXPECTED);
    expect(await probeEntry(path, "v:0", "stream=codec_name,width,height")).toBe("gif,160,90");
    expect((await frameTimes(path)).map((at) => Math.round(at * 100))).toEqual(
      EXPECTED.map((_, index) => 10 * index),
    );
    const file = await readFile(path);
    const loop = file.indexOf("NETSCAPE2.0");
    // Application data block: 3 bytes, of which the last two count the repetitions.
    expect([...file.subarray(loop + 11, loop + 15)]).toEqual([3, 1, 0, 0]);
    expect(fractions).toEqual(fractions.toSorted((one, other) => one - other));
    expect(fractions.at(-1)).toBe(1);
  });

  it("shows them in an animated WebP just so", async () => {
    const { path } = await animate(clock, { format: "webp", excerpts: EXCERPTS });
    const animation = await readWebpAnimation(await readFile(path));
    expect(animation).toMatchObject({ widthPx: 160, heightPx: 90, loopCount: 0 });
    expect(animation.frames.map(({ durationMs }) => durationMs)).toEqual(EXPECTED.map(() => 100));
    const frames = await webpFramesAsClip(animation, directory.path);
    expect(await shownNumbers(frames)).toEqual(EXPECTED);
  });

  it("has colours of every excerpt in its palette", async () => {
    const half = (colour: string) => `color=${colour}:s=64x64:r=25:d=1`;
    const source = await makeClip(directory.path, "colours.mkv", [
      ...[...lavfi(half("0xE03010")), ...lavfi(half("0x1040D0"))],
      ...["-filter_complex", "concat", "-c:v", "ffv1", "-pix_fmt", "gbrp"],
    ]);
    const { path } = await animate(source, {
      picture: aStillPicture({ sourceColour: aStillPicture().colour }),
      excerpts: [
        { startSeconds: 0, durationSeconds: 0.2 },
        { startSeconds: 1.5, durationSeconds: 0.2 },
      ],
    });
    const seen = await Promise.all(
      [0, 3].map(async (frame) => {
        const still = await makeClip(directory.path, `still-${frame}.png`, [
          ...["-i", path, "-vf", `select=eq(n\\,${frame})`, "-frames:v", "1"],
        ]);
        const { red, green, blue } = (await firstPicture(still)).at(32, 32);
        return [red, green, blue].map((value) => Math.round(value / 16));
      }),
    );
    expect(seen).toEqual([
      [14, 3, 1],
      [1, 4, 13],
    ]);
  });

  it("lays its watermark over every frame", async () => {
    const mark = await makeClip(directory.path, "mark.png", [
      ...[...lavfi("color=lime:s=40x40"), "-frames:v", "1"],
    ]);
    const watermarks = { ...NO_WATERMARKS, urls: new Map([[0, `file:${mark}`]]) };
    const place = { maxWidthPx: 20, maxHeightPx: 20, marginXPx: 4, marginYPx: 4 };
    const picture = { ...PICTURE, watermark: { source: 0, position: "bottomleft" as const, ...place } };
    const { path } = await animate(clock, { picture, excerpts: EXCERPTS }, watermarks);
    const corner = await makeClip(directory.path, "corner.mkv", [
      ...["-i", path, "-vf", "crop=16:16:6:68:exact=1,scale=1:1:flags=area,format=rgb24"],
      ...["-f", "rawvideo", "-fps_mode", "passthrough"],
    ]);
    const pixels = await readFile(corner);
    expect(pixels).toHaveLength(3 * EXPECTED.length);
    for (let frame = 0; frame < EXPECTED.length; frame++) {
      const [red = 255, green = 0, blue = 255] = pixels.subarray(3 * frame);
      expect([red < 40, green > 215, blue < 40]).toEqual([true, true, true]);
    }
  });

  it("is one picture of a source of one frame", async () => {
    const still = await makeClip(directory.path, "still.mp4", [
      ...[...lavfi(numbered("25", 1)), "-frames:v", "1", "-c:v", "libx264", "-crf", "10"],
    ]);
    const excerpts = [{ startSeconds: 0, durationSeconds: 0.1 }];
    expect(await shownNumbers((await animate(still, { excerpts })).path)).toEqual([0]);
    const webp = await readFile((await animate(still, { format: "webp", excerpts })).path);
    expect(webp.subarray(0, 4).toString()).toBe("RIFF");
  });

  it("refuses an excerpt after the end", async () => {
    const excerpts = [{ startSeconds: 60, durationSeconds: 1 }];
    await expect(animate(clock, { excerpts })).rejects.toMatchObject({
      failure: { code: "output_frame_missing" },
    });
  });
});
