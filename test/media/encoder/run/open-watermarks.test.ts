import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPublicDialer } from "../../../../encoder/source/public-dialer.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { openWatermarks, type WatermarkRun, watermarkUrl } from "../../../../encoder/run/open-watermarks.ts";
import { serveBytes } from "../../../support/local-server.ts";
import { lavfi, makeClip, makeTestDirectory } from "../../../support/make-clip.ts";
import { aPictureSpec } from "../../../support/output-specs.ts";
import { A_JOB, failureOf, never } from "../../../support/source-rig.ts";
import type { SourceCache } from "../../../../encoder/source/source-cache.ts";
import { sourceTest } from "../../../support/source-test.ts";

const tools = await locateFfmpeg();
const { serve, rigFor, cleanup } = sourceTest();

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let png: Buffer;
let jpeg: Buffer;
beforeAll(async () => {
  directory = await makeTestDirectory();
  png = await picture("mark.png", "testsrc2=s=64x32,format=rgba");
  jpeg = await picture("mark.jpg", "testsrc2=s=64x32,format=yuvj420p");
});
afterAll(() => directory.remove());

const picture = async (name: string, graph: string, ...args: string[]): Promise<Buffer> =>
  readFile(await makeClip(directory.path, name, [...lavfi(graph), "-frames:v", "1", ...args]));

const serveFile = (bytes: Uint8Array) => serve((request, response) => serveBytes(request, response, bytes));

async function aRun(sources: SourceCache): Promise<WatermarkRun> {
  const own = await mkdtemp(path.join(os.tmpdir(), "copra-marks-"));
  cleanup(() => rm(own, { recursive: true, force: true }));
  return { services: { tools, sources }, directory: own, signal: never };
}

/** The failure of opening one mark that a server serves like this. */
async function failureWith(bytes: Uint8Array): Promise<unknown> {
  const server = await serveFile(bytes);
  const { cache } = await rigFor();
  return failureOf(openWatermarks(A_JOB, [server.origin], new Set([0]), await aRun(cache)));
}

describe("openWatermarks", () => {
  it("gives FFmpeg the fetched files of the marks that are needed, by their numbers", async () => {
    const servers = [await serveFile(png), await serveFile(png), await serveFile(jpeg)];
    const { cache } = await rigFor();
    const run = await aRun(cache);
    const urls = servers.map(({ origin }) => origin);
    const marks = await openWatermarks(A_JOB, urls, new Set([0, 2]), run);
    expect([...marks.urls.keys()]).toEqual([0, 2]);
    expect(await readFile((marks.urls.get(0) ?? "").replace("file:", ""))).toEqual(png);
    expect(await readFile((marks.urls.get(2) ?? "").replace("file:", ""))).toEqual(jpeg);
    expect(servers.map(({ requests }) => requests.length)).toEqual([1, 0, 1]);
    marks.release();
    expect(await readdir(run.directory)).toEqual([]);
  });

  it("fetches nothing when no picture has a mark", async () => {
    const server = await serveFile(png);
    const { cache } = await rigFor();
    expect((await openWatermarks(A_JOB, [server.origin], new Set(), await aRun(cache))).urls.size).toBe(0);
    expect(server.requests).toHaveLength(0);
  });

  it("says that the mark, and not the input, is not there", async () => {
    const server = await serve((_, response) => response.writeHead(404).end());
    const { cache } = await rigFor();
    const opened = openWatermarks(A_JOB, [server.origin], new Set([0]), await aRun(cache));
    expect(await failureOf(opened)).toEqual({ code: "watermark_unreachable", httpStatus: 404 });
  });

  it("refuses private addresses as sources do", async () => {
    const server = await serveFile(png);
    const dispatcher = createPublicDialer({ allowPrivateNetwork: false });
    const { cache } = await rigFor({ dispatcher });
    const opened = openWatermarks(A_JOB, [server.origin], new Set([0]), await aRun(cache));
    expect(await failureOf(opened)).toEqual({ code: "watermark_address_forbidden" });
    expect(server.requests).toHaveLength(0);
  });

  it("takes no more than 10 MiB, whether the server says how much there is or not", async () => {
    const large = Buffer.concat([png, Buffer.alloc(10 * 1024 ** 2)]);
    const tooLarge = { code: "watermark_too_large", limit: "10 MiB" };
    expect(await failureWith(large)).toEqual(tooLarge);
    const server = await serve((_, response) => {
      // No length: the body ends with the connection.
      response.writeHead(200, { "transfer-encoding": "chunked" }).end(large);
    });
    const { cache } = await rigFor();
    const opened = openWatermarks(A_JOB, [server.origin], new Set([0]), await aRun(cache));
    expect(await failureOf(opened)).toEqual(tooLarge);
  });

  it("refuses a small file that unpacks into a huge picture", async () => {
    const bomb = await picture("bomb.png", "color=black:s=5000x5000,format=gray");
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await failureWith(bomb)).toEqual({ code: "watermark_too_large", limit: "4096x4096 pixels" });
  });

  it("refuses what is no PNG or JPEG", async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>';
    const files: [string, Uint8Array][] = [
      ["SVG", Buffer.from(svg)],
      ["PDF", Buffer.from("%PDF-1.7\n")],
      ["GIF", await picture("mark.gif", "testsrc2=s=64x32")],
      ["WebP", await picture("mark.webp", "testsrc2=s=64x32")],
      ["an animated PNG", await readFile(await apng())],
      ["HTML", Buffer.from("<!doctype html>")],
      ["a playlist", Buffer.from("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")],
      ["a PNG that is cut off", png.subarray(0, Math.floor(png.length / 2))],
      ["a PNG of nonsense", Buffer.concat([png.subarray(0, 60), Buffer.alloc(400, 7)])],
      ["JPEG's first bytes and nothing else", Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
      ["an empty file", Buffer.alloc(0)],
    ];
    for (const [name, bytes] of files) {
      expect([name, await failureWith(bytes)]).toEqual([name, { code: "watermark_not_an_image" }]);
    }
  });

  it("leaves nothing behind when one of several fails", async () => {
    const [good, bad] = [await serveFile(png), await serveFile(Buffer.from("nothing"))];
    const { cache } = await rigFor();
    const run = await aRun(cache);
    await failureOf(openWatermarks(A_JOB, [good.origin, bad.origin], new Set([0, 1]), run));
    expect(await readdir(run.directory)).toEqual([]);
  });

  it("ends with its task", async () => {
    const server = await serve(() => undefined);
    const { cache } = await rigFor();
    const controller = new AbortController();
    const run = { ...(await aRun(cache)), signal: controller.signal };
    const opened = openWatermarks(A_JOB, [server.origin], new Set([0]), run);
    controller.abort(new Error("cancelled"));
    await expect(opened).rejects.toThrow("cancelled");
  });
});

describe("watermarkUrl", () => {
  it("is that of the picture's mark, and null for a picture without one", () => {
    const marks = { urls: new Map([[3, "file:/marks/3"]]), release: () => undefined };
    const box = { maxWidthPx: 1, maxHeightPx: 1, marginXPx: 0, marginYPx: 0 };
    const watermark = { source: 3, position: "topleft", ...box } as const;
    expect(watermarkUrl(aPictureSpec({ watermark }), marks)).toBe("file:/marks/3");
    expect(watermarkUrl(aPictureSpec(), marks)).toBeNull();
    expect(() => watermarkUrl(aPictureSpec({ watermark: { ...watermark, source: 4 } }), marks)).toThrow(
      "not open",
    );
  });
});

function apng(): Promise<string> {
  return makeClip(directory.path, "moving.apng", [
    ...lavfi("testsrc2=s=64x32:d=0.2"),
    "-f",
    "apng",
    "-plays",
    "0",
  ]);
}
