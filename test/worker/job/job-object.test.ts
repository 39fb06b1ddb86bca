import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { JobRecord } from "../../../worker/domain/job-record.ts";
import { sweepOpenJobs } from "../../../worker/job/sweep-open-jobs.ts";
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

const view = async (id: string) => (await as(account, `/v2/jobs/${id}`)).json<Record<string, unknown>>();
const hasStatus = (id: string, status: string) =>
  vi.waitFor(async () => expect((await view(id))["status"]).toBe(status), { timeout: 10_000, interval: 20 });
const rows = <Row extends Record<string, SqlStorageValue>>(id: string, query: string) =>
  runInDurableObject(env.JOBS.getByName(id), (_, state) => state.storage.sql.exec<Row>(query).toArray());
const record = async (id: string): Promise<JobRecord> =>
  JSON.parse((await rows<{ json: string }>(id, "SELECT json FROM record"))[0]?.json ?? "");

/** Changes the stored record behind the object's back and makes it load it anew. */
async function rewriteRecord(id: string, change: (record: JobRecord) => void): Promise<void> {
  const changed = await record(id);
  change(changed);
  await runInDurableObject(env.JOBS.getByName(id), (_, state) => {
    state.storage.sql.exec("UPDATE record SET json = ?", JSON.stringify(changed));
  });
  await evictDurableObject(env.JOBS.getByName(id));
}

describe("JobObject", () => {
  it("takes a job from 201 to job.completed by its own alarm and delivers signed webhooks in order", async () => {
    encoder = scriptEncoder(succeed);
    const { id } = await createJob(account, {
      notification: { url: "https://hooks.example.com/in?x=1", params: { y: "2" }, events: true },
    });
    await hasStatus(id, "job.completed");
    await vi.waitFor(() => expect(encoder.webhooks).toHaveLength(3), { timeout: 10_000 });
    expect(encoder.started.map((task) => task.taskId)).toEqual(["ingest", "output-0"]);
    expect(encoder.webhooks.map(({ body }) => JSON.parse(body).event)).toEqual([
      "input.transferred",
      "output.completed",
      "job.completed",
    ]);
    for (const [index, { url, headers, body }] of encoder.webhooks.entries()) {
      expect(url).toBe("https://hooks.example.com/in?x=1&y=2");
      expect(headers.get("copra-sequence")).toBe(String(index + 1));
      expect(headers.get("copra-attempt")).toBe("1");
      expect(() =>
        new Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(body, Object.fromEntries(headers)),
      ).not.toThrow();
    }
  });

  it("hands the encoder the source and credentials that the record does not hold", async () => {
    encoder = scriptEncoder(succeed);
    const { id } = await createJob(account);
    await hasStatus(id, "job.completed");
    const [ingest, encode] = encoder.started;
    expect(ingest).toMatchObject({
      jobId: id,
      kind: "ingest",
      source: { url: "https://media.example.com/source.mp4?signature=hush" },
    });
    expect(encode).toMatchObject({
      kind: "encode",
      object: {
        store: { endpoint: "https://copra.test/s3", bucket: "copra", network: "own" },
        key: `hosted/${(await record(id)).hostedPrefix}/720p.mp4`,
      },
    });
  });

  it("goes on where it was after an eviction, and repeats nothing", async () => {
    encoder = scriptEncoder((task) => {
      // No room for another task once the input is in.
      encoder.current.slotsFree = 0;
      return succeed(task);
    });
    const { id } = await createJob(account);
    await hasStatus(id, "job.processing");
    await evictDurableObject(env.JOBS.getByName(id));
    encoder.current.slotsFree = 4;
    await hasStatus(id, "job.completed");
    expect(encoder.started.map((task) => task.taskId)).toEqual(["ingest", "output-0"]);
  });

  it("copies each change of status to the job list", async () => {
    encoder = scriptEncoder(succeed);
    const { id } = await createJob(account);
    await hasStatus(id, "job.completed");
    await vi.waitFor(async () => {
      const row = await env.DB.prepare(
        "SELECT status, open, progress_percent, account_id FROM jobs WHERE id = ?",
      )
        .bind(id)
        .first();
      expect(row).toEqual({ status: "completed", open: 0, progress_percent: 100, account_id: account.id });
    }, 10_000);
  });

  it("completes a job while the job list is out of order", async () => {
    encoder = scriptEncoder(succeed);
    const broken = vi.spyOn(env.DB, "prepare");
    const { id } = await createJob(account);
    broken.mockImplementation(() => {
      throw new Error("D1 is down");
    });
    await vi.waitFor(async () => expect((await record(id)).status).toBe("completed"), { timeout: 10_000 });
    broken.mockRestore();
  });

  it("keeps trying a webhook that fails, with the same id, and never lets it touch the job", async () => {
    encoder = scriptEncoder(succeed, () => new Response("no", { status: 500 }));
    const { id } = await createJob(account);
    await hasStatus(id, "job.completed");
    await vi.waitFor(async () => {
      const [event] = await rows<{ json: string }>(id, "SELECT json FROM outbox");
      expect(JSON.parse(event?.json ?? "")).toMatchObject({ status: "pending", attemptCount: 1 });
    }, 10_000);
    expect(await rows(id, "SELECT attempt, http_status, note FROM delivery")).toEqual([
      { attempt: 1, http_status: 500, note: "no" },
    ]);
    const due = await runInDurableObject(env.JOBS.getByName(id), (_, state) => state.storage.getAlarm());
    expect(due).toBeGreaterThan(Date.now());
    encoder.current.answerWebhook = () => new Response("yes");
    const own = () => encoder.webhooks.filter(({ body }) => JSON.parse(body).job_id === id);
    await vi.waitFor(() => expect(own()).toHaveLength(2), { timeout: 10_000 });
    const [first, second] = own();
    expect(second?.headers.get("webhook-id")).toBe(first?.headers.get("webhook-id"));
    expect(second?.headers.get("copra-attempt")).toBe("2");
    expect(second?.body).toBe(first?.body);
  });

  it("does not follow a redirect and stops for good at 410", async () => {
    encoder = scriptEncoder(succeed, () => new Response(null, { status: 410 }));
    const { id } = await createJob(account);
    await vi.waitFor(
      async () => {
        const [event] = await rows<{ json: string }>(id, "SELECT json FROM outbox");
        expect(JSON.parse(event?.json ?? "")).toMatchObject({ status: "gave_up", attemptCount: 1 });
      },
      { timeout: 10_000 },
    );
    expect(encoder.webhooks.filter(({ body }) => JSON.parse(body).job_id === id)).toHaveLength(1);
  });

  it("frees the encoder, deletes work files and wipes the secrets once the last webhook is out", async () => {
    encoder = scriptEncoder((task) => succeed(task));
    const { id } = await createJob(account);
    await env.MEDIA.put(`work/${id}/left-over`, "x");
    await hasStatus(id, "job.completed");
    await vi.waitFor(async () => expect(await rows(id, "SELECT kind FROM secret")).toEqual([]), {
      timeout: 10_000,
    });
    expect(encoder.released).toContain(`/jobs/${id}`);
    expect((await env.MEDIA.list({ prefix: `work/${id}/` })).objects).toEqual([]);
    expect((await record(id)).closing).toMatchObject({ encoders: false, workFiles: false, secrets: false });
  });

  it("removes hosted files when their day is over, and forgets the job after its retention", async () => {
    encoder = scriptEncoder(succeed);
    const { id } = await createJob(account);
    await vi.waitFor(async () => expect((await record(id)).closing.secrets).toBe(false), { timeout: 10_000 });
    const { hostedPrefix } = await record(id);
    await env.MEDIA.put(`hosted/${hostedPrefix}/720p.mp4`, "x");
    await rewriteRecord(id, ({ closing }) => {
      closing.hostedAt = Date.now() - 1;
    });
    await runDurableObjectAlarm(env.JOBS.getByName(id));
    expect((await env.MEDIA.list({ prefix: `hosted/${hostedPrefix}/` })).objects).toEqual([]);
    expect((await view(id))["status"]).toBe("job.completed");
    await rewriteRecord(id, ({ closing }) => {
      closing.retireAt = Date.now() - 1;
    });
    await runDurableObjectAlarm(env.JOBS.getByName(id));
    expect((await as(account, `/v2/jobs/${id}`)).status).toBe(404);
    expect(await env.DB.prepare("SELECT id FROM jobs WHERE id = ?").bind(id).first()).toBeNull();
  });

  it("is woken by the sweep when its alarm was lost", async () => {
    encoder = scriptEncoder(succeed);
    encoder.current.slotsFree = 0;
    const { id } = await createJob(account);
    await vi.waitFor(
      async () =>
        expect(await env.DB.prepare("SELECT open FROM jobs WHERE id = ?").bind(id).first()).toEqual({
          open: 1,
        }),
      10_000,
    );
    await evictDurableObject(env.JOBS.getByName(id));
    await runInDurableObject(env.JOBS.getByName(id), (_, state) => state.storage.deleteAlarm());
    encoder.current.slotsFree = 4;
    await sweepOpenJobs(env, Date.now() + 10 * 60_000);
    await hasStatus(id, "job.completed");
  });
});
