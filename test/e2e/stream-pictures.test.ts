/** The pictures of streams whose source is turned or stretched, and the thumbnails beside them. */
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectWholeLadders, joinTrack } from "../support/decoded-stream.ts";
import { firstPicture, type Pixel, probeEntry } from "../support/make-clip.ts";
import { shownNumbers } from "../support/numbered-clip.ts";
import { BOTH, LADDER, linksOf, startStreamBed, type StreamBed } from "../support/stream-bed.ts";
import { CORNERS_SECONDS, CORNERS_SIZE, SHORT_SECONDS } from "../support/stream-clips.ts";
import { childrenOf, type DashManifest, readManifest } from "../support/stream-lint/read-manifest.ts";

const RATE = 25;

let bed: StreamBed;

beforeAll(async () => {
  bed = await startStreamBed(["silent.mp4", "turned.mp4", "stretched.mp4"]);
}, 120_000);

afterAll(() => bed?.close());

const nameOf = ({ red, green, blue }: Pixel): string =>
  [red, green, blue].map((level) => (level > 200 ? "1" : level < 55 ? "0" : "?")).join("");

/** Colours a twentieth from the corners, clockwise from the top left: bars would show. */
async function cornerColours(path: string, [width, height]: readonly [number, number]): Promise<string[]> {
  const { at } = await firstPicture(path);
  const [left, right] = [Math.round(width * 0.05), Math.round(width * 0.95)];
  const [top, bottom] = [Math.round(height * 0.05), Math.round(height * 0.95)];
  return [at(left, top), at(right, top), at(right, bottom), at(left, bottom)].map(nameOf);
}

const [RED, GREEN, BLUE, WHITE] = ["100", "010", "001", "111"];
const { widthPx, heightPx } = CORNERS_SIZE;

describe("the picture of a stream", () => {
  it.each([
    {
      about: "upright in the rungs that a portrait is worth, where the source is turned",
      source: "turned.mp4",
      variants: {},
      heights: [240, 360, 480],
      aspect: heightPx / widthPx,
      colours: [BLUE, RED, GREEN, WHITE],
    },
    {
      about: "in square pixels where the source's are wide",
      source: "stretched.mp4",
      variants: { variants: LADDER },
      heights: [54, 90],
      aspect: (widthPx * 16) / 11 / heightPx,
      colours: [RED, GREEN, WHITE, BLUE],
    },
  ])("is $about", async ({ source, variants, heights, aspect, colours }) => {
    const links = await bed.finishedStream(source, { ...BOTH, ...variants });
    const { hls, dash, hlsfmp4 } = await bed.validPackages(links);
    await expectWholeLadders([hls, dash, hlsfmp4], RATE * CORNERS_SECONDS);
    for (const [rung, heightPx] of heights.entries()) {
      const transport = join(hls?.directory ?? "", `media-${rung + 1}/stream.m3u8`);
      const fragments = await joinTrack(hlsfmp4, `video/avc1/${rung + 1}`);
      for (const path of [transport, fragments]) {
        const shape = await probeEntry(path, "v:0", "stream=width,height,sample_aspect_ratio");
        const [width, height, pixels] = shape.split(",");
        expect(Number(height)).toBe(heightPx);
        // Even numbers.
        expect(Math.abs(Number(width) - heightPx * aspect)).toBeLessThanOrEqual(1);
        expect(["1:1", "N/A"]).toContain(pixels);
        expect(await probeEntry(path, "v:0", "stream_side_data")).toBe("");
        expect(await cornerColours(path, [Number(width), heightPx])).toEqual(colours);
      }
    }
    for (const copy of [hls, hlsfmp4]) {
      const master = await readFile(copy?.manifestPath ?? "", "utf8");
      const said = [...master.matchAll(/^#EXT-X-STREAM-INF.*RESOLUTION=\d+x(\d+)/gm)];
      expect(said.map(([, height]) => Number(height))).toEqual(heights);
    }
  });
});

/** Everything that a player knows of thumbnails: where their files are, and how tiles lie in them. */
function imagesOf({ sets, durationSeconds }: DashManifest) {
  const [set] = sets.filter(({ attributes }) => attributes["contentType"] === "image");
  const [representation] = set?.representations ?? [];
  const [template] = set === undefined ? [] : childrenOf(set.node, "SegmentTemplate");
  const [grid] = representation === undefined ? [] : childrenOf(representation.node, "EssentialProperty");
  const [columns = Number.NaN, rows = Number.NaN] = (grid?.attributes["value"] ?? "").split("x").map(Number);
  const numberIn = (name: string) => Number(template?.attributes[name]);
  const secondsPerFile = numberIn("duration") / numberIn("timescale");
  return {
    mimeType: set?.attributes["mimeType"],
    template: template?.attributes["media"] ?? "",
    startNumber: numberIn("startNumber"),
    columns,
    rows,
    tileWidthPx: Number(representation?.attributes["width"]) / columns,
    tileHeightPx: Number(representation?.attributes["height"]) / rows,
    secondsPerTile: secondsPerFile / (columns * rows),
    fileCount: Math.ceil(durationSeconds / secondsPerFile),
  };
}

/** ISO 23009-1 §5.3.9.4.4. */
const fileName = (template: string, number: number): string =>
  template.replace(/\$Number(?:%0(\d+)d)?\$/, (_, digits: string | undefined) =>
    String(number).padStart(Number(digits ?? 1), "0"),
  );

describe("thumbnails in a DASH manifest", () => {
  it.each([
    { path: "/tiles/%02d.jpg", sprite: { limit: 6, columns: 3 }, files: 3 },
    { path: "/tiles.jpg", sprite: true, files: 1 },
  ])("are the job's sprites ($path): every moment has its tile", async ({ path, sprite, files }) => {
    const outputs = await bed.finishedOutputs("silent.mp4", {
      httpstream: { dash: { path: "/dash" }, variants: ["mp4:x54"] },
      "jpg:160x": { path, interval: 1, sprite },
    });
    const links = outputs.flatMap(linksOf);
    await bed.validPackages(links);
    const url = links[0]?.url ?? "";
    const images = imagesOf(readManifest(await (await fetch(url)).text(), url));
    expect(images).toMatchObject({
      ...{ mimeType: "image/jpeg", tileWidthPx: 160, tileHeightPx: 90, secondsPerTile: 1, fileCount: files },
    });
    const { columns, rows, tileWidthPx, tileHeightPx, fileCount, template, startNumber } = images;
    const directory = await mkdtemp(join(bed.directory, "tiles-"));
    const shown: number[][] = [];
    for (let file = 0; file < fileCount; file += 1) {
      const answer = await fetch(new URL(fileName(template, startNumber + file), url));
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
      const local = join(directory, `${file}.jpg`);
      await writeFile(local, Buffer.from(await answer.arrayBuffer()));
      const tiles = Math.min(columns * rows, SHORT_SECONDS - file * columns * rows);
      // The last file has no rows for what is not there.
      const size = [columns * tileWidthPx, Math.ceil(tiles / columns) * tileHeightPx];
      expect(await probeEntry(local, "v:0", "stream=width,height")).toBe(size.join());
      for (let tile = 0; tile < tiles; tile += 1) {
        const place = { x: (tile % columns) * tileWidthPx, y: Math.floor(tile / columns) * tileHeightPx };
        shown.push(await shownNumbers(local, { ...place, width: tileWidthPx, height: tileHeightPx }));
      }
    }
    expect(shown).toEqual(Array.from({ length: SHORT_SECONDS }, (_, second) => [RATE * second]));
  });
});
