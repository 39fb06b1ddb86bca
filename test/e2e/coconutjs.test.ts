/** The official JavaScript SDK, as npm has it, against the whole service: only its `endpoint` is changed. */
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeClockClip } from "../support/clock-clip.ts";
import { createJobClient } from "../support/job-client.ts";
import { makeTestDirectory } from "../support/make-clip.ts";
import { startMediaServer, type MediaServer } from "../support/media-server.ts";
import { startTestService, type TestService } from "../support/service-harness.ts";
import { startWebhookSink, type WebhookSink } from "../support/webhook-sink.ts";

type SdkJob = {
  id: string;
  status: string;
  progress: string;
  outputs: { key: string; status: string; url?: string }[];
};
type SdkMetadata = {
  job_id: string;
  metadata: { input?: { streams: unknown[]; format: Record<string, unknown> } };
};
type SdkError = { error_code: string; message: string };
type Callback<Value> = (value: Value | null, error: SdkError | null) => void;
/** With a callback nothing is returned; without one the promise is null for every error. */
type Method<Argument, Value> = {
  (argument: Argument, callback: Callback<Value>): void;
  (argument: Argument): Promise<Value | null>;
};
type Client = {
  endpoint: string;
  notification: object;
  storage: object;
  Job: { create: Method<object, SdkJob>; retrieve: Method<string, SdkJob> };
  Metadata: { retrieve: Method<string, SdkMetadata> };
};
type Sdk = { Client: new (apiKey: string, config?: object) => Client };

const coconutjs = createRequire(import.meta.url)("coconutjs") as Sdk;

let service: TestService;
let media: MediaServer;
let sink: WebhookSink;

beforeAll(async () => {
  const directory = await makeTestDirectory();
  const clip = await makeClockClip(directory.path, "source.mp4", { seconds: 5 });
  await directory.remove();
  media = await startMediaServer({ "source.mp4": clip.bytes });
  sink = await startWebhookSink();
  service = await startTestService();
});

afterAll(async () => {
  await service?.remove();
  await media?.close();
  await sink?.close();
});

/** As the SDK's own tests set a client up. */
function aClient(key = service.key): Client {
  const client = new coconutjs.Client(key, { endpoint: `${service.url}/v2` });
  client.notification = { type: "http", url: `${sink.origin}/hook` };
  client.storage = { service: "coconut", path: "/coconutjs/tests/" };
  return client;
}

const aRequest = (overrides: object = {}) => ({
  input: { url: media.url("source.mp4") },
  outputs: { mp4: { path: "/video.mp4", duration: 1 } },
  ...overrides,
});

/** Both arguments that the SDK calls back with. */
function called<Argument, Value>(
  method: Method<Argument, Value>,
  argument: Argument,
): Promise<{ value: Value | null; error: SdkError | null }> {
  return new Promise((resolve) => method(argument, (value, error) => resolve({ value, error })));
}

describe("coconutjs", () => {
  it("creates a job and calls back with it", async () => {
    const { Job } = aClient();

    const { value: job, error } = await called(Job.create.bind(Job), aRequest());

    expect(error).toBeNull();
    expect(job).toMatchObject({ status: "job.starting", progress: "0%" });
    expect(job?.id).toMatch(/^[A-Za-z0-9]{14}$/);
  });

  it("creates a job and resolves to it", async () => {
    const job = await aClient().Job.create(aRequest());

    expect(job).toMatchObject({ status: "job.starting", outputs: [{ key: "mp4", status: "video.waiting" }] });
  });

  it("creates a job that asks for ultrafast", async () => {
    const job = await aClient().Job.create(aRequest({ settings: { ultrafast: true } }));

    expect(job?.status).toBe("job.starting");
  });

  it("retrieves a job until it is completed, by callback and by promise, and its file can be read", async () => {
    const { Job } = aClient();
    const created = await Job.create(aRequest());
    await createJobClient(service).finish(created?.id ?? "");

    const byPromise = await Job.retrieve(created?.id ?? "");
    const { value: byCallback, error } = await called(Job.retrieve.bind(Job), created?.id ?? "");

    expect(error).toBeNull();
    expect(byCallback).toEqual(byPromise);
    expect(byPromise).toMatchObject({ id: created?.id, status: "job.completed", progress: "100%" });
    const file = await fetch(byPromise?.outputs[0]?.url ?? "");
    expect(file.status).toBe(200);
    expect(new URL(file.url).pathname).toMatch(/\/coconutjs\/tests\/video\.mp4$/);
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(1000);
  });

  it("retrieves metadata, before and after the input is known", async () => {
    const client = aClient();
    const created = await client.Job.create(aRequest());
    const early = await client.Metadata.retrieve(created?.id ?? "");
    await createJobClient(service).finish(created?.id ?? "");

    const { value: late, error } = await called(
      client.Metadata.retrieve.bind(client.Metadata),
      created?.id ?? "",
    );

    expect(early?.job_id).toBe(created?.id);
    expect(early?.metadata).toBeTypeOf("object");
    expect(error).toBeNull();
    expect(late?.metadata.input?.streams).toHaveLength(2);
    expect(late?.metadata.input?.format).toMatchObject({ duration: expect.stringMatching(/^5\.\d{6}$/) });
  });

  it.each([
    {
      what: "an unknown output parameter",
      request: () => aRequest({ outputs: { mp4: { path: "/video.mp4", notvalidparam: "no" } } }),
      code: "output_param_not_valid",
      message: /notvalidparam/,
    },
    {
      what: "a bad input URL",
      request: () => aRequest({ input: { url: "notvalidurl" } }),
      code: "input_url_not_valid",
      message: /input\.url/,
    },
    {
      what: "a missing input",
      request: () => ({ outputs: aRequest().outputs }),
      code: "input_not_valid",
      message: /^The job 'input' is not a valid object\.$/,
    },
  ])("calls back with $code for $what", async ({ request, code, message }) => {
    const { Job } = aClient();

    const { value, error } = await called(Job.create.bind(Job), request());

    expect(value).toBeNull();
    expect(error?.error_code).toBe(code);
    expect(error?.message).toMatch(message);
    // The promise form swallows errors; it must still settle.
    await expect(Job.create(request())).resolves.toBeNull();
  });

  it("calls back with authentication_failed for an unknown key, from every method", async () => {
    const { Job, Metadata } = aClient("k-ffffffffffffffffffffffffffffffff");

    const errors = [
      (await called(Job.create.bind(Job), aRequest())).error,
      (await called(Job.retrieve.bind(Job), "AbCdEfGhIjKlMn")).error,
      (await called(Metadata.retrieve.bind(Metadata), "AbCdEfGhIjKlMn")).error,
    ];

    expect(errors.map((error) => error?.error_code)).toEqual(Array(3).fill("authentication_failed"));
  });

  it("calls back with server_error for an unknown job, which the SDK makes of every other refusal", async () => {
    const { Job, Metadata } = aClient();

    expect((await called(Job.retrieve.bind(Job), "AbCdEfGhIjKlMn")).error).toMatchObject({
      error_code: "server_error",
      message: "Server returned HTTP status 404",
    });
    expect((await called(Metadata.retrieve.bind(Metadata), "AbCdEfGhIjKlMn")).error?.message).toMatch(/404$/);
  });
});
