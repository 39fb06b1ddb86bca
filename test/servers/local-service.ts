/**
 * The whole service with a server of sources and a receiver of webhooks beside it. Everything that leaves the service
 * can be searched, and so can everything that it keeps.
 */
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AwsClient } from "aws4fetch";
import { loadSecrets } from "../../worker/cli/dev-state.ts";
import { workPrefix } from "../../worker/domain/object-keys.ts";
import { mintGatewayCredentials } from "../../worker/gateway/gateway-credentials.ts";
import { parseMasterKey } from "../../worker/secrets/master-key.ts";
import { eventually } from "../support/eventually.ts";
import { createJobClient, type JobView } from "../support/job-client.ts";
import { makeTestDirectory } from "../support/make-clip.ts";
import { startMediaServer } from "../support/media-server.ts";
import { startTestService, type TestService } from "../support/service-harness.ts";
import { startWebhookSink, verifySignature } from "../support/webhook-sink.ts";

export type LocalService = {
  service: TestService;
  /** For the test's own files; removed at the end. */
  directory: string;
  /** Adds a file to the source server and returns its URL. */
  serve(path: string): Promise<string>;
  /** Creates a job with webhooks, waits for the last of them and returns the job's final view. */
  runJob(request: Record<string, unknown>): Promise<JobView>;
  /** Waits until Copra's own bucket no longer has what the job's encoders wrote there; returns how many objects that were. */
  untilWorkFilesAreGone(jobId: string): Promise<number>;
  /** Where a text was seen: answers of the API, webhooks, and files below the state directory, logs included. */
  placesOf(text: string): string[];
  stop(): Promise<void>;
};

/** A small clip on two busy cores takes seconds; a job that needs this long is stuck. */
const JOB_LIMIT_MS = 150_000;

export async function startLocalService(): Promise<LocalService> {
  const directory = await makeTestDirectory();
  const files: Record<string, Uint8Array> = {};
  const sources = await startMediaServer(files);
  const sink = await startWebhookSink();
  const service = await startTestService();
  const client = createJobClient(service);
  return {
    service,
    directory: directory.path,
    serve: async (path) => {
      files[basename(path)] = await readFile(path);
      return sources.url(basename(path));
    },
    runJob: async (request) => {
      const notification = { type: "http", url: sink.origin, events: true, metadata: true };
      const { id } = await client.create({ notification, ...request });
      await eventually(
        `job ${id} sends its last event`,
        () => sink.of(id).some(({ body }) => body.event.startsWith("job.")),
        JOB_LIMIT_MS,
      );
      sink.of(id).forEach((delivery) => verifySignature(delivery, service.webhookSecret));
      return client.read(id);
    },
    untilWorkFilesAreGone: (jobId) => untilWorkFilesAreGone(service, jobId),
    placesOf: (text) => [
      ...client.answers.filter((answer) => answer.includes(text)),
      ...sink.received.map((delivery) => delivery.text).filter((body) => body.includes(text)),
      ...filesBelow(dirname(service.paths.logsDir)).filter((path) => holds(path, text)),
    ],
    stop: async () => {
      await service.remove();
      await Promise.all([sources.close(), sink.close(), directory.remove()]);
    },
  };
}

/** The keys are those that the Worker logged; the gateway is asked for them as an encoder would ask. */
async function untilWorkFilesAreGone(service: TestService, jobId: string): Promise<number> {
  const prefix = workPrefix(jobId);
  const log = await service.logText();
  const urls = [...log.matchAll(/PUT (\/s3\/copra\/(work\/[^/]+\/)\S+) 200/g)]
    .filter(([, , keyPrefix]) => keyPrefix === prefix)
    .map(([, path]) => `${service.url}${path}`);
  const masterKey = parseMasterKey(loadSecrets(service.paths).masterKey);
  const grant = { prefix, access: "r", expiresAt: Date.now() + 120_000 } as const;
  const credentials = await mintGatewayCredentials({ masterKey, ...grant });
  const aws = new AwsClient({ ...credentials, service: "s3", region: "auto", retries: 0 });
  for (const url of urls) {
    await eventually(
      `${url} is deleted`,
      async () => (await aws.fetch(url, { method: "HEAD" })).status === 404,
      30_000,
    );
  }
  return urls.length;
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path).includes(text);
  } catch (error) {
    // An encoder clears its scratch while the files are read.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return false;
    }
    throw error;
  }
}
