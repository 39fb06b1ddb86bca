/** Receivers of webhooks that are down, slow, silent or say no: what they get, and that jobs do not care. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../worker/cli/ports.ts";
import { makeClockClip } from "../support/clock-clip.ts";
import { eventually } from "../support/eventually.ts";
import { createJobClient, finalView, type JobClient, type JobView } from "../support/job-client.ts";
import { makeTestDirectory } from "../support/make-clip.ts";
import { startMediaServer, type MediaServer } from "../support/media-server.ts";
import { startTestService, type TestService } from "../support/service-harness.ts";
import {
  type Received,
  type SinkAnswer,
  startWebhookSink,
  verifySignature,
  type WebhookSink,
} from "../support/webhook-sink.ts";

/** The second attempt comes 5 s after the first one has failed, give or take 15 %. */
const RETRY_MS = { least: 5_000 * 0.85, most: 5_000 * 1.15 };
/** What a busy machine may add. */
const SLACK_MS = 8_000;
const DELIVERY_TIMEOUT_MS = 15_000;

let service: TestService;
let media: MediaServer;
let client: JobClient;
let sinks: WebhookSink[];

beforeAll(async () => {
  sinks = [];
  const directory = await makeTestDirectory();
  const clip = await makeClockClip(directory.path, "source.mp4", { seconds: 5 });
  await directory.remove();
  media = await startMediaServer({ "source.mp4": clip.bytes });
  service = await startTestService();
  client = createJobClient(service);
});

afterAll(async () => {
  await service?.remove();
  await media?.close();
  await Promise.all(sinks.map((sink) => sink.close()));
});

/** A receiver that treats the first attempt badly and the later ones well. */
async function aSink(
  first: SinkAnswer | ((delivery: Received) => Promise<SinkAnswer>),
  port = 0,
): Promise<WebhookSink> {
  const sink = await startWebhookSink((delivery) => {
    if (delivery.headers["copra-attempt"] !== "1") {
      return { status: 200 };
    }
    return typeof first === "function" ? first(delivery) : first;
  }, port);
  sinks.push(sink);
  return sink;
}

const createJob = (origin: string, overrides: object = {}): Promise<JobView> =>
  client.create({
    input: { url: media.url("source.mp4") },
    storage: { service: "coconut" },
    notification: { type: "http", url: `${origin}/hook` },
    outputs: { "jpg:160x": { path: "/picture.jpg" } },
    ...overrides,
  });

async function finish(job: JobView): Promise<JobView> {
  const final = finalView(await client.finish(job.id));
  expect(final.status).toBe("job.completed");
  return final;
}

const untilAttempt = (sink: WebhookSink, count: number): Promise<Received[]> =>
  eventually(`attempt ${count} arrives`, () => (sink.received.length >= count ? sink.received : null));

/** Two attempts of one event, the second `waitMs` after the first, or a little later. */
function expectRetry(received: readonly Received[], waitMs: { least: number; most: number }): void {
  const [first, second] = received;
  expect(received.map(({ headers }) => headers["copra-attempt"])).toEqual(["1", "2"]);
  expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  expect(second?.headers["copra-sequence"]).toBe(first?.headers["copra-sequence"]);
  expect(second?.text).toBe(first?.text);
  const gapMs = (second?.at ?? 0) - (first?.at ?? 0);
  expect(gapMs).toBeGreaterThanOrEqual(waitMs.least);
  expect(gapMs).toBeLessThan(waitMs.most + SLACK_MS);
  for (const delivery of received) {
    expect(() => verifySignature(delivery, service.webhookSecret)).not.toThrow();
  }
}

describe.concurrent("a webhook receiver", () => {
  it("that answers 500 gets the same event again after about 5 s", async () => {
    const sink = await aSink({ status: 500 });

    await finish(await createJob(sink.origin));

    expectRetry(await untilAttempt(sink, 2), RETRY_MS);
  });

  it("that is down gets the event when it is up again", async () => {
    const [port = 0] = await freePorts(1);
    const job = await createJob(`http://127.0.0.1:${port}`);
    await finish(job);

    const sink = await aSink({ status: 200 }, port);

    const [delivery] = await untilAttempt(sink, 1);
    expect(delivery?.headers["copra-attempt"]).toBe("2");
    expect(delivery?.body).toMatchObject({ job_id: job.id, event: "job.completed" });
  });

  it("that takes 12 s is waited for", async () => {
    const sink = await aSink(() => after(12_000, { status: 200 }));

    const job = await createJob(sink.origin);
    await finish(job);
    await untilAttempt(sink, 1);
    await after(12_000 + RETRY_MS.most + SLACK_MS, { status: 200 });

    expect(sink.received).toHaveLength(1);
  });

  it("that never answers is given 15 s, and the event again after about 5 s more", async () => {
    const sink = await aSink("silence");

    await finish(await createJob(sink.origin));

    expectRetry(await untilAttempt(sink, 2), {
      least: DELIVERY_TIMEOUT_MS + RETRY_MS.least,
      most: DELIVERY_TIMEOUT_MS + RETRY_MS.most,
    });
  });

  it("that redirects is not followed and counts as failed", async () => {
    const elsewhere = await aSink({ status: 200 });
    const sink = await aSink({ status: 301, headers: { location: `${elsewhere.origin}/hook` } });

    await finish(await createJob(sink.origin));

    expectRetry(await untilAttempt(sink, 2), RETRY_MS);
    expect(elsewhere.received).toEqual([]);
  });

  it("that answers 410 gets this event no more", async () => {
    const sink = await aSink({ status: 410 });

    await finish(await createJob(sink.origin));
    await untilAttempt(sink, 1);
    await after(RETRY_MS.most + SLACK_MS, { status: 200 });

    expect(sink.received).toHaveLength(1);
  });

  it("that asks for more time with Retry-After gets it", async () => {
    const sink = await aSink({ status: 503, headers: { "retry-after": "9" } });

    await finish(await createJob(sink.origin));

    expectRetry(await untilAttempt(sink, 2), { least: 9_000, most: 9_000 });
  });

  it("that hangs holds up neither the encoding nor, for long, the other events", async () => {
    const sink = await aSink(({ headers }) =>
      after(0, headers["copra-sequence"] === "1" ? "silence" : { status: 200 }),
    );

    const job = await createJob(sink.origin, {
      notification: { type: "http", url: sink.origin, events: true },
      outputs: { "mp4:x90": { path: "/small.mp4" }, jpg: { path: "/picture.jpg" } },
    });
    await finish(job);
    const sequencesAtTheEnd = sink.received.map(({ headers }) => headers["copra-sequence"]);
    const received = await untilAttempt(sink, 5);

    // The first event was still waiting for its answer when the whole job was done.
    expect(sequencesAtTheEnd).toEqual(["1"]);
    expect(received.map(({ headers }) => [headers["copra-sequence"], headers["copra-attempt"]])).toEqual([
      ["1", "1"],
      ["2", "1"],
      ["3", "1"],
      ["4", "1"],
      ["1", "2"],
    ]);
  });
});

/** Resolves to the answer after a while: here time itself is what is tested. */
function after(ms: number, answer: SinkAnswer): Promise<SinkAnswer> {
  return new Promise((resolve) => setTimeout(() => resolve(answer), ms));
}
