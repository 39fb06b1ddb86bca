/** A real HTTP server on a free loopback port, for tests that need to be answered in a certain way. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";

export type LocalServer = {
  /** Such as `http://127.0.0.1:40001`. */
  origin: string;
  /** Every request so far, in order. */
  requests: IncomingMessage[];
  close: () => Promise<void>;
};

/** `host` may be another loopback address such as 127.0.0.2, to be another host to a client; port 0 is a free one. */
export async function startLocalServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>,
  host = "127.0.0.1",
  port = 0,
): Promise<LocalServer> {
  const requests: IncomingMessage[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(request);
    void handle(request, response);
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("the server has no port");
  }
  return {
    origin: `http://${host}:${address.port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers like a static file server: 200 with a length and a strong ETag, or 206 for one range. */
export function serveBytes(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const { start, end } = beginFile(request, response, bytes.length);
  response.end(bytes.subarray(start, end));
}

/** Writes the head of that answer; returns which bytes of the file are to follow, from `start` up to `end`. */
export function beginFile(
  request: IncomingMessage,
  response: ServerResponse,
  length: number,
): { start: number; end: number } {
  const etag = '"v1"';
  const headers = { "accept-ranges": "bytes", etag };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const ifRange = request.headers["if-range"];
  if (range === null || (ifRange !== undefined && ifRange !== etag)) {
    response.writeHead(200, { ...headers, "content-length": length });
    return { start: 0, end: length };
  }
  const start = Number(range[1]);
  const last = Math.min(length - 1, range[2] === "" ? Infinity : Number(range[2]));
  const contentRange = `bytes ${start}-${last}/${length}`;
  response.writeHead(206, {
    ...headers,
    "content-length": last + 1 - start,
    "content-range": contentRange,
  });
  return { start, end: last + 1 };
}

/** `length` bytes that differ from place to place, so that a wrong offset shows. */
export function patternBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) {
    bytes[index] = (index * 31 + (index >> 8) * 7 + (index >> 16)) & 0xff;
  }
  return bytes;
}
