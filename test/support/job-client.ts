/** The API as a client without an SDK uses it, and a follower that remembers every view of a job. */
import { setTimeout as delay } from "node:timers/promises";
import { basicAuth } from "../../worker/cli/health.ts";
import { eventually } from "./eventually.ts";

export type OutputView = {
  key: string;
  type: "video" | "image" | "httpstream";
  format: string;
  status: string;
  url?: string;
  urls?: unknown[];
  error?: string;
  error_code?: string;
};

export type JobView = {
  id: string;
  created_at: string;
  completed_at: string | null;
  status: string;
  progress: string;
  input: { status: string; error?: string; error_code?: string };
  outputs: OutputView[];
};

type Answer = { status: number; headers: Headers; text: string };

export type JobClient = {
  /** Every answer so far, as text. */
  answers: string[];
  request: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** @throws Error unless the answer is 201. */
  create: (body: unknown) => Promise<JobView>;
  read: (id: string) => Promise<JobView>;
  /** Percent of each output, from Copra's own progress view; null while the service is away. */
  outputPercents: (id: string) => Promise<number[] | null>;
  /** Polls until `until` holds; a service that is away is asked again. Every view that differs is kept. */
  follow: (id: string, until: (job: JobView) => boolean, timeoutMs?: number) => Promise<JobView[]>;
  /** Follows to the end; the last view is the final one. */
  finish: (id: string, timeoutMs?: number) => Promise<JobView[]>;
};

const POLL_MS = 100;

export function createJobClient(service: { url: string; key: string }): JobClient {
  const answers: string[] = [];
  const request: JobClient["request"] = async (method, path, body) => {
    const response = await fetch(`${service.url}/v2${path}`, {
      method,
      headers: basicAuth(service.key),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    answers.push(text);
    return { status: response.status, headers: response.headers, text };
  };
  const read = async (id: string): Promise<JobView> => parseJob(await request("GET", `/jobs/${id}`), 200);
  const follow: JobClient["follow"] = async (id, until, timeoutMs = 120_000) => {
    const endAt = Date.now() + timeoutMs;
    const views: JobView[] = [];
    while (Date.now() < endAt) {
      const view = await read(id).catch(ignoreAbsence);
      if (view !== null && JSON.stringify(view) !== JSON.stringify(views.at(-1))) {
        views.push(view);
      }
      if (view !== null && until(view)) {
        return views;
      }
      await delay(POLL_MS);
    }
    throw new Error(
      `job ${id} did not get there within ${timeoutMs / 1000} s: ${JSON.stringify(views.at(-1))}`,
    );
  };
  return {
    answers,
    request,
    create: async (body) => parseJob(await request("POST", "/jobs", body), 201),
    read,
    outputPercents: (id) =>
      request("GET", `/jobs/${id}/progress`)
        .then(({ text }) => (JSON.parse(text) as { outputs: { progress: string }[] }).outputs)
        .then((outputs) => outputs.map(({ progress }) => percentOf(progress)))
        .catch(ignoreAbsence),
    follow,
    finish: (id, timeoutMs) => follow(id, (job) => job.completed_at !== null, timeoutMs),
  };
}

/** The last view of a followed job. */
export function finalView(views: readonly JobView[]): JobView {
  const view = views.at(-1);
  if (view === undefined) {
    throw new Error("the job was never seen");
  }
  return view;
}

/** The output with this key; fails when there is none. */
export function outputOf(job: JobView, key: string): OutputView {
  const output = job.outputs.find((candidate) => candidate.key === key);
  if (output === undefined) {
    throw new Error(`no output ${key} in ${JSON.stringify(job)}`);
  }
  return output;
}

/** "45%" as 45. */
export function percentOf(progress: string): number {
  return Number(/^(\d{1,3})%$/.exec(progress)?.[1] ?? Number.NaN);
}

function parseJob(answer: Answer, expectedStatus: number): JobView {
  if (answer.status !== expectedStatus) {
    throw new Error(`answered ${answer.status}: ${answer.text}`);
  }
  return JSON.parse(answer.text) as JobView;
}

/** Waits until output `index` is well under way and far from done. */
export async function untilHalfWay(client: JobClient, id: string, index: number): Promise<void> {
  await eventually(`output ${index} of ${id} is half-way`, async () => {
    const percent = (await client.outputPercents(id))?.[index] ?? 0;
    if (percent >= 85) {
      throw new Error(
        `output ${index} of ${id} was seen only at ${percent} %: it is too quick for this test`,
      );
    }
    return percent >= 20;
  });
}

/** While the service restarts nothing listens, or what listens is not ready; any other refusal is a finding. */
function ignoreAbsence(error: unknown): null {
  if (error instanceof TypeError || (error instanceof Error && error.name === "TimeoutError")) {
    return null;
  }
  throw error;
}
