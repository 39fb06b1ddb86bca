/**
 * What FFmpeg reads sources from: an HTTP server on loopback whose addresses nobody can guess. It knows no
 * customer's URL; what it serves is read from whoever publishes it.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { parseByteRange } from "./byte-range.ts";

export type PublishedContent = {
  sizeBytes: number;
  /** Bytes [startByte, endByte) in order; ends early only by throwing. */
  read: (startByte: number, endByte: number, signal: AbortSignal) => AsyncIterable<Buffer>;
};

/** An address that is served until it is revoked; what is being read then breaks off. */
type Publication = { url: string; revoke: () => void };

export interface LoopbackServer {
  publish(content: PublishedContent): Publication;
  close(): Promise<void>;
}

type Published = { content: PublishedContent; revoked: AbortController };

/** Listens on a free port. The process may end while it listens. */
export async function startLoopbackServer(): Promise<LoopbackServer> {
  const published = new Map<string, Published>();
  const server = createServer((request, response) => {
    const found = published.get(request.url ?? "");
    if (found === undefined) {
      response.writeHead(404).end();
    } else {
      void answer(request, response, found);
    }
  });
  const origin = await listen(server);
  return {
    publish(content) {
      const path = `/${randomBytes(32).toString("base64url")}`;
      const revoked = new AbortController();
      published.set(path, { content, revoked });
      const revoke = (): void => {
        published.delete(path);
        revoked.abort(new Error("the address is revoked"));
      };
      return { url: `${origin}${path}`, revoke };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { content, revoked }: Published,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const { sizeBytes } = content;
  const range = parseByteRange(request.headers.range, sizeBytes);
  if (range === "unsatisfiable") {
    response.writeHead(416, { "content-range": `bytes */${sizeBytes}` }).end();
    return;
  }
  const { startByte, endByte } = range ?? { startByte: 0, endByte: sizeBytes };
  response.writeHead(range === null ? 200 : 206, {
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    "content-length": endByte - startByte,
    ...(range && { "content-range": `bytes ${startByte}-${endByte - 1}/${sizeBytes}` }),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const gone = new AbortController();
  response.once("close", () => gone.abort(new Error("the reader has gone")));
  const signal = AbortSignal.any([gone.signal, revoked.signal]);
  // The pipeline destroys the response when reading fails: a clean end would pass for the end of the file.
  await pipeline(content.read(startByte, endByte, signal), response).catch(() => response.destroy());
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("the loopback server has no port");
  }
  server.unref();
  return `http://127.0.0.1:${address.port}`;
}
