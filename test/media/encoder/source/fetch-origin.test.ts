import { describe, expect, it } from "vitest";
import { patternBytes, serveBytes, type LocalServer } from "../../../support/local-server.ts";
import { failureOf, never, TEST_LIMITS } from "../../../support/source-rig.ts";
import { askedRange, breakOff, serveWhole, sourceTest } from "../../../support/source-test.ts";

/** More than six blocks of the test cache. */
const BYTES = patternBytes(400_000);

const { serve, rigFor, readAll } = sourceTest();

const rangesOf = (server: LocalServer): (string | undefined)[] =>
  server.requests.map(({ headers }) => headers.range);

describe("a source whose server gives ranges", () => {
  it("is read whole, byte for byte, and nothing is asked for twice", async () => {
    const server = await serve((request, response) => serveBytes(request, response, BYTES));
    expect((await readAll(`${server.origin}/v.mp4?sig=a%2Bb`)).equals(BYTES)).toBe(true);
    const asked = rangesOf(server).map((range) =>
      (/\d+-\d+/.exec(range ?? "")?.[0] ?? "").split("-").map(Number),
    );
    asked.sort(([first = 0], [second = 0]) => first - second);
    expect(asked.at(0)?.[0]).toBe(0);
    expect(asked.at(-1)?.[1]).toBe(BYTES.length - 1);
    asked.slice(1).forEach(([first = 0], index) => expect(first).toBe((asked[index]?.[1] ?? 0) + 1));
    expect(server.requests[0]?.url).toBe("/v.mp4?sig=a%2Bb");
    expect(server.requests[0]?.headers).toMatchObject({ "accept-encoding": "identity" });
    expect(server.requests[1]?.headers["if-range"]).toBe('"v1"');
  });

  it.each([1, 65_535, 65_536])(
    "is asked for once when it is no larger than a block: %i bytes",
    async (size) => {
      const small = BYTES.subarray(0, size);
      const server = await serve((request, response) => serveBytes(request, response, small));
      expect((await readAll(server.origin)).equals(small)).toBe(true);
      expect(rangesOf(server)).toEqual(["bytes=0-65535"]);
    },
  );

  it("may give less of each range than was asked for", async () => {
    const server = await serve((request, response) => {
      const [first, last] = askedRange(request);
      request.headers.range = `bytes=${first}-${Math.min(last, first + 70_000, BYTES.length - 1)}`;
      serveBytes(request, response, BYTES);
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
  });

  it("is read on where a broken transfer stood, and only as the same version", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range?.startsWith("bytes=65536-")) {
        const part = BYTES.subarray(65_536, 196_608);
        const contentRange = `bytes 65536-196607/${BYTES.length}`;
        breakOff(response, part, 50_000, { etag: '"v1"', "content-range": contentRange }, 206);
      } else {
        serveBytes(request, response, BYTES);
      }
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
    const resumed = server.requests.find(
      ({ headers }) => headers.range?.endsWith("-196607") && !headers.range.startsWith("bytes=65536-"),
    );
    const firstByte = Number(/\d+/.exec(resumed?.headers.range ?? "")?.[0]);
    expect(firstByte).toBeGreaterThan(65_536);
    expect(firstByte).toBeLessThanOrEqual(65_536 + 50_000);
    expect(resumed?.headers["if-range"]).toBe('"v1"');
  });

  it("is read on after a server that was down for a moment", async () => {
    const server = await serve((request, response) => {
      if (server.requests.length === 2) {
        response.writeHead(503, { "retry-after": "0" }).end();
      } else {
        serveBytes(request, response, BYTES);
      }
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
  });

  it.each([401, 403])(
    "fails with the exact status when a signed URL has expired half-way: %i",
    async (status) => {
      const server = await serve((request, response) => {
        if (request.headers.range === "bytes=0-65535") {
          serveBytes(request, response, BYTES);
        } else {
          response.writeHead(status).end();
        }
      });
      expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_denied", httpStatus: status });
      // Once ahead of the reader, and once more when it had come there.
      expect(server.requests.length).toBeLessThanOrEqual(3);
    },
  );

  it.each([
    ["the ETag", { etag: '"v2"' }, BYTES.length],
    ["the date", { "last-modified": "Tue, 02 Jan 2024 00:00:00 GMT" }, BYTES.length],
    ["the size", {}, BYTES.length + 1],
  ])("fails when the file changes meanwhile: %s of a later part differs", async (_, headers, totalBytes) => {
    const lastModified = "Mon, 01 Jan 2024 00:00:00 GMT";
    const server = await serve((request, response) => {
      const [first, last] = askedRange(request);
      const part = BYTES.subarray(first, last + 1);
      const isFirst = first === 0;
      response
        .writeHead(206, {
          "last-modified": lastModified,
          "content-length": part.length,
          "content-range": `bytes ${first}-${first + part.length - 1}/${isFirst ? BYTES.length : totalBytes}`,
          ...(isFirst ? { etag: '"v1"' } : headers),
        })
        .end(part);
    });
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_changed" });
  });

  it("fails when the file changes and the server gives all of the new one instead of a range", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range === "bytes=0-65535") {
        serveBytes(request, response, BYTES);
      } else {
        serveWhole(response, patternBytes(BYTES.length), { etag: '"v2"' });
      }
    });
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_changed" });
  });

  it("fails when the file becomes shorter than what is asked for", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range === "bytes=0-65535") {
        serveBytes(request, response, BYTES);
      } else {
        response.writeHead(416, { "content-range": "bytes */65536" }).end();
      }
    });
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_changed" });
  });

  it("works where If-Range is always answered with the whole of the unchanged file", async () => {
    const server = await serve((request, response) => {
      if (request.headers["if-range"] === undefined) {
        serveBytes(request, response, BYTES);
      } else {
        serveWhole(response, BYTES, { etag: '"v1"' });
      }
    });
    expect((await readAll(server.origin)).equals(BYTES)).toBe(true);
  });

  it("works where a range that begins with the first byte is answered with the whole file", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range?.startsWith("bytes=0-")) {
        serveWhole(response, BYTES, { etag: '"v1"', "accept-ranges": "bytes" });
      } else {
        serveBytes(request, response, BYTES);
      }
    });
    const rig = await rigFor();
    const lease = await rig.open(server.origin);
    const part = await lease.read(300_000, 300_010, never);
    expect(part.equals(BYTES.subarray(300_000, 300_010))).toBe(true);
    expect(rangesOf(server).slice(0, 2)).toEqual(["bytes=0-65535", "bytes=1-1"]);
    expect(rig.cache.usedBytes()).toBeLessThan(BYTES.length);
  });

  it("fails with the status of a server that later answers with other ranges than those asked for", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range !== "bytes=0-65535") {
        request.headers.range = "bytes=7-99999";
      }
      serveBytes(request, response, BYTES);
    });
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_http_error", httpStatus: 206 });
    expect(server.requests).toHaveLength(1 + TEST_LIMITS.maxTries);
  });

  it("forgets a failure of what was only read ahead", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range === "bytes=0-65535") {
        serveBytes(request, response, BYTES);
      } else {
        response.writeHead(403).end();
      }
    });
    const lease = await (await rigFor()).open(server.origin);
    // Near the end of its first block a reader has the next one fetched, whether it will come there or not.
    const response = await fetch(lease.url);
    const reader = response.body?.getReader();
    expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect((await lease.read(0, 1_000, never)).equals(BYTES.subarray(0, 1_000))).toBe(true);
    expect(await failureOf(lease.read(65_536, 65_537, never))).toEqual({
      code: "source_denied",
      httpStatus: 403,
    });
  });
});
