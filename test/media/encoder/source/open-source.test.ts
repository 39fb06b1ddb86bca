import zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { patternBytes, serveBytes } from "../../../support/local-server.ts";
import { failureOf, KIB, MIB } from "../../../support/source-rig.ts";
import { askedRange, sourceTest } from "../../../support/source-test.ts";

/** More than six blocks of the test cache. */
const BYTES = patternBytes(400_000);

const { serve, rigFor, readAll } = sourceTest();

describe("sizes", () => {
  it("limits the size of what a compressed body unfolds to", async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(5_000_000));
    const server = await serve((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": bomb.length }).end(bomb);
    });
    const failure = await failureOf(readAll(server.origin, { limits: { maxBytes: MIB } }));
    expect(failure).toEqual({ code: "source_too_large", limit: "1 MiB" });
  });

  it("refuses a declared size beyond the limit before it reads the body", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/whole") {
        response.writeHead(200, { "content-length": 10 * 1024 ** 3 }).write("x");
      } else {
        response.writeHead(206, { "content-range": `bytes 0-65535/${10 * 1024 ** 3}` }).write("x");
      }
    });
    const rig = await rigFor({ limits: { maxBytes: 1024 ** 3 } });
    for (const url of [`${server.origin}/whole`, `${server.origin}/part`]) {
      expect(await failureOf(rig.open(url))).toEqual({ code: "source_too_large", limit: "1 GiB" });
    }
    expect(await rig.files()).toEqual([]);
    expect(rig.scratch.usedBytes()).toBe(0);
  });

  it("counts the bytes of a body that declares no size", async () => {
    const server = await serve((_, response) => {
      response.write(BYTES);
      response.end();
    });
    expect(await failureOf(readAll(server.origin, { limits: { maxBytes: 100 * KIB } }))).toEqual({
      code: "source_too_large",
      limit: "100 KiB",
    });
  });

  it.each([
    ["a length of 0", 200, { "content-length": "0" }],
    ["a range that can not be", 416, { "content-range": "bytes */0" }],
    ["an empty body", 200, { "transfer-encoding": "chunked" }],
    ["a status without a body", 204, {}],
  ])("calls an empty file empty that shows as %s", async (_, status, headers) => {
    const server = await serve((__, response) => response.writeHead(status, headers).end());
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_empty" });
  });

  it("takes a length that promises too much as a broken transfer", async () => {
    const server = await serve((_, response) => {
      response.socket?.end(
        `HTTP/1.1 200 OK\r\ncontent-length: ${BYTES.length + 1}\r\n\r\n${"x".repeat(1000)}`,
      );
    });
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_interrupted" });
  });

  it("takes a length that promises too little as the length", async () => {
    const server = await serve((_, response) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${"x".repeat(2000)}`);
    });
    expect((await readAll(server.origin)).toString()).toBe("x".repeat(1000));
  });

  it("takes a part that is shorter than its own Content-Range as a broken transfer", async () => {
    const server = await serve((request, response) => {
      if (request.headers.range?.startsWith("bytes=0-")) {
        serveBytes(request, response, BYTES);
        return;
      }
      const [first, last] = askedRange(request);
      const contentRange = `bytes ${first}-${last}/${BYTES.length}`;
      response.writeHead(206, { "content-range": contentRange, "content-length": 100 }).end("x".repeat(100));
    });
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_interrupted" });
  });
});

describe("redirects", () => {
  it("are followed anew for every range, to another host without the first one's credentials", async () => {
    const target = await serve((request, response) => serveBytes(request, response, BYTES), "127.0.0.2");
    const server = await serve((request, response) => {
      const location = request.url === "/a" ? "/b" : `${target.origin}/c?signature=${server.requests.length}`;
      response.writeHead(302, { location }).end("moved");
    });
    const bytes = await readAll(`${server.origin.replace("//", "//user:p%40ss@")}/a`);
    expect(bytes.equals(BYTES)).toBe(true);
    const expected = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([expected]));
    expect(new Set(target.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([undefined]),
    );
    expect(new Set(target.requests.map(({ url }) => url)).size).toBe(target.requests.length);
  });

  it("end after five in a loop", async () => {
    const server = await serve((_, response) => response.writeHead(302, { location: "/again" }).end());
    const failure = await failureOf(readAll(server.origin));
    expect(failure).toEqual({ code: "source_too_many_redirects", limit: "5" });
    expect(server.requests).toHaveLength(6);
  });

  it("are not followed to a file", async () => {
    const server = await serve((_, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    expect(await failureOf(readAll(server.origin))).toEqual({ code: "source_address_forbidden" });
  });
});
