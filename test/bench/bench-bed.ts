/** What every measurement stands on: sources behind a loopback server, the service, and the news of finished jobs. */
import { EventEmitter, once } from "node:events";
import { createReadStream, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { startService, type Service } from "../../worker/cli/service.ts";
import { benchApi, type BenchApi } from "./api-client.ts";

export type BenchBed = {
  service: Service;
  api: BenchApi;
  /** Address of a file of the bench's directory. */
  urlOf: (name: string) => string;
  close: () => Promise<void>;
};

export type BenchBedOptions = {
  /** Where the sources lie, and where the service keeps its state in a folder of this name. */
  directory: string;
  stateName: string;
  encoderCount?: number;
  encoderSlots?: number;
};

/** Starts a service of its own; several may follow each other. */
export async function openBenchBed(options: BenchBedOptions): Promise<BenchBed> {
  const { directory, stateName, ...serviceOptions } = options;
  const finished = new Map<string, string>();
  const arrivals = new EventEmitter().setMaxListeners(0);
  const server = createServer((request, response) => {
    if (request.url === "/webhook") {
      void json(request).then((event) => {
        const { job_id: jobId, event: name } = event as { job_id: string; event: string };
        finished.set(jobId, name);
        arrivals.emit(jobId);
        response.end();
      });
    } else {
      serveFile(directory, request, response);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service = await startService({
    ...serviceOptions,
    stateDir: join(directory, stateName),
    port: 0,
  });
  const jobEvent = async (jobId: string): Promise<string> => {
    if (!finished.has(jobId)) {
      await once(arrivals, jobId);
    }
    return finished.get(jobId) ?? "";
  };
  return {
    service,
    api: benchApi(service, { url: `${origin}/webhook`, jobEvent }),
    urlOf: (name) => `${origin}/${name}`,
    close: async () => {
      await service.stop();
      server.close();
    },
  };
}

/** A plain file server with Range, as a customer's bucket is one. */
function serveFile(directory: string, request: IncomingMessage, response: ServerResponse): void {
  const name = (request.url ?? "").slice(1);
  const sizeBytes = /^[a-z0-9-]+\.mp4$/.test(name) ? fileSize(join(directory, name)) : null;
  if (sizeBytes === null) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Math.min(Number(range[2]), sizeBytes - 1) : sizeBytes - 1;
  response.writeHead(range ? 206 : 200, {
    "accept-ranges": "bytes",
    "content-length": end - start + 1,
    "last-modified": new Date(0).toUTCString(),
    ...(range ? { "content-range": `bytes ${start}-${end}/${sizeBytes}` } : {}),
  });
  createReadStream(join(directory, name), { start, end }).pipe(response);
}

function fileSize(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
