/** What a customer trusts the service with appears nowhere: no answer, no webhook, no log, no file at rest. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeClockClip } from "../support/clock-clip.ts";
import { createJobClient, finalView, type JobClient, type JobView } from "../support/job-client.ts";
import { makeTestDirectory } from "../support/make-clip.ts";
import { startMediaServer, type MediaServer } from "../support/media-server.ts";
import { type S3Sink, startS3Sink } from "../support/s3-sink.ts";
import { startTestService, type TestService } from "../support/service-harness.ts";
import { sinkStorage } from "../support/sink-storage.ts";
import { startWebhookSink, type WebhookSink } from "../support/webhook-sink.ts";

/** Each is part of a request and of nothing else. */
const CANARIES = {
  storageKey: "AKCANARY7f3a",
  storageSecret: "canary-storage-9c41",
  inputQuery: "canary-input-query-5b20",
  inputUser: "canary-input-user-77d1",
  inputPassword: "canary-input-password-e3f8",
  webhookQuery: "canary-webhook-query-0a6e",
  webhookParam: "canary-webhook-param-41c9",
};

let service: TestService;
let media: MediaServer;
let webhooks: WebhookSink;
let store: S3Sink;
let client: JobClient;
let jobs: JobView[];
/** Taken from disk while the jobs still had work to do. */
let busyState: string[];

beforeAll(async () => {
  const directory = await makeTestDirectory();
  const clip = await makeClockClip(directory.path, "source.mp4", { seconds: 5 });
  await directory.remove();
  media = await startMediaServer({
    "source.mp4": clip.bytes,
    "text.mp4": Buffer.from("not a video"),
    "moved.mp4": (request, response) =>
      void response.writeHead(302, { location: `/missing.mp4?${(request.url ?? "").split("?")[1]}` }).end(),
  });
  webhooks = await startWebhookSink(() => ({ status: 500 }));
  store = await startS3Sink();
  service = await startTestService();
  client = createJobClient(service);
  const created = await Promise.all([
    createJob("source.mp4", { storage: { service: "coconut" } }),
    createJob("source.mp4"),
    createJob("missing.mp4"),
    createJob("moved.mp4"),
    createJob("text.mp4"),
  ]);
  busyState = await leaks(service.paths.persistDir);
  await refuseRequests();
  jobs = await Promise.all(
    created.map(async ({ id }) => {
      const final = finalView(await client.finish(id));
      await client.request("GET", `/metadata/jobs/${id}`);
      await client.request("GET", `/jobs/${id}/progress`);
      await webhooks.untilJobEvent(id);
      return final;
    }),
  );
}, 150_000);

afterAll(async () => {
  await service?.remove();
  await media?.close();
  await webhooks?.close();
  await store?.close();
});

const secretStorage = (): Record<string, unknown> =>
  sinkStorage(store, {
    credentials: { access_key_id: CANARIES.storageKey, secret_access_key: CANARIES.storageSecret },
  });

function aRequest(name: string, overrides: object = {}): Record<string, unknown> {
  const url = new URL(media.url(name));
  url.username = CANARIES.inputUser;
  url.password = CANARIES.inputPassword;
  url.search = `signature=${CANARIES.inputQuery}`;
  return {
    input: { url: url.href },
    storage: secretStorage(),
    notification: {
      type: "http",
      url: `${webhooks.origin}/hook?token=${CANARIES.webhookQuery}`,
      params: { secret: CANARIES.webhookParam },
      events: true,
      metadata: true,
    },
    outputs: {
      "mp4:x90": { path: "/a.mp4" },
      jpg: { path: "/a.jpg" },
      httpstream: { hls: { path: "/hls" } },
    },
    ...overrides,
  };
}

const createJob = (name: string, overrides: object = {}): Promise<JobView> =>
  client.create(aRequest(name, overrides));

/** Requests that are refused for something near a secret: the sentence must not quote it. */
async function refuseRequests(): Promise<void> {
  const requests = [
    aRequest("source.mp4", {
      input: { url: `ftp://${CANARIES.inputUser}:${CANARIES.inputPassword}@h/?${CANARIES.inputQuery}` },
    }),
    aRequest("source.mp4", { storage: { ...secretStorage(), bucket: "../bad" } }),
    aRequest("source.mp4", {
      storage: {
        ...secretStorage(),
        credentials: { access_key_id: CANARIES.storageKey, secret_access_key: [CANARIES.storageSecret] },
      },
    }),
    aRequest("source.mp4", { notification: { type: "http", url: `nothing?${CANARIES.webhookQuery}` } }),
    aRequest("source.mp4", {
      notification: { type: "http", url: webhooks.origin, params: { a: [CANARIES.webhookParam] } },
    }),
  ];
  for (const request of requests) {
    expect((await client.request("POST", "/jobs", request)).status).toBe(400);
  }
}

/** Names of the canaries in a text or, below a directory, in any file. */
const found = (text: string): string[] =>
  Object.entries(CANARIES).flatMap(([name, canary]) => (text.includes(canary) ? [name] : []));

async function leaks(directory: string): Promise<string[]> {
  const files = await filesBelow(directory);
  return files.flatMap(({ path, text }) => found(text).map((name) => `${name} in ${path}`));
}

async function filesBelow(directory: string): Promise<{ path: string; text: string }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // Encoders and SQLite remove files at any moment.
  return Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(path, "latin1").catch(() => "") })),
  );
}

const textsBelow = async (directory: string): Promise<string> =>
  (await filesBelow(directory)).map(({ text }) => text).join("\n");

describe("a customer's secrets", () => {
  it("were used: inputs were fetched, webhooks went out with them, uploads were refused", () => {
    expect(media.requests.some(({ url }) => url?.includes(CANARIES.inputQuery))).toBe(true);
    expect(media.requests.some(({ headers }) => headers.authorization?.startsWith("Basic "))).toBe(true);
    expect(webhooks.received[0]?.target).toBe(
      `/hook?token=${CANARIES.webhookQuery}&secret=${CANARIES.webhookParam}`,
    );
    expect(
      jobs.map(({ status, input, outputs }) => [status, input.error_code ?? outputs[0]?.error_code]),
    ).toEqual([
      ["job.completed", undefined],
      ["job.failed", "destination_denied"],
      ["job.failed", "source_not_found"],
      ["job.failed", "source_not_found"],
      ["job.failed", "source_not_media"],
    ]);
  });

  it("are in no answer of the API", () => {
    expect(client.answers.length).toBeGreaterThan(20);
    expect(found(client.answers.join("\n"))).toEqual([]);
  });

  it("are in no webhook's body or header", () => {
    const texts = webhooks.received.map(({ text, headers }) => `${text}${JSON.stringify(headers)}`);

    expect(texts.length).toBeGreaterThanOrEqual(jobs.length);
    expect(found(texts.join("\n"))).toEqual([]);
  });

  it("are in no log of the Worker or the encoders", async () => {
    const text = await service.logText();

    expect(text).toContain("destination_denied");
    expect(text).toContain("source_not_found");
    expect(found(text)).toEqual([]);
  });

  it("are in no database and no file, neither while the jobs run nor afterwards", async () => {
    // The record itself is readable, so the files that were searched are the right ones.
    expect(await textsBelow(service.paths.persistDir)).toContain("/source.mp4");
    expect(busyState).toEqual([]);
    expect(await leaks(service.paths.persistDir)).toEqual([]);
    await service.stop();
    expect(await leaks(join(service.paths.persistDir, ".."))).toEqual([]);
  });
});
