/** Encoders that die, are stopped or hang in the middle of an encode: what the job loses, and what it keeps. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClockClip, makeClockClip, shownTimes } from "../support/clock-clip.ts";
import { downloadFile } from "../support/download-file.ts";
import { eventually } from "../support/eventually.ts";
import { downloadHls } from "../support/hls-download.ts";
import { finalView, type JobView, untilHalfWay } from "../support/job-client.ts";
import { findDisorder } from "../support/status-order.ts";
import { readStoredState } from "../support/stored-objects.ts";
import { startTestBed, type TestBed } from "../support/test-bed.ts";

const SECONDS = 6;

/** Far larger than the source, so that it takes its time. */
const SLOW_FORMAT = "mp4:960x540";

let bed: TestBed;
let clip: ClockClip;

beforeAll(async () => {
  bed = await startTestBed(
    async (directory) => {
      clip = await makeClockClip(directory, "source.mp4", {
        seconds: SECONDS,
        size: "640x360",
        grain: true,
      });
      return { "source.mp4": clip.bytes };
    },
    { encoderCount: 2 },
  );
});

afterAll(() => bed?.close());

const createJob = (outputs: object, overrides: object = {}): Promise<JobView> =>
  bed.client.create({
    input: { url: bed.media.url("source.mp4") },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin, events: true },
    outputs,
    ...overrides,
  });

/** The encoder that holds the newest attempt of a task. */
function holderOf(jobId: string, taskId: string): string {
  const lease = bed.service
    .taskChanges(jobId)
    .findLast(({ task, status }) => task === taskId && status === "leased");
  if (lease?.encoder === undefined || lease.encoder === null) {
    throw new Error(`nobody holds ${taskId}`);
  }
  return lease.encoder;
}

type Blow = {
  encoder: string;
  pid: number;
  /** Tasks that the encoder held at that moment. */
  held: string[];
};

/** Sends the signal to the encoder that holds the task. */
async function signalHolder(jobId: string, taskId: string, signal: NodeJS.Signals): Promise<Blow> {
  const encoder = holderOf(jobId, taskId);
  const pid = await bed.service.encoderPid(encoder);
  const latest = new Map(bed.service.taskChanges(jobId).map((change) => [change.task, change]));
  const held = [...latest.values()].filter(
    (change) => change.status === "leased" && change.encoder === encoder,
  );
  process.kill(pid, signal);
  return { encoder, pid, held: held.map(({ task }) => task) };
}

/** How often each task was brought to a good end, by the encoders' own word. */
function doneCounts(jobId: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { taskId, outcome } of bed.service.attemptEnds(jobId)) {
    counts[taskId] = (counts[taskId] ?? 0) + (outcome === "done" ? 1 : 0);
  }
  return counts;
}

const attemptsOf = (jobId: string, taskId: string) =>
  bed.service
    .taskChanges(jobId)
    .filter(({ task, status }) => task === taskId && status === "done")
    .map(({ attempt }) => attempt);

/** Tasks whose encoder was lost under them, each loss once. */
const lostTasks = (jobId: string) =>
  bed.service
    .taskChanges(jobId)
    .filter(({ status, code }) => status === "pending" && code === "encoder_lost")
    .map(({ task }) => task);

async function expectWholeEncode(url: string | undefined, seconds: number): Promise<void> {
  const path = await downloadFile(url, bed.directory, "result.mp4");
  await expectClock(path, seconds);
}

async function expectClock(path: string, seconds: number): Promise<void> {
  const times = await shownTimes(path, clip);
  expect(times).toHaveLength(seconds * 25);
  const errors = times.map((time, index) => Math.abs(time - index / 25));
  expect(Math.max(...errors)).toBeLessThan(0.3);
}

async function expectEventsOnce(jobId: string, events: readonly string[]): Promise<void> {
  const deliveries = await bed.webhooks.untilJobEvent(jobId);
  expect(deliveries.map(({ body }) => body.event)).toEqual(events);
}

describe("an encoder that is killed in the middle of an encode", () => {
  it("costs the job the running encode and nothing that was finished", async () => {
    const job = await createJob({
      "jpg:160x": { path: "/%.2d.jpg", number: 3 },
      [SLOW_FORMAT]: [{ path: "/short.mp4", duration: 1 }, { path: "/whole.mp4" }],
      "mp4:x90": { path: "/small.mp4" },
    });
    const following = bed.client.finish(job.id);
    await bed.client.follow(job.id, ({ outputs }) => outputs[1]?.status === "video.encoded");
    await untilHalfWay(bed.client, job.id, 2);

    const { held } = await signalHolder(job.id, "output-2", "SIGKILL");

    const views = await following;
    expect(finalView(views)).toMatchObject({ status: "job.completed", progress: "100%" });
    expect(findDisorder(views)).toEqual([]);
    expect(doneCounts(job.id)).toEqual({
      ingest: 1,
      "output-0": 1,
      "output-1": 1,
      "output-2": 1,
      "output-3": 1,
    });
    expect(lostTasks(job.id)).toContain("output-2");
    expect(held).toEqual(expect.arrayContaining(lostTasks(job.id)));
    expect(attemptsOf(job.id, "output-2")).toEqual([2]);
    expect(attemptsOf(job.id, "output-1")).toEqual([1]);
    await expectWholeEncode(finalView(views).outputs[2]?.url, SECONDS);
    await expectWholeEncode(finalView(views).outputs[1]?.url, 1);
    await expectEventsOnce(job.id, [
      "input.transferred",
      ...Array(4).fill("output.completed"),
      "job.completed",
    ]);
  });
});

describe("an encoder that is told to stop", () => {
  it("hands its work back, and another encoder finishes it without a failed attempt on the books", async () => {
    const job = await createJob({ [SLOW_FORMAT]: { path: "/whole.mp4" } });
    const following = bed.client.finish(job.id);
    await untilHalfWay(bed.client, job.id, 0);

    const { encoder: stopped } = await signalHolder(job.id, "output-0", "SIGTERM");

    const views = await following;
    expect(finalView(views).status).toBe("job.completed");
    expect(findDisorder(views)).toEqual([]);
    expect(
      bed.service
        .attemptEnds(job.id)
        .map(({ taskId, encoder, outcome }) => [taskId, encoder === stopped, outcome]),
    ).toEqual([
      ["ingest", true, "done"],
      ["output-0", true, "encoder_stopping"],
      ["output-0", false, "done"],
    ]);
    expect(bed.service.taskChanges(job.id).filter(({ code }) => code !== undefined)).toEqual([]);
    await expectWholeEncode(finalView(views).outputs[0]?.url, SECONDS);
  });
});

describe("an encoder that hangs", () => {
  it("loses its lease, and what it does after it wakes up changes nothing", async () => {
    const job = await createJob({
      httpstream: { variants: ["mp4:360p::quality=5"], hls: { path: "/hls" } },
      "mp4:x90": { path: "/small.mp4" },
    });
    const following = bed.client.finish(job.id, 170_000);
    await eventually("its pictures are being encoded", () =>
      bed.service.taskChanges(job.id).some(({ task, status }) => task === "chunk-1" && status === "leased"),
    );
    const percent = async () => (await bed.client.outputPercents(job.id))?.[0] ?? 0;
    const atStart = await percent();
    await eventually("it gets on", async () => (await percent()) > atStart + 5);
    const { encoder: hung, pid, held } = await signalHolder(job.id, "chunk-1", "SIGSTOP");

    const movedOn = eventually("another encoder takes over", () => holderOf(job.id, "chunk-1") !== hung);
    // Awake while the other one is at it: now two of them work on the same task.
    await movedOn.finally(() => process.kill(pid, "SIGCONT"));
    const views = await following;

    const final = finalView(views);
    expect(final.status).toBe("job.completed");
    expect(findDisorder(views)).toEqual([]);
    expect(lostTasks(job.id)).toContain("chunk-1");
    expect(held).toEqual(expect.arrayContaining(lostTasks(job.id)));
    expect(attemptsOf(job.id, "chunk-1")).toEqual([2]);
    expect(holderOf(job.id, "chunk-1")).not.toBe(hung);
    const [stream] = (final.outputs[0]?.urls ?? []) as { url: string }[];
    const masterUrl = stream?.url ?? "";
    const master = await (await fetch(masterUrl)).text();
    await eventually("the sleeper brings its attempt to an end", () =>
      bed.service
        .attemptEnds(job.id)
        .some(({ encoder, attempt, taskId }) => encoder === hung && attempt === 1 && taskId === "chunk-1"),
    );
    expect(await bed.client.read(job.id)).toEqual(final);
    expect(await (await fetch(masterUrl)).text()).toBe(master);
    const [variant] = await downloadHls(masterUrl, `${bed.directory}/hls`);
    await expectClock(variant?.playlistPath ?? "", SECONDS);
    await expectWholeEncode(final.outputs[1]?.url, SECONDS);
    await expectEventsOnce(job.id, [
      "input.transferred",
      "output.completed",
      "output.completed",
      "job.completed",
    ]);
  });
});

describe("after all that", () => {
  it("the encoders' disks are empty, no work file is left and no job is open", async () => {
    await eventually(
      "the encoders let go of the sources",
      async () => (await bed.service.scratchFiles()).length === 0,
      15_000,
    );
    await bed.service.stop();
    const { objectKeys, jobs } = await readStoredState(bed.service.paths);

    expect(objectKeys.filter((key) => !key.startsWith("hosted/"))).toEqual([]);
    expect(jobs).toHaveLength(3);
    expect(jobs.filter(({ status, isOpen }) => status !== "completed" || isOpen)).toEqual([]);
  });
});
