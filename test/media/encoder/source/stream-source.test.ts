import type { ServerResponse } from "node:http";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { patternBytes, serveBytes, startLocalServer } from "../../../support/local-server.ts";
import { failureOf, MIB, TEST_LIMITS } from "../../../support/source-rig.ts";
import { askedRange, breakOff, sourceTest } from "../../../support/source-test.ts";

/** More than six blocks of the test cache. */
const BYTES = patternBytes(400_000);
const IMPATIENT = { limits: { stallTimeoutMs: 1_000 } };

const { serve, readAll } = sourceTest();

describe("servers that fail", () => {
  it.each([
    [403, { code: "source_denied", httpStatus: 403 }],
    [401, { code: "source_denied", httpStatus: 401 }],
    [404, { code: "source_not_found", httpStatus: 404 }],
    [410, { code: "source_not_found", httpStatus: 410 }],
    [418, { code: "source_http_error", httpStatus: 418 }],
  ])("are not tried again after %i", async (status, failure) => {
    const server = await serve((_, response) => response.writeHead(status).end("no"));
    expect(await failureOf(readAll(server.origin))).toEqual(failure);
    expect(server.requests).toHaveLength(1);
  });

  it.each([429, 500, 503])("are tried again after %i, which is reported in the end", async (status) => {
    const server = await serve((_, response) => response.writeHead(status).end());
    const failure = await failureOf(readAll(server.origin));
    expect(failure).toEqual({ code: "source_server_error", httpStatus: status });
    expect(server.requests).toHaveLength(TEST_LIMITS.maxTries);
  });

  it("do no harm once they have recovered", async () => {
    const server = await serve((request, response) => {
      if (server.requests.length < 3) {
        response.writeHead(500).end();
      } else {
        serveBytes(request, response, BYTES);
      }
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
  });

  it("are given up when they always break at the same place", async () => {
    const server = await serve((_, response) => breakOff(response, BYTES, 1_000));
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_interrupted" });
    expect(server.requests).toHaveLength(TEST_LIMITS.maxTries);
  });

  it("are borne as long as each connection brings something new", async () => {
    const long = patternBytes(4_000_000);
    const server = await serve((request, response) => {
      const [first, last] = askedRange(request);
      const part = long.subarray(first, last + 1);
      const headers = { "content-range": `bytes ${first}-${first + part.length - 1}/${long.length}` };
      breakOff(response, part, 400_000, headers, 206);
    });
    const options = { blockBytes: 2 * MIB, maxReadAheadBytes: 4 * MIB };
    expect((await readAll(server.origin, options)).equals(long)).toBe(true);
    expect(server.requests.length).toBeGreaterThan(2 * TEST_LIMITS.maxTries);
  });

  it("are unreachable behind a closed port or an unknown name", async () => {
    const closed = await startLocalServer(() => undefined);
    await closed.close();
    expect(await failureOf(readAll(closed.origin))).toEqual({ code: "source_unreachable" });
    expect(await failureOf(readAll("http://no-such-host.invalid/"))).toEqual({ code: "source_unreachable" });
  });

  it("are unreachable when they accept and never answer", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const sockets = new Set<{ destroy: () => void }>();
    silent.on("connection", (socket) => sockets.add(socket));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : null;
    expect(await failureOf(readAll(`http://127.0.0.1:${port}/`, IMPATIENT))).toEqual({
      code: "source_unreachable",
    });
    sockets.forEach((socket) => socket.destroy());
    silent.close();
  });

  it("are too slow when they stall", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      response.write(BYTES.subarray(0, 1_000));
    });
    expect(await failureOf(readAll(server.origin, IMPATIENT))).toEqual({ code: "source_too_slow" });
  });

  const crawl = (
    response: ServerResponse,
    status: number,
    headers: Record<string, string | number>,
  ): void => {
    response.writeHead(status, headers);
    const timer = setInterval(() => response.write("x"), 20);
    response.on("close", () => clearInterval(timer));
  };

  it.each([
    ["a whole file", 200, { "content-length": BYTES.length }],
    ["a range", 206, { "content-range": `bytes 0-65535/${BYTES.length}` }],
  ])("are too slow when they crawl through %s, although they never stall", async (_, status, headers) => {
    const server = await serve((__, response) => crawl(response, status, headers));
    const limits = { throughput: { minBytesPerSecond: 1_000, windowMs: 200 } };
    expect(await failureOf(readAll(server.origin, { limits }))).toEqual({ code: "source_too_slow" });
  });

  it("are too slow when the time is over, whatever they do", async () => {
    const server = await serve((_, response) => crawl(response, 200, { "content-length": BYTES.length }));
    expect(await failureOf(readAll(server.origin, { limits: { timeoutMs: 300 } }))).toEqual({
      code: "source_too_slow",
    });
  });
});
