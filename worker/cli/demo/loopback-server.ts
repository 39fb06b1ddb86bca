/** The demo's own side of the conversation, on loopback: serves the source file and receives the webhooks. */
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { getMimeType } from "hono/utils/mime";
import { LOOPBACK } from "../ports.ts";

export type LoopbackServer = {
  /** Where the source file is served; null without one. */
  sourceUrl: string | null;
  webhookUrl: string;
  stop(): Promise<void>;
};

/** Starts the server on a free port. */
export async function startLoopbackServer(options: {
  sourcePath: string | null;
  onWebhook: (body: string, headers: Headers) => void;
}): Promise<LoopbackServer> {
  const app = new Hono();
  const { sourcePath } = options;
  if (sourcePath !== null) {
    app.get("/source/:name", (c) => fileResponse(sourcePath, c.req.header("range")));
  }
  app.post("/webhook", async (c) => {
    const body = await c.req.text();
    options.onWebhook(body, c.req.raw.headers);
    return c.text("ok");
  });
  const listening = Promise.withResolvers<number>();
  const server = serve({ fetch: app.fetch, hostname: LOOPBACK, port: 0 }, ({ port }) =>
    listening.resolve(port),
  );
  server.on("error", listening.reject);
  const origin = `http://${LOOPBACK}:${await listening.promise}`;
  return {
    sourceUrl: sourcePath === null ? null : `${origin}/source/${encodeURIComponent(basename(sourcePath))}`,
    webhookUrl: `${origin}/webhook`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Keep-alive connections of the service would hold it open.
        if ("closeAllConnections" in server) {
          server.closeAllConnections();
        }
      }),
  };
}

/** The file, or the part of it that a `Range: bytes=` header names. */
async function fileResponse(path: string, range: string | undefined): Promise<Response> {
  const type = getMimeType(path) ?? "application/octet-stream";
  const file = await openAsBlob(path, { type });
  const headers = { "accept-ranges": "bytes", "content-type": type };
  const wanted = /^bytes=(?<from>\d+)-(?<to>\d*)$/.exec(range ?? "")?.groups;
  if (wanted === undefined) {
    return new Response(file.stream(), { headers: { ...headers, "content-length": String(file.size) } });
  }
  const from = Number(wanted["from"]);
  const to = Math.min(wanted["to"] === "" ? Number.POSITIVE_INFINITY : Number(wanted["to"]), file.size - 1);
  if (from > to) {
    return new Response(null, {
      status: 416,
      headers: { ...headers, "content-range": `bytes */${file.size}` },
    });
  }
  return new Response(file.slice(from, to + 1).stream(), {
    status: 206,
    headers: {
      ...headers,
      "content-length": String(to - from + 1),
      "content-range": `bytes ${from}-${to}/${file.size}`,
    },
  });
}
