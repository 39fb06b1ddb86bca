import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { JobRecord } from "../../../worker/domain/job-record.ts";
import { FleetObject } from "../../../worker/fleet/fleet-object.ts";
import { anAccount, as, createJob, type Account } from "../support/api.ts";
import { scriptEncoder, succeed, type ScriptedEncoder } from "../support/scripted-encoder.ts";

let encoder: ScriptedEncoder;
afterEach(() => {
  encoder.restore();
});

type View = { status: string; input: { status: string }; outputs: { status: string }[] };
const view = async (account: Account, id: string) => (await as(account, `/v2/jobs/${id}`)).json<View>();
const record = (id: string): Promise<JobRecord> =>
  runInDurableObject(env.JOBS.getByName(id), (_, { storage }) =>
    JSON.parse(storage.sql.exec<{ json: string }>("SELECT json FROM record").one().json),
  );
const waitFor = (check: () => Promise<void> | void, timeout = 15_000) =>
  vi.waitFor(check, { timeout, interval: 20 });
const hasStatus = (account: Account, id: string, status: string) =>
  waitFor(async () => expect((await view(account, id)).status).toBe(status));
const encodersOf = (id: string) => [
  ...new Set(encoder.starts.filter(({ jobId }) => jobId === id).map((start) => start.encoder)),
];

/** Lets ingests succeed; other tasks run until the test ends them. */
const holdEncodes = () => scriptEncoder((task) => (task.kind === "ingest" ? succeed(task) : null));

function finishEncodes(id: string): void {
  for (const task of encoder.started.filter(({ jobId, kind }) => jobId === id && kind !== "ingest")) {
    const at = encoder.starts.find(({ jobId, taskId }) => jobId === id && taskId === task.taskId);
    encoder.tell(at?.encoder ?? "", id, succeed(task));
  }
}

describe("jobs that share two encoders", () => {
  it("get one each; the third waits at its start and takes the first that is free", async () => {
    encoder = holdEncodes();
    const [first, second] = [await anAccount(), await anAccount()];
    const a = await createJob(first);
    await hasStatus(first, a.id, "job.processing");
    const b = await createJob(first);
    await hasStatus(first, b.id, "job.processing");
    const c = await createJob(second);
    await waitFor(async () => expect((await record(c.id)).fleetWant).toBe(1));
    expect(await view(second, c.id)).toMatchObject({
      status: "job.starting",
      input: { status: "input.starting" },
      outputs: [{ status: "video.waiting" }],
    });
    await waitFor(() => expect([...encodersOf(a.id), ...encodersOf(b.id)].toSorted()).toEqual(["0", "1"]));
    expect(encodersOf(c.id)).toEqual([]);

    await waitFor(() => expect(encoder.starts.filter(({ jobId }) => jobId === b.id)).toHaveLength(2));
    finishEncodes(b.id);
    await hasStatus(first, b.id, "job.completed");
    await hasStatus(second, c.id, "job.processing");
    expect(encodersOf(c.id)).toEqual(encodersOf(b.id));
    await waitFor(() => expect(encoder.starts.filter(({ jobId }) => jobId === c.id)).toHaveLength(2));
    finishEncodes(a.id);
    finishEncodes(c.id);
    await hasStatus(first, a.id, "job.completed");
    await hasStatus(second, c.id, "job.completed");
  });

  it("lose an encoder that dies, and go on with the other one", async () => {
    encoder = holdEncodes();
    const account = await anAccount();
    const { id } = await createJob(account);
    await waitFor(() => expect(encoder.starts.filter(({ jobId }) => jobId === id)).toHaveLength(2));
    const [dead = ""] = encodersOf(id);
    encoder.kill(dead);
    await waitFor(() => expect(encodersOf(id)).toHaveLength(2));
    const survivor = encodersOf(id).find((name) => name !== dead);
    expect(encoder.starts.at(-1)).toMatchObject({ encoder: survivor, taskId: "output-0" });
    encoder.started.slice(-1).forEach((task) => encoder.tell(survivor ?? "", id, succeed(task)));
    await hasStatus(account, id, "job.completed");
  });

  it("keep what they run, and take further tasks, while the fleet cannot be reached", async () => {
    encoder = scriptEncoder((task) => {
      // Room for one encode, for now.
      encoder.current.slotsFree = task.kind === "ingest" ? 1 : 0;
      return task.kind === "ingest" ? succeed(task) : null;
    });
    encoder.current.slotsFree = 1;
    let failures: number | null = null;
    const spy = vi.spyOn(FleetObject.prototype, "acquire").mockImplementation(() => {
      if (failures !== null) {
        failures += 1;
        throw new Error("The fleet is away.");
      }
      // Asked again soon.
      return { granted: ["0"], retryAfterMs: 100 };
    });
    try {
      const account = await anAccount();
      const outputs = { "mp4:360p": { path: "/a.mp4" }, "mp4:240p": { path: "/b.mp4" } };
      const { id } = await createJob(account, { outputs });
      const startCount = () => encoder.starts.filter(({ jobId }) => jobId === id).length;
      await waitFor(() => expect(startCount()).toBe(2));
      failures = 0;
      await waitFor(() => expect(failures).toBeGreaterThan(1));
      encoder.current.slotsFree = 1;
      await waitFor(() => expect(startCount()).toBe(3));
      finishEncodes(id);
      await hasStatus(account, id, "job.completed");
      await waitFor(async () => expect((await record(id)).closing.encoders).toBe(false));
    } finally {
      spy.mockRestore();
    }
  });

  it("are given up by a finished job, so that the next one starts at once", async () => {
    encoder = scriptEncoder(succeed);
    const account = await anAccount();
    for (let job = 0; job < 5; job += 1) {
      const { id } = await createJob(account);
      await hasStatus(account, id, "job.completed");
      await waitFor(async () => expect(await record(id)).toMatchObject({ closing: { encoders: false } }));
    }
    expect(encoder.released).toHaveLength(5);
  });
});
