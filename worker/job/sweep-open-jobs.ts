/** The net under the alarms: open jobs that nothing was heard of are nudged, in case the platform lost theirs. */
import { openDatabase } from "../db/client.ts";
import { takeStaleOpenJobs } from "../db/jobs.ts";
import { errorText, log } from "../log.ts";

/** A job changes status or is mirrored well within this while it is worked on. */
const SILENCE_MS = 5 * 60 * 1000;

/** Enough for any backlog in a few rounds, and far below the subrequest limit. */
const JOBS_PER_SWEEP = 500;

export async function sweepOpenJobs(env: Env, now: number): Promise<void> {
  const stale = { before: now - SILENCE_MS, now, limit: JOBS_PER_SWEEP };
  const ids = await takeStaleOpenJobs(openDatabase(env.DB), stale);
  const results = await Promise.allSettled(ids.map((id) => env.JOBS.getByName(id).nudge()));
  for (const [index, result] of results.entries()) {
    if (result.status === "rejected") {
      log("warn", "job.nudge", { job: ids[index], error: errorText(result.reason) });
    }
  }
}
