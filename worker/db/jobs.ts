/** Queries on the copy of jobs that lists and the sweep use. */
import { and, eq, inArray, lt, sql } from "drizzle-orm";
import type { JobState } from "../domain/job-record.ts";
import { isOpen } from "../domain/due-work.ts";
import type { Database } from "./client.ts";
import { jobs } from "./schema.ts";

/**
 * Copies a job into the list. Always the whole row, and only over an older version, so that a repeat, a late
 * call or two calls at once all end right.
 */
export async function upsertJob(db: Database, state: JobState, now: number): Promise<void> {
  const { record } = state;
  const row = {
    id: record.id,
    accountId: record.accountId,
    status: record.status,
    progressPercent: record.progressPercent,
    version: record.version,
    open: isOpen(state) ? 1 : 0,
    createdAt: record.createdAt,
    completedAt: record.completedAt,
    updatedAt: now,
  };
  await db
    .insert(jobs)
    .values(row)
    .onConflictDoUpdate({ target: jobs.id, set: row, setWhere: sql`excluded.version > ${jobs.version}` });
}

/** Removes a job from the list. */
export async function deleteJob(db: Database, id: string): Promise<void> {
  await db.delete(jobs).where(eq(jobs.id, id));
}

/**
 * Ids of open jobs that nothing was heard of since `before`, the longest silent first. They count as heard of at
 * `now`: otherwise many jobs that only wait, for a receiver that is down, would keep all others from their turn.
 */
export async function takeStaleOpenJobs(
  db: Database,
  options: { before: number; now: number; limit: number },
): Promise<string[]> {
  const stale = db
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.open, 1), lt(jobs.updatedAt, options.before)))
    .orderBy(jobs.updatedAt)
    .limit(options.limit);
  const rows = await db
    .update(jobs)
    .set({ updatedAt: options.now })
    .where(inArray(jobs.id, stale))
    .returning({ id: jobs.id });
  return rows.map((row) => row.id);
}
