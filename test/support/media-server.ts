/** Where sources lie: a file server with Range, and handlers for servers that behave otherwise. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type LocalServer, serveBytes, startLocalServer } from "./local-server.ts";

export type SourceHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export type MediaServer = LocalServer & {
  /** Address of a file or handler. */
  url: (name: string) => string;
};

/** Serves each name's bytes, or lets its handler answer; everything else is 404. */
export async function startMediaServer(
  files: Record<string, Uint8Array | SourceHandler>,
): Promise<MediaServer> {
  const server = await startLocalServer((request, response) => {
    const name = (request.url ?? "").slice(1).split("?")[0] ?? "";
    const file = Object.hasOwn(files, name) ? files[name] : undefined;
    if (file === undefined) {
      response.writeHead(404).end("nothing here");
      return;
    }
    return file instanceof Uint8Array ? serveBytes(request, response, file) : file(request, response);
  });
  return { ...server, url: (name) => `${server.origin}/${name}` };
}
