/** A server with Range for files that are too large to exist: their bytes are made when they are asked for. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type LocalServer, startLocalServer } from "./local-server.ts";

export type RangeServer = LocalServer & {
  /** What was handed to the network, over all requests. */
  sentBytes: () => number;
  /** Spans that were asked for, in order. */
  spans: [startByte: number, endByte: number][];
};

const PIECE_BYTES = 64 * 1024;

/** Serves `sizeBytes` bytes; `bytesAt` gives those of a span. */
export async function startRangeServer(
  sizeBytes: number,
  bytesAt: (startByte: number, endByte: number) => Buffer,
): Promise<RangeServer> {
  let sentBytes = 0;
  const spans: [number, number][] = [];
  const server = await startLocalServer(async (request: IncomingMessage, response: ServerResponse) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const startByte = Number(first);
    const endByte = Math.min(sizeBytes, Number(last) + 1);
    spans.push([startByte, endByte]);
    response.writeHead(206, {
      etag: '"v1"',
      "content-length": endByte - startByte,
      "content-range": `bytes ${startByte}-${endByte - 1}/${sizeBytes}`,
    });
    for (let at = startByte; at < endByte && !response.destroyed; at += PIECE_BYTES) {
      const piece = bytesAt(at, Math.min(endByte, at + PIECE_BYTES));
      sentBytes += piece.length;
      await new Promise((resolve) => response.write(piece, resolve));
    }
    response.end();
  });
  return { ...server, sentBytes: () => sentBytes, spans };
}
