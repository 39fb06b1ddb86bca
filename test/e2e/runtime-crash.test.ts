/** The Worker's whole runtime dies in the middle of jobs and comes back on the same state. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClockClip, makeClockClip, shownTimes } from "../support/clock-clip.ts";
import { downloadFile } from "../support/download-file.ts";
import { finalView, type JobView, untilHalfWay } from "../support/job-client.ts";
import { frameTimes } from "../support/make-clip.ts";
import { findDisorder } from "../support/status-order.ts";
import { readStoredState } from "../support/stored-objects.ts";
import { type Received, verifySignature } from "../support/webhook-sink.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const SECONDS = 6;
const SLOW_FORMAT = "mp4:960x540";

let bed: TestBed;
let clip: ClockClip;
/** Every job that was answered with 201. */
const promised: string[] = [];

beforeAll(async () => {
  bed = await startTestBed(async (directory) => {
    clip = await makeClockClip(directory, "source.mp4", {
      seconds: SECONDS,
      size: "640x360",
      grain: true,
    });
    return { "source.mp4": clip.bytes };
  });
});

afterAll(() => bed?.close());

const createJob = (outputs: object): Promise<JobView> =>
  bed.client.create({
    input: { url: bed.media.url("source.mp4") },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin, events: true },
    outputs,
  });

async function createWatchedJob(outputs: object): Promise<JobView> {
  const job = await createJob(outputs);
  promised.push(job.id);
  return job;
}

async function expectWholeEncode(url: string | undefined): Promise<void> {
  const path = await downloadFile(url, bed.directory, "result.mp4");
  const errors = (await shownTimes(path, clip)).map((time, index) => Math.abs(time - index / 25));
  expect(errors).toHaveLength(SECONDS * 25);
  expect(Math.max(...errors)).toBeLessThan(0.3);
}

/** Every event of the job came, each in order at first; one that came again came under the same id, word for word. */
function expectEvents(deliveries: readonly Received[], events: readonly string[]): void {
  const byId = new Map<string, Received[]>();
  for (const delivery of deliveries) {
    const id = String(delivery.headers["webhook-id"]);
    byId.set(id, [...(byId.get(id) ?? []), delivery]);
    expect(() => verifySignature(delivery, bed.service.webhookSecret)).not.toThrow();
  }
  expect([...byId.values()].map(([first]) => first?.body.event)).toEqual(events);
  expect([...byId.values()].map(([first]) => first?.headers["copra-sequence"])).toEqual(
    events.map((_, index) => String(index + 1)),
  );
  for (const repeats of byId.values()) {
    expect(new Set(repeats.map(({ text }) => text)).size).toBe(1);
  }
}

describe("a Worker that is killed while the encoders live on", () => {
  it("finds the running tasks again and repeats none", async () => {
    const job = await createWatchedJob({
      "jpg:160x": { path: "/%.2d.jpg", number: 2 },
      [SLOW_FORMAT]: { path: "/whole.mp4" },
      httpstream: { hls: { path: "/hls" } },
    });
    const following = bed.client.finish(job.id);
    await untilHalfWay(bed.client, job.id, 1);

    await bed.service.killWorker();
    await bed.service.startWorkerAgain();

    const views = await following;
    expect(finalView(views)).toMatchObject({ status: "job.completed", progress: "100%" });
    expect(findDisorder(views)).toEqual([]);
    const ends = bed.service.attemptEnds(job.id);
    expect(ends.filter(({ outcome, attempt }) => outcome !== "done" || attempt !== 1)).toEqual([]);
    expect(new Set(ends.map(({ taskId }) => taskId)).size).toBe(ends.length);
    await expectWholeEncode(finalView(views).outputs[1]?.url);
    expectEvents(await bed.webhooks.untilJobEvent(job.id), [
      "input.transferred",
      ...Array<string>(3).fill("output.completed"),
      "job.completed",
    ]);
  });
});

describe("a service that is killed as a whole", () => {
  it("takes the job up again, and what was finished stays finished", async () => {
    const job = await createWatchedJob({
      "jpg:160x": { path: "/%.2d.jpg", number: 2 },
      [SLOW_FORMAT]: { path: "/whole.mp4" },
    });
    const following = bed.client.finish(job.id);
    await untilHalfWay(bed.client, job.id, 1);
    await bed.client.follow(job.id, ({ outputs }) => outputs[0]?.status === "image.created");

    await bed.service.killEverythingAndRestart();

    const views = await following;
    expect(finalView(views)).toMatchObject({ status: "job.completed", progress: "100%" });
    expect(findDisorder(views)).toEqual([]);
    expect(bed.service.attemptEnds(job.id).map(({ taskId, outcome }) => [taskId, outcome])).toEqual([
      ["ingest", "done"],
      ["output-0", "done"],
      ["output-1", "done"],
    ]);
    await expectWholeEncode(finalView(views).outputs[1]?.url);
    expectEvents(await bed.webhooks.untilJobEvent(job.id), [
      "input.transferred",
      "output.completed",
      "output.completed",
      "job.completed",
    ]);
  });

  it("finishes every job that it acknowledged, down to the last moment", async () => {
    const acknowledged: string[] = [];
    const enough = Promise.withResolvers<void>();
    const requests = Array.from({ length: 20 }, async (_, index) => {
      const { id } = await createJob({
        "mp4:x90": { path: `/${index}.mp4`, duration: 1, offset: index % 4 },
      });
      acknowledged.push(id);
      if (acknowledged.length === 10) {
        enough.resolve();
      }
    });
    const answers = Promise.allSettled(requests);
    await Promise.race([enough.promise, answers]);

    // The rest is on its way: some of it may be in and unanswered, which is no promise.
    await bed.service.killEverythingAndRestart();

    await answers;
    expect(acknowledged.length).toBeGreaterThanOrEqual(10);
    // Not by polling: so many jobs at once would be kept busy by it.
    await Promise.all(acknowledged.map((id) => bed.webhooks.untilJobEvent(id)));
    const finals = await Promise.all(acknowledged.map((id) => bed.client.read(id)));
    expect(finals.map(({ status }) => status)).toEqual(acknowledged.map(() => "job.completed"));
    for (const [index, job] of finals.entries()) {
      const path = await downloadFile(job.outputs[0]?.url, bed.directory, `${index}.mp4`);
      expect(await frameTimes(path)).toHaveLength(25);
      expectEvents(await bed.webhooks.untilJobEvent(job.id), [
        "input.transferred",
        "output.completed",
        "job.completed",
      ]);
    }
    promised.push(...acknowledged);
  });

  it("leaves nothing open and no work file behind after all that", async () => {
    await bed.service.stop();
    const { objectKeys, jobs } = await readStoredState(bed.service.paths);

    expect(objectKeys.filter((key) => !key.startsWith("hosted/"))).toEqual([]);
    const kept = jobs.filter(({ id }) => promised.includes(id));
    expect(kept.map(({ status, isOpen }) => [status, isOpen])).toEqual(
      promised.map(() => ["completed", false]),
    );
  });
});
