import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type LoopbackServer, startLoopbackServer } from "../../../../encoder/source/loopback-server.ts";
import { eventually } from "../../../support/eventually.ts";
import { patternBytes } from "../../../support/local-server.ts";

const BYTES = patternBytes(100_000);

let server: LoopbackServer;
beforeEach(async () => {
  server = await startLoopbackServer();
});
afterEach(() => server.close());

async function* inPieces(startByte: number, endByte: number): AsyncGenerator<Buffer> {
  for (let at = startByte; at < endByte; at += 30_000) {
    yield BYTES.subarray(at, Math.min(endByte, at + 30_000));
  }
}

const publish = () => server.publish({ sizeBytes: BYTES.length, read: inPieces });

async function get(
  url: string,
  range?: string,
): Promise<{ status: number; range: string | null; bytes: Buffer }> {
  const response = await fetch(url, { headers: range === undefined ? {} : { range } });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, range: response.headers.get("content-range"), bytes };
}

describe("startLoopbackServer", () => {
  it("serves the whole content without a Range", async () => {
    const { status, bytes } = await get(publish().url);
    expect(status).toBe(200);
    expect(bytes.equals(BYTES)).toBe(true);
  });

  it.each([
    ["bytes=0-", 0, 100_000],
    ["bytes=500-999", 500, 1_000],
    ["bytes=99999-", 99_999, 100_000],
    ["bytes=-10", 99_990, 100_000],
    ["bytes=90000-200000", 90_000, 100_000],
  ])("serves %s", async (range, startByte, endByte) => {
    const answer = await get(publish().url, range);
    expect(answer.status).toBe(206);
    expect(answer.range).toBe(`bytes ${startByte}-${endByte - 1}/100000`);
    expect(answer.bytes.equals(BYTES.subarray(startByte, endByte))).toBe(true);
  });

  it("answers 416 beyond the end, with the size", async () => {
    const answer = await get(publish().url, "bytes=100000-");
    expect(answer).toMatchObject({ status: 416, range: "bytes */100000" });
  });

  it("answers HEAD with the length alone, and refuses other methods", async () => {
    const { url } = publish();
    const head = await fetch(url, { method: "HEAD", headers: { range: "bytes=10-" } });
    expect([head.status, head.headers.get("content-length")]).toEqual([206, "99990"]);
    expect((await fetch(url, { method: "POST" })).status).toBe(405);
  });

  it("knows no address but those that it gave out, and none that was revoked", async () => {
    const [first, second] = [publish(), publish()];
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}$/);
    const altered = first.url.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    for (const url of [altered, new URL("/", first.url).href, `${first.url}/`, `${first.url}?x`]) {
      expect((await get(url)).status).toBe(404);
    }
    first.revoke();
    expect((await get(first.url)).status).toBe(404);
    expect((await get(second.url)).status).toBe(200);
  });

  it("breaks a response off when reading fails, so that it can not pass for whole", async () => {
    const { url } = server.publish({
      sizeBytes: BYTES.length,
      read: async function* read() {
        yield BYTES.subarray(0, 10);
        throw new Error("the source has failed");
      },
    });
    await expect(get(url)).rejects.toThrow();
  });

  it("stops reading when the reader goes away, and when the address is revoked", async () => {
    const ends: string[] = [];
    const { url, revoke } = server.publish({
      sizeBytes: BYTES.length,
      read: async function* read(_startByte, _endByte, signal) {
        yield BYTES.subarray(0, 10);
        await once(signal, "abort");
        ends.push(String(signal.reason));
        throw signal.reason;
      },
    });
    const leaving = httpRequest(url).end();
    leaving.on("error", () => undefined);
    await once(leaving, "response");
    leaving.destroy();
    await eventually("the end of reading", () => ends.length === 1);
    const staying = httpRequest(url).end();
    const [response] = (await once(staying, "response")) as [IncomingMessage];
    revoke();
    await expect(response.resume().toArray()).rejects.toThrow("aborted");
    expect(ends).toHaveLength(2);
  });

  it("reads no faster than the reader takes", async () => {
    let givenBytes = 0;
    const { url } = server.publish({
      sizeBytes: 1e9,
      read: async function* read() {
        for (;;) {
          givenBytes += BYTES.length;
          yield BYTES;
        }
      },
    });
    const { port, pathname } = new URL(url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET ${pathname} HTTP/1.1\r\nhost: x\r\n\r\n`);
    socket.pause();
    let before = -1;
    await eventually("a pause", () => {
      const isPaused = givenBytes > 0 && givenBytes === before;
      before = givenBytes;
      return isPaused;
    });
    expect(givenBytes).toBeLessThan(50_000_000);
    socket.destroy();
  });
});
