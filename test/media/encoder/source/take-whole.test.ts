import { setTimeout as delay } from "node:timers/promises";
import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { patternBytes, type LocalServer } from "../../../support/local-server.ts";
import { failureOf, KIB, never } from "../../../support/source-rig.ts";
import { breakOff, serveWhole, sourceTest } from "../../../support/source-test.ts";

/** More than six blocks of the test cache. */
const BYTES = patternBytes(400_000);
const HALF = 200_000;

const { serve, rigFor, readAll } = sourceTest();

const rangesOf = (server: LocalServer): (string | undefined)[] =>
  server.requests.map(({ headers }) => headers.range);

describe("a source whose server gives the whole file only", () => {
  it.each([
    ["says nothing of ranges", {}],
    ["refuses them", { "accept-ranges": "none" }],
    ["offers them and does not keep its word", { "accept-ranges": "bytes" }],
  ])("is read whole when the server %s", async (_, headers: Record<string, string>) => {
    const server = await serve((__, response) => serveWhole(response, BYTES, headers));
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
  });

  it.each([
    ["416", 416, {}],
    ["another range", 206, { "content-range": `bytes 5-${BYTES.length - 1}/${BYTES.length}` }],
    ["a range without a total", 206, { "content-range": "bytes 0-65535/*" }],
    ["a coded range", 206, { "content-range": `bytes 0-9/${BYTES.length}`, "content-encoding": "gzip" }],
  ])("is asked for whole when a range is answered with %s", async (_, status, headers) => {
    const server = await serve((request, response) => {
      if (request.headers.range === undefined) {
        serveWhole(response, BYTES);
      } else {
        response.writeHead(status, headers).end("0123456789");
      }
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
    expect(rangesOf(server)).toEqual(["bytes=0-65535", undefined]);
  });

  it("is opened with its first bytes and lets readers wait for the rest", async () => {
    let finish = (): void => undefined;
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length }).write(BYTES.subarray(0, HALF));
      finish = () => void response.end(BYTES.subarray(HALF));
    });
    const lease = await (await rigFor()).open(server.origin);
    expect(lease.sizeBytes).toBe(BYTES.length);
    expect((await lease.read(0, 1_000, never)).equals(BYTES.subarray(0, 1_000))).toBe(true);
    const rest = lease.read(HALF - 10, BYTES.length, never);
    expect(await Promise.race([rest, delay(30, "waits")])).toBe("waits");
    finish();
    expect((await rest).equals(BYTES.subarray(HALF - 10))).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it("is opened at its end when the server does not say how long it is", async () => {
    let finish = (): void => undefined;
    const server = await serve((_, response) => {
      response.write(BYTES.subarray(0, HALF));
      finish = () => void response.end(BYTES.subarray(HALF));
    });
    const rig = await rigFor();
    const opening = rig.open(server.origin);
    expect(await Promise.race([opening, delay(50, "waits")])).toBe("waits");
    finish();
    const lease = await opening;
    expect(lease.sizeBytes).toBe(BYTES.length);
    expect((await lease.read(0, BYTES.length, never)).equals(BYTES)).toBe(true);
    expect(rig.scratch.usedBytes()).toBe(BYTES.length);
  });

  it("is begun anew after a broken transfer, and goes on for readers that have seen its beginning", async () => {
    const server = await serve((_, response) => {
      if (server.requests.length === 1) {
        breakOff(response, BYTES, HALF);
      } else {
        serveWhole(response, BYTES);
      }
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  it.each([
    ["a length", { "content-length": String(BYTES.length - 1) }, BYTES.subarray(1)],
    ["a tag", { "content-length": String(BYTES.length), etag: '"v2"' }, BYTES],
    ["nothing but its bytes", {}, Buffer.from(BYTES).fill(1, 70_000, 70_001)],
  ])("fails when the file has changed after a broken transfer, as told by %s", async (_, headers, next) => {
    const server = await serve((__, response) => {
      if (server.requests.length === 1) {
        breakOff(response, BYTES, HALF, { etag: '"v1"' });
      } else {
        response.writeHead(200, headers).end(next);
      }
    });
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_changed" });
  });

  it.each([
    ["gzip", zlib.gzipSync(BYTES)],
    ["deflate", zlib.deflateSync(BYTES)],
    ["br", zlib.brotliCompressSync(BYTES, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])("is undone of %s of a server that compresses although identity was asked for", async (coding, coded) => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": coding, "content-length": coded.length }).end(coded);
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
  });

  it("is limited to the scratch space, as said by its length or found out on the way", async () => {
    const scratchMaxBytes = 256 * KIB;
    const said = await serve((_, response) => serveWhole(response, BYTES));
    const unsaid = await serve((_, response) => {
      response.write(BYTES);
      response.end();
    });
    const failure = { code: "source_too_large", limit: "256 KiB" };
    expect(await failureOf(readAll(said.origin, { scratchMaxBytes }))).toEqual(failure);
    expect(await failureOf(readAll(unsaid.origin, { scratchMaxBytes }))).toEqual(failure);
  });

  it("goes elsewhere when the scratch space is taken just now", async () => {
    const server = await serve((_, response) => serveWhole(response, BYTES));
    const rig = await rigFor({ scratchMaxBytes: 500_000 });
    const claim = rig.scratch.claim(200_000);
    expect(await failureOf(rig.readAll(server.origin))).toEqual({ code: "scratch_full" });
    claim.release();
    expect((await rig.readAll(server.origin)).equals(BYTES)).toBe(true);
  });

  it("goes on being fetched between two tasks, since it could not be taken up again later", async () => {
    let finish = (): void => undefined;
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length }).write(BYTES.subarray(0, HALF));
      finish = () => void response.end(BYTES.subarray(HALF));
    });
    const rig = await rigFor();
    (await rig.open(server.origin)).release();
    finish();
    expect((await rig.readAll(server.origin)).equals(BYTES)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });
});
