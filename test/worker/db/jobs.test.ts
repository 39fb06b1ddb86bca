import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../worker/db/client.ts";
import { takeStaleOpenJobs } from "../../../worker/db/jobs.ts";
import { jobs } from "../../../worker/db/schema.ts";

const T0 = Date.UTC(2026, 10, 23, 9, 0, 0);
const db = openDatabase(env.DB);

async function addJob(id: string, updatedAt: number, open = 1): Promise<void> {
  await db.insert(jobs).values({
    ...{ id, accountId: "account-1", status: "completed", progressPercent: 100, version: 1, open },
    ...{ createdAt: updatedAt, updatedAt },
  });
}

describe("takeStaleOpenJobs", () => {
  it("comes to every silent job in turn, however many have waited longer", async () => {
    await addJob("waiting-1", T0 - 30);
    await addJob("waiting-2", T0 - 20);
    await addJob("lost", T0 - 10);
    await addJob("closed", T0 - 40, 0);
    await addJob("heard", T0);
    const take = async (now: number) =>
      (await takeStaleOpenJobs(db, { before: T0, now, limit: 2 })).toSorted();
    expect(await take(T0 + 1)).toEqual(["waiting-1", "waiting-2"]);
    expect(await take(T0 + 2)).toEqual(["lost"]);
    expect(await take(T0 + 3)).toEqual([]);
  });
});
