import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { FLEET_LEASE_MS } from "../../../worker/domain/fleet/fleet.ts";
import type { FleetObject } from "../../../worker/fleet/fleet-object.ts";

let fleet: DurableObjectStub<FleetObject>;
let version = 0;
beforeEach(() => {
  fleet = env.FLEET.getByName(crypto.randomUUID());
});

const ask = (jobId: string, change: { want?: number; holding?: string[]; broken?: string[] } = {}) => {
  version += 1;
  const { want = 1, holding = [], broken = [] } = change;
  return fleet.acquire({ jobId, accountId: "account", want, holding, broken, version });
};
const sql = <Row extends Record<string, SqlStorageValue>>(query: string) =>
  runInDurableObject(fleet, (_, state) => state.storage.sql.exec<Row>(query).toArray());

/** Puts every ticket's last renewal into the past. */
async function letTimePass(ms: number): Promise<void> {
  for (const at of ["renewedAt", "dueAt"]) {
    await sql(`UPDATE ticket SET json = json_set(json, '$.${at}', json_extract(json, '$.${at}') - ${ms})`);
  }
  await evictDurableObject(fleet);
}

describe("FleetObject", () => {
  it("grants each configured encoder once and lets the third job wait", async () => {
    expect((await ask("a")).granted).toEqual(["0"]);
    expect((await ask("b")).granted).toEqual(["1"]);
    expect(await ask("c")).toEqual({ granted: [], retryAfterMs: 1_000 });
    await ask("a", { want: 0 });
    expect((await ask("c")).granted).toEqual(["0"]);
  });

  it("grants no encoder twice to jobs that ask at once", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, (_, job) => ask(`job-${job}`)));
    expect(replies.flatMap(({ granted }) => granted).toSorted()).toEqual(["0", "1"]);
  });

  it("remembers grants and the queue when its memory is lost", async () => {
    await ask("a", { want: 2 });
    await ask("b");
    await ask("c");
    await evictDurableObject(fleet);
    expect((await ask("a", { holding: ["0", "1"] })).granted).toEqual(["0"]);
    await evictDurableObject(fleet);
    await ask("a", { holding: ["0"] });
    expect((await ask("c")).granted).toEqual([]);
    expect((await ask("b")).granted).toEqual(["1"]);
  });

  it("takes what a silent job held when its lease is over, and deletes its rows", async () => {
    await ask("dead", { want: 2 });
    expect((await ask("b")).granted).toEqual([]);
    await letTimePass(FLEET_LEASE_MS);
    expect((await ask("b")).granted).toEqual(["0"]);
    expect(await sql("SELECT job_id FROM ticket")).toEqual([{ job_id: "b" }]);
  });

  it("keeps a lease that is renewed", async () => {
    await ask("a", { want: 2 });
    await letTimePass(FLEET_LEASE_MS - 5_000);
    expect((await ask("a", { want: 2, holding: ["0", "1"] })).granted).toEqual(["0", "1"]);
    await letTimePass(FLEET_LEASE_MS - 5_000);
    expect((await ask("b")).granted).toEqual([]);
  });

  it("writes nothing before it is asked", async () => {
    expect(await sql("SELECT name FROM sqlite_master WHERE name = 'ticket'")).toEqual([]);
  });
});
