import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { TaskReport } from "../../../encoder/contract/report.ts";
import type { Task } from "../../../encoder/contract/task.ts";
import { RECORD_SCHEMA } from "../../../worker/domain/job-record.ts";
import type { TaskRecord } from "../../../worker/domain/job-record.ts";
import { seal } from "../../../worker/job/seal.ts";
import { parseMasterKey } from "../../../worker/secrets/master-key.ts";
import { aLongSource, anFfprobe } from "../../support/job-builders.ts";
import { anAccount, as, createJob, type Account } from "../support/api.ts";
import { scriptEncoder, succeed, type ScriptedEncoder } from "../support/scripted-encoder.ts";

let account: Account;
let encoder: ScriptedEncoder;
beforeAll(async () => {
  account = await anAccount();
});
afterEach(() => {
  encoder.restore();
});

/** What was kept of a job before there were watermarks. */
const OLD_SECRETS = {
  inputUrl: "https://media.example.com/old.mp4",
  notificationUrl: "https://app.example.com/webhook",
  storageCredentials: null,
};

const view = async (id: string, path = "") =>
  (await as(account, `/v2/jobs/${id}${path}`)).json<Record<string, unknown>>();
const hasStatus = (id: string, status: string) =>
  vi.waitFor(async () => expect((await view(id))["status"]).toBe(status), { timeout: 15_000, interval: 20 });

/** Kind and status of every task as stored. */
const taskStatuses = (id: string): Promise<string[]> =>
  runInDurableObject(env.JOBS.getByName(id), (_, state) =>
    state.storage.sql
      .exec<{ json: string }>("SELECT json FROM task")
      .toArray()
      .map(({ json }) => JSON.parse(json) as TaskRecord)
      .map(({ work, status }) => `${work.kind} ${status}`),
  );

/** Every task of a source of 90 s succeeds. */
function succeedInChunks(task: Task): TaskReport {
  const { media: mediaInfo, timeline } = aLongSource();
  return task.kind === "ingest"
    ? {
        taskId: task.taskId,
        attempt: task.attempt,
        state: "done",
        result: { kind: "ingest", mediaInfo, ffprobe: anFfprobe(), timeline, warnings: [] },
        phaseMs: {},
      }
    : succeed(task);
}

describe("a job in chunks", () => {
  it("is analyzed, encoded, joined and delivered by its own alarm, each task once", async () => {
    encoder = scriptEncoder(succeedInChunks);
    const { id } = await createJob(account);
    await hasStatus(id, "job.completed");
    const started = encoder.started.filter((task) => task.jobId === id);
    const chunks = started.flatMap((task) => (task.kind === "chunk" ? [task] : []));
    expect(new Set(started.map(({ taskId }) => taskId)).size).toBe(started.length);
    expect(chunks.length).toBeGreaterThan(1);
    expect(started.filter(({ kind }) => kind === "analyze")).toHaveLength(chunks.length);
    expect(started.at(-1)).toMatchObject({ kind: "assemble", taskId: "output-0" });
    const keys = chunks
      .toSorted((a, b) => (a.start?.frame ?? 0) - (b.start?.frame ?? 0))
      .map((c) => c.parts[0]?.key);
    const join = started.at(-1);
    const files = join?.kind === "assemble" && join.files.type === "chunked" ? join.files : null;
    expect(files?.chunks.map(({ key }) => key)).toEqual(keys);
    const { timings } = await view(id, "/progress");
    expect(timings).toMatchObject({ queue: expect.any(Number), total: expect.any(Number) });
    expect(await view(id)).not.toHaveProperty("timings");
  });

  it("encodes no chunk again after an eviction in mid-work", async () => {
    encoder = scriptEncoder((task) => {
      if (task.kind === "chunk") {
        // No room for another task once these are done.
        encoder.current.slotsFree = 0;
      }
      return succeedInChunks(task);
    });
    const { id } = await createJob(account);
    await vi.waitFor(async () => {
      const statuses = await taskStatuses(id);
      expect(statuses).toContain("chunk done");
      expect(statuses.some((status) => status.endsWith("leased"))).toBe(false);
    }, 15_000);
    await evictDurableObject(env.JOBS.getByName(id));
    encoder.current.script = succeedInChunks;
    encoder.current.slotsFree = 4;
    await hasStatus(id, "job.completed");
    const started = encoder.started.flatMap(({ jobId, taskId }) => (jobId === id ? [taskId] : []));
    expect(new Set(started).size).toBe(started.length);
  });

  it("takes up a job that an older Worker stored", async () => {
    encoder = scriptEncoder(succeed);
    encoder.current.slotsFree = 0;
    const { id } = await createJob(account);
    await hasStatus(id, "job.starting");
    const sealed = await seal(parseMasterKey(env.COPRA_MASTER_KEY), id, "job-secrets", OLD_SECRETS);
    await runInDurableObject(env.JOBS.getByName(id), (_, state) => {
      const { sql } = state.storage;
      sql.exec("UPDATE secret SET iv = ?, ciphertext = ?", sealed.iv, sealed.ciphertext);
      const [row] = sql.exec<{ json: string }>("SELECT json FROM record").toArray();
      const { milestones: _milestones, granted: _granted, ...old } = JSON.parse(row?.json ?? "");
      sql.exec("UPDATE record SET json = ?", JSON.stringify({ ...old, schema: 1 }));
      const [task] = sql.exec<{ json: string }>("SELECT json FROM task").toArray();
      const { outputIndexes: _indexes, result: _result, ...oldTask } = JSON.parse(task?.json ?? "");
      sql.exec("UPDATE task SET json = ?", JSON.stringify({ ...oldTask, outputIndex: null }));
    });
    await evictDurableObject(env.JOBS.getByName(id));
    encoder.current.slotsFree = 4;
    await hasStatus(id, "job.completed");
    const stored = await runInDurableObject(env.JOBS.getByName(id), (_, state) =>
      state.storage.sql.exec<{ json: string }>("SELECT json FROM record").one(),
    );
    expect(JSON.parse(stored.json)).toMatchObject({ schema: RECORD_SCHEMA });
    const encode = encoder.started.find((task) => task.jobId === id && task.kind === "encode");
    expect(encode).toMatchObject({ source: { url: OLD_SECRETS.inputUrl }, watermarkUrls: [] });
  });
});
