import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { anAccount, createJob } from "../support/api.ts";
import { scriptEncoder, succeed, type ScriptedEncoder } from "../support/scripted-encoder.ts";

let encoder: ScriptedEncoder;
afterEach(() => {
  encoder.restore();
});

const rows = <Row extends Record<string, SqlStorageValue>>(id: string, query: string) =>
  runInDurableObject(env.JOBS.getByName(id), (_, state) => state.storage.sql.exec<Row>(query).toArray());
const event = async (id: string): Promise<unknown> =>
  JSON.parse((await rows<{ json: string }>(id, "SELECT json FROM outbox"))[0]?.json ?? "{}");

describe("runWork", () => {
  it("has an encoder forget what it has reported as ended, and nothing that it still runs", async () => {
    encoder = scriptEncoder((task) => (task.kind === "ingest" ? succeed(task) : null));
    encoder.current.pollMs = 1_200;
    const { id } = await createJob(await anAccount());
    await vi.waitFor(() => expect(encoder.released).toEqual(["/tasks/ingest/1"]), 10_000);
    await scheduler.wait(2_000);
    expect(encoder.released).toEqual(["/tasks/ingest/1"]);
    const [ingest, output] = encoder.started;
    expect([ingest?.taskId, output?.taskId, encoder.started.length]).toEqual(["ingest", "output-0", 2]);
    encoder.starts.slice(1).forEach((start) => output && encoder.tell(start.encoder, id, succeed(output)));
    await vi.waitFor(() => expect(encoder.webhooks).toHaveLength(1), 10_000);
  });

  it("tries a webhook whose URL a lost master key hides on the schedule, not in a loop", async () => {
    encoder = scriptEncoder(succeed, () => new Response("no", { status: 500 }));
    const { id } = await createJob(await anAccount());
    await vi.waitFor(async () => expect(await event(id)).toMatchObject({ attemptCount: 1 }), 10_000);
    await rows(id, "UPDATE secret SET key_version = '00000000'");
    await evictDurableObject(env.JOBS.getByName(id));
    await vi.waitFor(
      async () => expect(await event(id)).toMatchObject({ status: "pending", attemptCount: 2 }),
      10_000,
    );
    const [attempt] = await rows(id, "SELECT http_status, note FROM delivery WHERE attempt = 2");
    expect(attempt).toEqual({
      http_status: null,
      note: expect.stringContaining("sealed with another COPRA_MASTER_KEY"),
    });
    expect(encoder.webhooks).toHaveLength(1);
    const alarmAt = await runInDurableObject(env.JOBS.getByName(id), (_, state) => state.storage.getAlarm());
    expect(alarmAt).toBeGreaterThan(Date.now() + 60_000);
  });
});
