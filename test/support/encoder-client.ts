/** Speaks the encoder's HTTP interface as the Worker does, with every line checked against the contract. */
import type { Task } from "../../encoder/contract/task.ts";
import { type PollLine, pollLineSchema, type TaskReport } from "../../encoder/contract/report.ts";

export const TEST_TOKEN = "test-token";

export type EncoderClient = {
  start: (task: Task) => Promise<{ status: number; code: string | undefined }>;
  forget: (task: Task) => Promise<number>;
  forgetJob: (jobId: string) => Promise<number>;
  /** The lines of one poll, as they come. Ending the iteration ends the poll. */
  poll: (jobId: string, waitMs?: number) => AsyncGenerator<PollLine>;
  /** Polls until the attempt is done or failed; `seen` gets every report of it on the way. */
  finish: (task: Task, seen?: (report: TaskReport) => void) => Promise<TaskReport>;
  request: (path: string, init?: RequestInit) => Promise<Response>;
};

export function encoderClient(origin: string): EncoderClient {
  const request = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${origin}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${TEST_TOKEN}`, ...Object.fromEntries(new Headers(init.headers)) },
    });

  const poll = async function* (jobId: string, waitMs = 20_000): AsyncGenerator<PollLine> {
    const controller = new AbortController();
    const response = await request(`/reports?job=${jobId}&waitMs=${waitMs}`, { signal: controller.signal });
    try {
      yield* parseLines(response);
    } finally {
      controller.abort();
    }
  };

  return {
    request,
    poll,
    start: async (task) => {
      const path = `/tasks/${task.taskId}/${task.attempt}`;
      const response = await request(path, { method: "PUT", body: JSON.stringify(task) });
      const body: unknown = await response.json();
      return { status: response.status, code: codeOf(body) };
    },
    forget: async ({ jobId, taskId, attempt }) =>
      (await request(`/tasks/${taskId}/${attempt}?job=${jobId}`, { method: "DELETE" })).status,
    forgetJob: async (jobId) => (await request(`/jobs/${jobId}`, { method: "DELETE" })).status,
    finish: async ({ jobId, taskId, attempt }, seen) => {
      for (;;) {
        for await (const line of poll(jobId)) {
          const reports =
            line.type === "snapshot" ? line.reports : line.type === "report" ? [line.report] : [];
          const report = reports.find((one) => one.taskId === taskId && one.attempt === attempt);
          if (report !== undefined) {
            seen?.(report);
          }
          if (report !== undefined && report.state !== "running") {
            return report;
          }
        }
      }
    },
  };
}

async function* parseLines(response: Response): AsyncGenerator<PollLine> {
  if (response.status !== 200 || response.body === null) {
    throw new Error(`the poll was answered ${response.status}: ${await response.text()}`);
  }
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    yield* lines.map((line) => pollLineSchema.parse(JSON.parse(line)));
  }
}

function codeOf(body: unknown): string | undefined {
  return typeof body === "object" && body !== null && "code" in body ? String(body.code) : undefined;
}
