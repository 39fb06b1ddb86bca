/** Jobs that share two real encoders: who gets one, who waits, who gives one back, and who loses one. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { localKeyDatabase } from "../../worker/cli/key-database.ts";
import { createKey } from "../../worker/cli/key-store.ts";
import { openLocalDatabase } from "../../worker/cli/local-database.ts";
import { type ClockClip, makeClockClip, shownTimes } from "../support/clock-clip.ts";
import { downloadFile } from "../support/download-file.ts";
import { eventually } from "../support/eventually.ts";
import { createJobClient, finalView, type JobClient, type JobView } from "../support/job-client.ts";
import { makeTestDirectory } from "../support/make-clip.ts";
import { startMediaServer, type MediaServer } from "../support/media-server.ts";
import { startTestService, type TestService } from "../support/service-harness.ts";
import { findDisorder } from "../support/status-order.ts";

const FRAME_RATE = 25;
/** Far larger than the source, so that it takes its time. */
const SLOW_FORMAT = "mp4:960x540";

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let short: ClockClip;
let long: ClockClip;
let service: TestService;
let media: MediaServer;
let client: JobClient;
let neighbour: JobClient;

beforeAll(async () => {
  directory = await makeTestDirectory();
  short = await makeClockClip(directory.path, "short.mp4", { seconds: 4, size: "320x180", grain: true });
  long = await makeClockClip(directory.path, "long.mp4", { seconds: 70, size: "64x36" });
  media = await startMediaServer({ "short.mp4": short.bytes, "long.mp4": long.bytes });
  service = await startTestService({ encoderCount: 2 });
  client = createJobClient(service);
  neighbour = createJobClient({ url: service.url, key: await newAccountKey() });
});

afterAll(async () => {
  await service?.remove();
  await media?.close();
  await directory?.remove();
});

async function newAccountKey(): Promise<string> {
  const file = openLocalDatabase(service.paths);
  try {
    const request = { accountName: "neighbour", label: "test", now: Date.now() };
    return (await createKey(localKeyDatabase(file), request)).key;
  } finally {
    file.close();
  }
}

const createJob = (by: JobClient, source: "short.mp4" | "long.mp4", change: object = {}): Promise<JobView> =>
  by.create({
    input: { url: media.url(source) },
    storage: { service: "coconut" },
    notification: { type: "http", url: media.url("webhook") },
    outputs: { [SLOW_FORMAT]: { path: "/out.mp4" } },
    ...change,
  });

/** An output per path, all in the slow format. */
const slowOutputs = (count: number) => ({
  outputs: { [SLOW_FORMAT]: Array.from({ length: count }, (_, index) => ({ path: `/${index}.mp4` })) },
});

const ultrafast = { settings: { ultrafast: true } };

/** Chunks that keep two encoders at work for far longer than a short job takes. */
const bigJob = { ...slowOutputs(3), ...ultrafast };

/** For a big job on a machine that is several times slower than most. */
const PATIENCE_MS = 300_000;

const isRunning = (job: JobView) => job.status === "job.processing";

/** Encoders that the job's tasks were leased to, in the order of their first. */
const encodersOf = (jobId: string) => [
  ...new Set(
    service
      .taskChanges(jobId)
      .filter(({ status }) => status === "leased")
      .map(({ encoder }) => encoder),
  ),
];

/** Tasks of the job that were leased only when the other job had its encoder: it did not wait for the job's end. */
function leasedAfter(jobId: string, otherId: string): unknown[] {
  const leases = service
    .workerLog()
    .filter(({ event, status }) => event === "task.status" && status === "leased");
  const given = leases.findIndex(({ job }) => job === otherId);
  expect(given).toBeGreaterThanOrEqual(0);
  return leases.slice(given).filter(({ job }) => job === jobId);
}

/** Encoders that run a task of the job now. */
function busyEncoders(jobId: string): string[] {
  const latest = new Map(service.taskChanges(jobId).map((change) => [change.task, change]));
  return [...latest.values()].flatMap(({ status, encoder }) =>
    status === "leased" && encoder !== null ? [encoder] : [],
  );
}

/** Leases of tasks on an encoder that the fleet had not granted to their job at that moment. */
function strayLeases(): unknown[] {
  const holders = new Map<unknown, unknown>();
  return service.workerLog().filter((line) => {
    if (line["event"] === "fleet.grant") {
      holders.set(line["encoder"], line["job"]);
    }
    return (
      line["event"] === "task.status" &&
      line["status"] === "leased" &&
      holders.get(line["encoder"]) !== line["job"]
    );
  });
}

async function expectWholeEncode(views: readonly JobView[], clip: ClockClip): Promise<void> {
  const final = finalView(views);
  expect(final.status).toBe("job.completed");
  expect(findDisorder([...views])).toEqual([]);
  const path = await downloadFile(final.outputs[0]?.url, directory.path, "out.mp4");
  const times = await shownTimes(path, clip);
  expect(times).toHaveLength(clip.seconds * FRAME_RATE);
  const errors = times.map((time, index) => Math.abs(time - index / FRAME_RATE));
  // A step of the brightness scale is a third of a second of the long clip.
  expect(Math.max(...errors)).toBeLessThan(0.3 + clip.seconds / 100);
}

afterEach(() => {
  expect(strayLeases()).toEqual([]);
});

describe("four jobs of two accounts on two encoders", () => {
  it("run two at a time; the account without an encoder goes before the one that has both, and all finish", async () => {
    const first = await createJob(client, "short.mp4");
    // Goes on when the first one is done.
    const second = await createJob(client, "short.mp4", slowOutputs(3));
    await client.follow(second.id, isRunning);
    const third = await createJob(client, "short.mp4");
    const fourth = await createJob(neighbour, "short.mp4");
    expect(await client.read(third.id)).toMatchObject({
      status: "job.starting",
      input: { status: "input.starting" },
    });

    const following = [
      ...[first, second, third].map(({ id }) => client.finish(id)),
      neighbour.finish(fourth.id),
    ];
    for (const views of await Promise.all(following)) {
      await expectWholeEncode(views, short);
    }
    for (const { id } of [first, second, third, fourth]) {
      expect(encodersOf(id)).toHaveLength(1);
    }
    expect(new Set([...encodersOf(first.id), ...encodersOf(second.id)])).toEqual(new Set(["0", "1"]));
    const served = service.workerLog().filter(({ event, job }) => event === "fleet.grant" && job !== null);
    expect(served.map(({ job }) => job)).toEqual([first.id, second.id, fourth.id, third.id]);
  });
});

describe("an ultrafast job", { timeout: PATIENCE_MS }, () => {
  it("is an ordinary one when its source is shorter than a minute", async () => {
    const job = await createJob(client, "short.mp4", { ...slowOutputs(3), ...ultrafast });
    await expectWholeEncode(await client.finish(job.id), short);
    expect(encodersOf(job.id)).toHaveLength(1);
  });

  it("works on both encoders, gives one to a job that arrives, and finishes", async () => {
    const big = await createJob(client, "long.mp4", bigJob);
    const following = client.finish(big.id, PATIENCE_MS);
    await eventually("it works on both", () => encodersOf(big.id).length === 2);
    const small = await createJob(neighbour, "short.mp4");
    await expectWholeEncode(await neighbour.finish(small.id), short);
    expect(encodersOf(small.id)).toHaveLength(1);
    await expectWholeEncode(await following, long);
    expect(leasedAfter(big.id, small.id).length).toBeGreaterThan(0);
  });

  it("goes on with the encoder that is left when one is killed, and keeps what was finished", async () => {
    const job = await createJob(client, "long.mp4", { ...slowOutputs(2), ...ultrafast });
    const following = client.finish(job.id, PATIENCE_MS);
    await eventually("it works on both", () => encodersOf(job.id).length === 2);
    await eventually(
      "it is well under way",
      async () => ((await client.outputPercents(job.id))?.[0] ?? 0) > 20,
    );
    const dead = await eventually("one is at work", () => busyEncoders(job.id)[0]);
    process.kill(await service.encoderPid(dead), "SIGKILL");
    await expectWholeEncode(await following, long);
    const lost = service.taskChanges(job.id).filter(({ code }) => code === "encoder_lost");
    expect(lost.length).toBeGreaterThan(0);
    const ends = service.attemptEnds(job.id).filter(({ outcome }) => outcome === "done");
    expect(new Set(ends.map(({ taskId }) => taskId)).size).toBe(ends.length);
  });
});

describe("an ordinary job", () => {
  it("moves to the other encoder when its own is killed", async () => {
    const job = await createJob(client, "short.mp4");
    const following = client.finish(job.id);
    await client.follow(job.id, ({ outputs }) => outputs[0]?.status === "video.encoding");
    const [dead = ""] = encodersOf(job.id);
    process.kill(await service.encoderPid(dead ?? ""), "SIGKILL");
    await expectWholeEncode(await following, short);
    expect(encodersOf(job.id)).toHaveLength(2);
  });
});
