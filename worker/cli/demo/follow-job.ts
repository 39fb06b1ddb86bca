/** Watches a job until it is finished and its last webhook is in. */
import { setTimeout as delay } from "node:timers/promises";
import type { JobApi, JobProgress } from "./job-api.ts";
import type { LiveDisplay } from "./live-display.ts";

const POLL_MS = 250;
const FRAME_MS = 100;

/** How long the last webhook may take after the job: the receiver is on this machine. */
const LAST_WEBHOOK_WAIT_MS = 10_000;

/** Shows the job's progress until its status is final, and returns that status. */
export async function followJob(api: JobApi, jobId: string, display: LiveDisplay): Promise<string> {
  const spinner = setInterval(() => display.tick(), FRAME_MS);
  try {
    for (;;) {
      const progress: JobProgress = await api.progress(jobId);
      display.update(progress);
      if (isFinal(progress.status)) {
        return progress.status;
      }
      await delay(POLL_MS);
    }
  } finally {
    clearInterval(spinner);
  }
}

/** True when `arrived` settles in time. */
export async function waitForLastWebhook(arrived: Promise<void>): Promise<boolean> {
  return Promise.race([arrived.then(() => true), delay(LAST_WEBHOOK_WAIT_MS, false, { ref: false })]);
}

function isFinal(status: string): boolean {
  return status === "job.completed" || status === "job.failed";
}
