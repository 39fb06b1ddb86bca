import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import zlib from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import {
  DEFAULT_SOURCE_LIMITS,
  downloadSource,
  type DownloadOptions,
  formatBytes,
} from "../../../../encoder/source/download-source.ts";
import { createPublicDialer } from "../../../../encoder/source/public-dialer.ts";
import {
  type LocalServer,
  patternBytes,
  serveBytes,
  startLocalServer,
} from "../../../support/local-server.ts";

const BYTES = patternBytes(400_000);
const HALF = 200_000;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  host?: string,
): Promise<LocalServer> {
  const server = await startLocalServer(handle, host);
  cleanups.push(server.close);
  return server;
}

type Outcome = { bytes: Buffer; sizeBytes: number; progress: [number, number | null][] };

/** Fast pace and few tries; private addresses allowed, since the servers are on loopback. */
async function download(url: string, changes: Partial<DownloadOptions> = {}): Promise<Outcome> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "copra-test-"));
  const dispatcher = createPublicDialer({ allowPrivateNetwork: true });
  cleanups.push(
    () => rm(directory, { recursive: true }),
    () => dispatcher.destroy(),
  );
  const file = path.join(directory, "source");
  const progress: [number, number | null][] = [];
  const { sizeBytes } = await downloadSource({
    url,
    path: file,
    dispatcher,
    limits: LIMITS,
    signal: new AbortController().signal,
    reserve: () => undefined,
    onProgress: (received, total) => progress.push([received, total]),
    ...changes,
  });
  return { bytes: await readFile(file), sizeBytes, progress };
}

const LIMITS = {
  ...DEFAULT_SOURCE_LIMITS,
  stallTimeoutMs: 20_000,
  maxTries: 3,
  pace: { baseMs: 5, maxMs: 20 },
  throughput: { minBytesPerSecond: 0, windowMs: 1_000 },
};

/** For servers that fall silent. */
const IMPATIENT = { ...LIMITS, stallTimeoutMs: 200 };

const failureOf = async (outcome: Promise<unknown>): Promise<unknown> => {
  const error = await outcome.then(
    () => "it succeeded",
    (thrown: unknown) => thrown,
  );
  return error instanceof TaskFailure ? error.failure : error;
};

/** What had arrived when the connection broke may be less than what was sent, but not nothing. */
function expectResumed(request: IncomingMessage | undefined): void {
  const firstByte = Number(/^bytes=(\d+)-$/.exec(request?.headers.range ?? "")?.[1]);
  expect(firstByte).toBeGreaterThan(0);
  expect(firstByte).toBeLessThanOrEqual(HALF);
}

/** Sends headers and the first half of the body, then breaks the connection. */
function breakHalfway(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-length": BYTES.length, ...headers });
  response.write(BYTES.subarray(0, HALF), () => response.destroy());
}

describe("downloadSource", () => {
  it("writes the whole file and reports its progress", async () => {
    const server = await serve((request, response) => serveBytes(request, response, BYTES));
    const outcome = await download(`${server.origin}/v.mp4`);
    expect(outcome.bytes.equals(BYTES)).toBe(true);
    expect(outcome.sizeBytes).toBe(BYTES.length);
    expect(outcome.progress.at(-1)).toEqual([BYTES.length, BYTES.length]);
  });

  it("asks for the bytes of the file as they are, and sends no Range the first time", async () => {
    const server = await serve((request, response) => serveBytes(request, response, BYTES));
    await download(`${server.origin}/v.mp4?sig=a%2Bb`);
    expect(server.requests[0]?.url).toBe("/v.mp4?sig=a%2Bb");
    expect(server.requests[0]?.headers).toMatchObject({ "accept-encoding": "identity" });
    expect(server.requests[0]?.headers.range).toBeUndefined();
  });

  it("takes a body without a length", async () => {
    const server = await serve((_, response) => {
      response.write(BYTES.subarray(0, HALF));
      response.end(BYTES.subarray(HALF));
    });
    const outcome = await download(server.origin);
    expect(outcome.bytes.equals(BYTES)).toBe(true);
    expect(outcome.progress.at(-1)).toEqual([BYTES.length, null]);
  });

  it.each([
    ["gzip", zlib.gzipSync(BYTES)],
    ["deflate", zlib.deflateSync(BYTES)],
    ["br", zlib.brotliCompressSync(BYTES, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])("undoes %s of a server that compresses although identity was asked for", async (coding, coded) => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": coding, "content-length": coded.length }).end(coded);
    });
    expect((await download(server.origin)).bytes.equals(BYTES)).toBe(true);
  });

  it("limits the size of what a compressed body unfolds to", async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(5_000_000));
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": bomb.length }).end(bomb);
    });
    const limits = { ...LIMITS, maxBytes: 1024 ** 2 };
    expect(await failureOf(download(server.origin, { limits }))).toEqual({
      code: "source_too_large",
      limit: "1 MiB",
    });
  });

  describe("when the transfer breaks half-way", () => {
    it("continues where it stood if the server can, and only for the same version of the file", async () => {
      const server = await serve((request, response) => {
        if (request.headers.range === undefined) {
          breakHalfway(response, { "accept-ranges": "bytes", etag: '"v1"' });
        } else {
          serveBytes(request, response, BYTES);
        }
      });
      const outcome = await download(server.origin);
      expect(outcome.bytes.equals(BYTES)).toBe(true);
      expect(server.requests).toHaveLength(2);
      expect(server.requests[1]?.headers["if-range"]).toBe('"v1"');
      expectResumed(server.requests[1]);
    });

    it("takes the whole file anew if it has changed meanwhile", async () => {
      const changed = patternBytes(300_000).fill(7, 0, 150_000);
      const server = await serve((request, response) => {
        if (request.headers.range === undefined) {
          breakHalfway(response, { "accept-ranges": "bytes", etag: '"v0"' });
        } else {
          serveBytes(request, response, changed);
        }
      });
      expect((await download(server.origin)).bytes.equals(changed)).toBe(true);
    });

    it("takes the whole file anew if the server knows no ranges", async () => {
      const server = await serve((_, response) => {
        if (server.requests.length === 1) {
          breakHalfway(response, { etag: '"v1"' });
        } else {
          response.writeHead(200, { "content-length": BYTES.length }).end(BYTES);
        }
      });
      expect((await download(server.origin)).bytes.equals(BYTES)).toBe(true);
    });

    it("does not glue versions together when nothing names the version", async () => {
      const server = await serve((request, response) => {
        if (server.requests.length === 1) {
          breakHalfway(response, { "accept-ranges": "bytes", etag: 'W/"weak"' });
        } else {
          serveBytes(request, response, BYTES);
        }
      });
      expect((await download(server.origin)).bytes.equals(BYTES)).toBe(true);
      expect(server.requests[1]?.headers.range).toBeUndefined();
    });

    it("distrusts a 206 for another range", async () => {
      const server = await serve((request, response) => {
        if (server.requests.length === 1) {
          breakHalfway(response, { "accept-ranges": "bytes", etag: '"v1"' });
        } else if (request.headers.range !== undefined) {
          const contentRange = `bytes 0-${BYTES.length - 1}/${BYTES.length}`;
          response
            .writeHead(206, { "content-range": contentRange, "content-length": BYTES.length })
            .end(BYTES);
        } else {
          serveBytes(request, response, BYTES);
        }
      });
      expect((await download(server.origin)).bytes.equals(BYTES)).toBe(true);
    });

    it("keeps its place over a server that is down for a moment", async () => {
      const server = await serve((request, response) => {
        if (server.requests.length === 1) {
          breakHalfway(response, { "accept-ranges": "bytes", etag: '"v1"' });
        } else if (server.requests.length === 2) {
          response.writeHead(503, { "retry-after": "0" }).end();
        } else {
          serveBytes(request, response, BYTES);
        }
      });
      expect((await download(server.origin)).bytes.equals(BYTES)).toBe(true);
      expectResumed(server.requests[2]);
    });

    it("fails with the exact status when a signed URL has expired meanwhile", async () => {
      const server = await serve((_, response) => {
        if (server.requests.length === 1) {
          breakHalfway(response, { "accept-ranges": "bytes", etag: '"v1"' });
        } else {
          response.writeHead(403).end();
        }
      });
      expect(await failureOf(download(server.origin))).toEqual({ code: "source_denied", httpStatus: 403 });
      expect(server.requests).toHaveLength(2);
    });

    it("gives up after its tries when it always breaks at the same place", async () => {
      const server = await serve((_, response) => {
        response.writeHead(200, { "content-length": BYTES.length });
        response.write(BYTES.subarray(0, 1_000), () => response.destroy());
      });
      expect(await failureOf(download(server.origin))).toEqual({ code: "source_interrupted" });
      expect(server.requests).toHaveLength(LIMITS.maxTries);
    });

    it("goes on as long as each connection brings something new", async () => {
      const long = patternBytes(2_000_000);
      const stepBytes = 500_000;
      const server = await serve((request, response) => {
        const first = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
        const rest = long.subarray(first);
        response.writeHead(first === 0 ? 200 : 206, {
          etag: '"v1"',
          "content-length": rest.length,
          "content-range": `bytes ${first}-${long.length - 1}/${long.length}`,
        });
        response.write(rest.subarray(0, stepBytes), () => {
          if (rest.length > stepBytes) {
            response.destroy();
          } else {
            response.end();
          }
        });
      });
      expect((await download(server.origin)).bytes.equals(long)).toBe(true);
      expect(server.requests.length).toBeGreaterThan(LIMITS.maxTries);
    });
  });

  it("takes a Content-Length that promises too much as a broken transfer", async () => {
    const server = await serve((_, response) => {
      response.socket?.end(
        `HTTP/1.1 200 OK\r\ncontent-length: ${BYTES.length + 1}\r\n\r\n${"x".repeat(1000)}`,
      );
    });
    expect(await failureOf(download(server.origin))).toEqual({ code: "source_interrupted" });
  });

  it.each([
    [403, { code: "source_denied", httpStatus: 403 }],
    [401, { code: "source_denied", httpStatus: 401 }],
    [404, { code: "source_not_found", httpStatus: 404 }],
    [410, { code: "source_not_found", httpStatus: 410 }],
    [418, { code: "source_http_error", httpStatus: 418 }],
  ])("does not try again after %i", async (status, failure) => {
    const server = await serve((_, response) => response.writeHead(status).end("no"));
    expect(await failureOf(download(server.origin))).toEqual(failure);
    expect(server.requests).toHaveLength(1);
  });

  it.each([429, 500, 503])("tries %i again in place, and fails with it in the end", async (status) => {
    const server = await serve((_, response) => response.writeHead(status).end());
    expect(await failureOf(download(server.origin))).toEqual({
      code: "source_server_error",
      httpStatus: status,
    });
    expect(server.requests).toHaveLength(LIMITS.maxTries);
  });

  it("succeeds once a server has recovered", async () => {
    const server = await serve((request, response) => {
      if (server.requests.length < 3) {
        response.writeHead(500).end();
      } else {
        serveBytes(request, response, BYTES);
      }
    });
    expect((await download(server.origin)).bytes.equals(BYTES)).toBe(true);
  });

  it("calls an empty body empty", async () => {
    const server = await serve((_, response) => response.writeHead(200, { "content-length": 0 }).end());
    expect(await failureOf(download(server.origin))).toEqual({ code: "source_empty" });
  });

  it("calls a closed port and an unknown name unreachable", async () => {
    const closed = await startLocalServer(() => undefined);
    await closed.close();
    expect(await failureOf(download(closed.origin))).toEqual({ code: "source_unreachable" });
    expect(await failureOf(download("http://no-such-host.invalid/"))).toEqual({ code: "source_unreachable" });
  });

  it("calls a server unreachable that accepts and never answers", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const sockets = new Set<{ destroy: () => void }>();
    silent.on("connection", (socket) => sockets.add(socket));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : null;
    expect(await failureOf(download(`http://127.0.0.1:${port}/`, { limits: IMPATIENT }))).toEqual({
      code: "source_unreachable",
    });
    sockets.forEach((socket) => socket.destroy());
    silent.close();
  });

  it("calls a body too slow that stalls", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      response.write(BYTES.subarray(0, 1_000));
    });
    expect(await failureOf(download(server.origin, { limits: IMPATIENT }))).toEqual({
      code: "source_too_slow",
    });
  });

  it("calls a body too slow that crawls, although it never stalls", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    const limits = { ...LIMITS, throughput: { minBytesPerSecond: 1_000, windowMs: 200 } };
    expect(await failureOf(download(server.origin, { limits }))).toEqual({ code: "source_too_slow" });
  });

  it("ends with its time, whatever the server does", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    const limits = { ...LIMITS, timeoutMs: 300 };
    expect(await failureOf(download(server.origin, { limits }))).toEqual({ code: "source_too_slow" });
  });

  it("refuses a declared size before it reads the body", async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": 10 * 1024 ** 3 }).write("x");
    });
    const reserved: number[] = [];
    const limits = { ...LIMITS, maxBytes: 1024 ** 3 };
    const failure = await failureOf(
      download(server.origin, { limits, reserve: (total) => reserved.push(total) }),
    );
    expect(failure).toEqual({ code: "source_too_large", limit: "1 GiB" });
    expect(reserved).toEqual([]);
  });

  it("counts the bytes of a body that declares no size", async () => {
    const server = await serve((_, response) => {
      response.write(BYTES);
      response.end();
    });
    const limits = { ...LIMITS, maxBytes: 100 * 1024 };
    expect(await failureOf(download(server.origin, { limits }))).toEqual({
      code: "source_too_large",
      limit: "100 KiB",
    });
  });

  it("claims the declared size at once", async () => {
    const server = await serve((request, response) => serveBytes(request, response, BYTES));
    const reserved: number[] = [];
    await download(server.origin, { reserve: (total) => reserved.push(total) });
    expect(reserved[0]).toBe(BYTES.length);
  });

  it("ends at once with the signal's reason", async () => {
    const controller = new AbortController();
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length }).write(BYTES.subarray(0, 1_000));
    });
    const downloading = download(server.origin, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("not wanted")),
    });
    await expect(downloading).rejects.toThrow("not wanted");
    expect(server.requests).toHaveLength(1);
  });

  describe("with redirects", () => {
    it("follows them to another host without the first one's credentials", async () => {
      const target = await serve((request, response) => serveBytes(request, response, BYTES), "127.0.0.2");
      const server = await serve((request, response) => {
        const location = request.url === "/a" ? "/b" : `${target.origin}/c`;
        response.writeHead(302, { location }).end("moved");
      });
      const outcome = await download(`${server.origin.replace("//", "//user:p%40ss@")}/a`);
      expect(outcome.bytes.equals(BYTES)).toBe(true);
      const expected = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([expected, expected]);
      expect(target.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    });

    it("ends a loop after five", async () => {
      const server = await serve((_, response) => response.writeHead(302, { location: "/again" }).end());
      const failure = await failureOf(download(server.origin));
      expect(failure).toEqual({ code: "source_too_many_redirects", limit: "5" });
      expect(server.requests).toHaveLength(6);
    });

    it("does not follow one to a file", async () => {
      const server = await serve((_, response) =>
        response.writeHead(302, { location: "file:///etc/passwd" }).end(),
      );
      expect(await failureOf(download(server.origin))).toEqual({ code: "source_address_forbidden" });
    });
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1_500_000, "1.4 MiB"],
    [10 * 1024 ** 3, "10 GiB"],
    [5 * 1024 ** 5, "5120 TiB"],
  ])("writes %i as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
