import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { eventually } from "../../../support/eventually.ts";
import { serveBytes } from "../../../support/local-server.ts";
import { lavfi, makeClip, makeTestDirectory, SHARP_H264 } from "../../../support/make-clip.ts";
import { padMp4, type PaddedMp4 } from "../../../support/pad-mp4.ts";
import { seededRandom } from "../../../support/random.ts";
import { type RangeServer, startRangeServer } from "../../../support/range-server.ts";
import { KIB, MIB } from "../../../support/source-rig.ts";
import { sourceTest } from "../../../support/source-test.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
/** 12 s of noise at 25 frames a second, a keyframe every second: some 8 MB, the index at the front. */
let clipPath = "";
let clip: Buffer;
/** The same with its index at the end. */
let tailed: Buffer;
beforeAll(async () => {
  directory = await makeTestDirectory();
  const noise = [...lavfi("color=gray:s=160x90:r=25:d=12,noise=alls=90:allf=t"), ...SHARP_H264, "-g", "25"];
  clipPath = await makeClip(directory.path, "clip.mp4", [...noise, "-movflags", "+faststart"]);
  clip = await readFile(clipPath);
  tailed = await readFile(await makeClip(directory.path, "tailed.mp4", ["-i", clipPath, "-c", "copy"]));
});
afterAll(() => directory.remove());

const { serve, rigFor, cleanup } = sourceTest();

/** Serves a file that is too large to exist. */
async function serveMade({ sizeBytes, bytesAt }: PaddedMp4): Promise<RangeServer> {
  const server = await startRangeServer(sizeBytes, bytesAt);
  cleanup(server.close);
  return server;
}

/** One checksum per decoded frame. */
async function frames(url: string, before: string[] = [], after: string[] = []): Promise<string[]> {
  const input = ["-nostdin", "-v", "error", ...before, "-i", url, "-map", "0:v:0", ...after];
  const { stdout } = await execute(tools.ffmpegPath, [...input, "-f", "framemd5", "-"], {
    maxBuffer: 16 * MIB,
  });
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => line.split(",").at(-1)?.trim() ?? "");
}

describe("readOrigin", () => {
  it.each([1, 2, 3, 4, 5, 6])(
    "gives ten readers that jump about the right bytes, of a server that breaks off, with hardly any space (seed %i)",
    async (seed) => {
      const { below, chance } = seededRandom(seed);
      const server = await serve((request, response) => {
        const [first = 0, last = 0] = (request.headers.range ?? "").slice(6).split("-").map(Number);
        const part = clip.subarray(first, last + 1);
        const isBroken = chance(0.25);
        const headers = { etag: '"v1"', "content-length": part.length };
        const contentRange = `bytes ${first}-${first + part.length - 1}/${clip.length}`;
        response.writeHead(206, { ...headers, "content-range": contentRange });
        response.write(part.subarray(0, isBroken ? below(part.length) : part.length), () =>
          isBroken ? response.destroy() : response.end(),
        );
      });
      // Ten readers, and the four fetches that write.
      const rig = await rigFor({ scratchMaxBytes: 14 * 64 * KIB, limits: { maxTries: 20 } });
      const lease = await rig.open(server.origin);
      const readSpans = async (): Promise<void> => {
        for (let count = 0; count < 12; count += 1) {
          const startByte = below(clip.length);
          const endByte = startByte + below(400 * KIB);
          const bytes = await lease.read(startByte, endByte, AbortSignal.timeout(20_000));
          expect(bytes.equals(clip.subarray(startByte, endByte))).toBe(true);
        }
      };
      await Promise.all(Array.from({ length: 10 }, readSpans));
      expect(rig.scratch.usedBytes()).toBeLessThanOrEqual(14 * 64 * KIB);
    },
  );
});

describe("readOrigin, as ffmpeg reads", () => {
  it.each([
    ["at the front", () => clip],
    ["at the end", () => tailed],
  ])("decodes a source whose index lies %s to the same frames as the local file", async (_, bytes) => {
    const server = await serve((request, response) => serveBytes(request, response, bytes()));
    const lease = await (await rigFor()).open(server.origin);
    expect(await frames(lease.url)).toEqual(await frames(clipPath));
  });

  it("reads of 2 GB only the index and the span that is decoded", async () => {
    const padded = padMp4(clip, 200 * MIB);
    expect(padded.sizeBytes).toBeGreaterThan(1.2 * 1024 ** 3);
    const server = await serveMade(padded);
    const lease = await (await rigFor({ scratchMaxBytes: 8 * MIB })).open(server.origin);
    const span = await frames(lease.url, ["-ss", "6"], ["-frames:v", "25"]);
    expect(span).toEqual(await frames(clipPath, ["-ss", "6"], ["-frames:v", "25"]));
    expect(span).toHaveLength(25);
    expect(server.sentBytes()).toBeLessThan(8 * MIB);
  });

  it("decodes a source far larger than the scratch space completely, within that space", async () => {
    const scratchMaxBytes = 640 * KIB;
    expect(clip.length).toBeGreaterThan(8 * scratchMaxBytes);
    const rig = await rigFor({ scratchMaxBytes });
    let mostBytes = 0;
    let mostFiles = 0;
    const server = await serve((request, response) => {
      mostBytes = Math.max(mostBytes, rig.scratch.usedBytes());
      void rig.files().then((files) => {
        mostFiles = Math.max(mostFiles, files.length);
        serveBytes(request, response, clip);
      });
    });
    const lease = await rig.open(server.origin);
    // Twice: the second time begins with blocks that the first has pushed out.
    for (let round = 0; round < 2; round += 1) {
      expect(await frames(lease.url)).toEqual(await frames(clipPath));
    }
    expect(mostBytes).toBeGreaterThan(scratchMaxBytes / 2);
    expect(mostBytes).toBeLessThanOrEqual(scratchMaxBytes);
    expect(mostFiles * 64 * KIB).toBeLessThanOrEqual(scratchMaxBytes);
  });

  it("decodes for two tasks at once with one fetch of every byte", async () => {
    let sentBytes = 0;
    const server = await serve((request, response) => {
      const [first = 0, last = 0] = (request.headers.range ?? "").slice(6).split("-").map(Number);
      sentBytes += Math.min(clip.length, last + 1) - first;
      serveBytes(request, response, clip);
    });
    const rig = await rigFor();
    const leases = await Promise.all([rig.open(server.origin), rig.open(server.origin)]);
    const expected = await frames(clipPath);
    expect(await Promise.all(leases.map(({ url }) => frames(url)))).toEqual([expected, expected]);
    expect(sentBytes).toBeLessThan(1.1 * clip.length);
  });

  it("lets ffprobe and the first frames be had before the whole of a source without ranges is there", async () => {
    let finish = (): void => undefined;
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": clip.length }).write(clip.subarray(0, clip.length / 2));
      finish = () => void response.end(clip.subarray(clip.length / 2));
    });
    const lease = await (await rigFor()).open(server.origin);
    const first = await frames(lease.url, [], ["-frames:v", "20"]);
    expect(first).toEqual((await frames(clipPath)).slice(0, 20));
    const all = frames(lease.url);
    finish();
    expect(await all).toEqual(await frames(clipPath));
    expect(server.requests).toHaveLength(1);
  });

  it("says why when the server fails in the middle, and ends ffmpeg's input", async () => {
    const server = await serve((request, response) => {
      const first = Number(/\d+/.exec(request.headers.range ?? "")?.[0]);
      if (first < clip.length / 2) {
        serveBytes(request, response, clip);
      } else {
        response.writeHead(403).end();
      }
    });
    const lease = await (await rigFor()).open(server.origin);
    const decoded = await frames(lease.url).then(
      (all) => all.length,
      () => 0,
    );
    expect(decoded).toBeLessThan(300);
    expect(lease.failed.aborted).toBe(true);
    expect(lease.failed.reason).toMatchObject({ failure: { code: "source_denied", httpStatus: 403 } });
  });

  it("stops fetching when ffmpeg has gone away", async () => {
    const padded = padMp4(clip, 200 * MIB);
    const server = await serveMade(padded);
    const rig = await rigFor();
    const lease = await rig.open(server.origin);
    await frames(lease.url, [], ["-frames:v", "2"]);
    let before = -1;
    await eventually("silence", () => {
      const isQuiet = server.sentBytes() === before;
      before = server.sentBytes();
      return isQuiet;
    });
    expect(server.sentBytes()).toBeLessThan(8 * MIB);
  });
});
