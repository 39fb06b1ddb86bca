/** Servers of sources that end with the test, and those that do not do what they should. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach } from "vitest";
import { type LocalServer, startLocalServer } from "./local-server.ts";
import { type RigOptions, type SourceRig, startSourceRig } from "./source-rig.ts";

export type SourceTest = {
  serve: (
    handle: (request: IncomingMessage, response: ServerResponse) => void,
    host?: string,
  ) => Promise<LocalServer>;
  rigFor: (options?: RigOptions) => Promise<SourceRig>;
  /** Reads all of a source with a cache of its own. */
  readAll: (url: string, options?: RigOptions) => Promise<Buffer>;
  /** Has something else done after the test. */
  cleanup: (action: () => Promise<unknown>) => void;
};

/** Servers and caches that are closed after each test of the file. */
export function sourceTest(): SourceTest {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) {
      await cleanup();
    }
  });
  const rigFor = async (options: RigOptions = {}): Promise<SourceRig> => {
    const rig = await startSourceRig(options);
    cleanups.push(rig.close);
    return rig;
  };
  return {
    async serve(handle, host) {
      const server = await startLocalServer(handle, host);
      cleanups.push(server.close);
      return server;
    },
    rigFor,
    readAll: async (url, options) => (await rigFor(options)).readAll(url),
    cleanup: (action) => void cleanups.push(action),
  };
}

/** First and last byte of a request with a Range. */
export function askedRange(request: IncomingMessage): [firstByte: number, lastByte: number] {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  return [Number(first), Number(last)];
}

/** A 200 with the whole file, as of a server that knows no ranges. */
export function serveWhole(
  response: ServerResponse,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { "content-length": bytes.length, ...headers }).end(bytes);
}

/** Sends headers and a part of the body, then breaks the connection. */
export function breakOff(
  response: ServerResponse,
  bytes: Uint8Array,
  sentBytes: number,
  headers: Record<string, string> = {},
  status = 200,
): void {
  response.writeHead(status, { "content-length": bytes.length, ...headers });
  response.write(bytes.subarray(0, sentBytes), () => response.destroy());
}
