import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ImageSpec } from "../../../../encoder/contract/output-spec.ts";
import { takeImages } from "../../../../encoder/run/take-images.ts";
import { thumbnailsVtt } from "../../../../worker/domain/plan/thumbnails-vtt.ts";
import { firstPicture, lavfi, makeClip, makeTestDirectory, probeEntry } from "../../../support/make-clip.ts";
import { numbered, shownNumbers, type Area } from "../../../support/numbered-clip.ts";
import { aFrame, aJpegPicture, anImageSpec, aStillPicture } from "../../../support/output-specs.ts";
import { sourceAt } from "../../../support/source-at.ts";
import { aWorkContext, NO_WATERMARKS } from "../../../support/work-context.ts";

/** Odd sides: tiles begin at odd places. */
const TILE = aFrame(161, 91);
const FORMATS = ["jpg", "png", "webp"] as const;

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** 8 s at 25 numbered frames a second. */
let clock: string;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const encoder = ["-c:v", "libx264", "-crf", "10", "-g", "60", "-bf", "3"];
  clock = await makeClip(directory.path, "clock.mp4", [...lavfi(numbered("25", 8)), ...encoder]);
});
afterAll(() => directory.remove());

async function takeSprites(sourcePath: string, image: ImageSpec) {
  const ctx = await aWorkContext(directory.path);
  const source = await sourceAt(sourcePath);
  const paths = await takeImages({ source, image, threads: 1, watermarks: NO_WATERMARKS }, ctx);
  return { paths, fractions: ctx.fractions };
}

const frameAt = (seconds: number) => Math.floor(seconds * 25 + 1e-6);

function aSprite(format: ImageSpec["format"], sprite: ImageSpec["sprite"], atSeconds: number[]): ImageSpec {
  const still = format === "jpg" ? aJpegPicture : aStillPicture;
  return anImageSpec({ format, picture: still({ frame: TILE }), sprite, atSeconds });
}

/** WebVTT as a player reads it: blank lines part blocks, `-->` marks cues. */
function readCues(text: string): { startSeconds: number; endSeconds: number; target: string }[] {
  expect(text).toMatch(/^WEBVTT\n\n/);
  return text
    .split(/\n{2,}/)
    .filter((block) => block.includes(" --> "))
    .map((block) => {
      const [, start = "", end = "", target = ""] = /^(\S+) --> (\S+)\n(\S+)\n?$/.exec(block) ?? [];
      return { startSeconds: secondsOf(start), endSeconds: secondsOf(end), target };
    });
}

function secondsOf(clockTime: string): number {
  const [, hours, minutes, seconds] = /^(\d{2,}):([0-5]\d):([0-5]\d\.\d{3})$/.exec(clockTime) ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function areaOf(target: string): { file: string; area: Area } {
  const [file = "", place = ""] = target.split("#xywh=");
  const [x = 0, y = 0, width = 0, height = 0] = place.split(",").map(Number);
  return { file, area: { x, y, width, height } };
}

describe("takeImages of a sprite", () => {
  it.each(FORMATS)("leads a player from each moment to the right tile of its %s files", async (format) => {
    const atSeconds = [0, 1.2, 2.4, 3.6, 4.8, 6, 7.2];
    const image = aSprite(format, { columns: 2, tilesPerFile: 4 }, atSeconds);
    const { paths, fractions } = await takeSprites(clock, image);
    const sizes = await Promise.all(paths.map((path) => probeEntry(path, "v:0", "stream=width,height")));
    expect(sizes).toEqual(["322,182", "322,182"]);
    const keys = paths.map((_, index) => `s/${index + 1}.${format}`);
    const cues = readCues(thumbnailsVtt({ image, keys, vtt: { key: "s/s.vtt", durationSeconds: 8 } }));
    expect(cues).toHaveLength(atSeconds.length);
    for (const [index, { startSeconds, endSeconds, target }] of cues.entries()) {
      expect([startSeconds, endSeconds]).toEqual([atSeconds[index], atSeconds[index + 1] ?? 8]);
      const { file, area } = areaOf(target);
      const path = paths[keys.indexOf(`s/${file}`)] ?? "";
      expect(await shownNumbers(path, area)).toEqual([frameAt(startSeconds)]);
    }
    expect(fractions).toEqual(fractions.toSorted((one, other) => one - other));
    expect(fractions.at(-1)).toBe(1);
  });

  it("has only as many rows as it needs, in a long series too", async () => {
    const atSeconds = Array.from({ length: 33 }, (_, index) => index * 0.2);
    const image = aSprite("png", { columns: 4, tilesPerFile: 28 }, atSeconds);
    const { paths } = await takeSprites(clock, image);
    const sizes = await Promise.all(paths.map((path) => probeEntry(path, "v:0", "stream=width,height")));
    expect(sizes).toEqual(["644,637", "644,182"]);
    const at = (column: number, row: number) => ({ x: column * 161, y: row * 91, width: 161, height: 91 });
    const [first = "", second = ""] = paths;
    expect(await shownNumbers(first, at(3, 6))).toEqual([frameAt(27 * 0.2)]);
    expect(await shownNumbers(second, at(0, 1))).toEqual([frameAt(32 * 0.2)]);
    // What is left of the last row.
    expect((await firstPicture(second)).at(161 + 80, 91 + 45)).toEqual({ red: 0, green: 0, blue: 0 });
  });

  it("is transparent where tiles and the rest of the last row are", async () => {
    const see = `color=red:s=64x64:r=25:d=1,format=rgba,geq=r=255:g=0:b=0:a='if(lt(X,32),255,0)'`;
    const source = await makeClip(directory.path, "see-through.mov", [
      ...[...lavfi(see), "-c:v", "qtrle", "-pix_fmt", "argb"],
    ]);
    const picture = aStillPicture({ pixelFormat: "rgba" });
    const sprite = { columns: 2, tilesPerFile: 3 };
    for (const format of ["png", "webp"] as const) {
      const { paths } = await takeSprites(
        source,
        anImageSpec({ format, picture, sprite, atSeconds: [0, 0.2, 0.4] }),
      );
      const alpha = await makeClip(directory.path, `alpha-${format}.png`, [
        ...["-i", paths[0] ?? "", "-vf", "alphaextract,format=gray"],
      ]);
      const seen = await firstPicture(alpha);
      expect([seen.at(16, 32).red, seen.at(48, 32).red, seen.at(80, 96).red]).toEqual([255, 0, 0]);
    }
  });
});
