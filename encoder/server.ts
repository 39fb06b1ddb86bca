/**
 * The encoder's HTTP interface: tasks in, reports out. Every body is checked against the contract here, so that
 * everything behind it trusts its types.
 */
import { Hono, type Context } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { stream } from "hono/streaming";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { imageFileCount } from "./contract/output-spec.ts";
import type { EncoderStatus } from "./contract/report.ts";
import { type Task, taskSchema } from "./contract/task.ts";
import { CONTRACT_VERSION } from "./contract/version.ts";
import { describeError, type Log } from "./log.ts";
import { streamReports } from "./report-stream.ts";
import type { TaskRunner } from "./run/task-runner.ts";

/** Ten thousand images with long keys stay below it. */
const MAX_BODY_BYTES = 16 * 1024 ** 2;
/** A poll is renewed by its caller; longer ones meet the limits of what lies between. */
const MAX_WAIT_MS = 60_000;

export type ServerOptions = {
  runner: TaskRunner;
  /** Resolves when FFmpeg has been found. */
  status: () => Promise<EncoderStatus>;
  /** Empty lets everybody in. */
  token: string;
  log: Log;
};

const reportsQuerySchema = z.object({
  job: z.string().min(1),
  waitMs: z.coerce.number().int().min(0).max(MAX_WAIT_MS).default(20_000),
});

/** The Hono app; listening is main.ts's. Every error is JSON with a `code` and a `message`. */
export function createServer(options: ServerOptions): Hono {
  const { runner } = options;
  const app = new Hono();
  if (options.token !== "") {
    const message = {
      code: "unauthorized",
      message: "Send `Authorization: Bearer` with this encoder's token.",
    };
    app.use(
      bearerAuth({
        token: options.token,
        noAuthenticationHeader: { message },
        invalidAuthenticationHeader: { message },
        invalidToken: { message },
      }),
    );
  }
  const onTooLarge = (c: Context) =>
    problem(c, 413, "task_not_valid", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  app.put("/tasks/:taskId/:attempt", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: onTooLarge }), async (c) =>
    startTask(c, options, c.req.param()),
  );
  app.delete("/tasks/:taskId/:attempt", (c) => {
    const jobId = c.req.query("job");
    if (jobId === undefined) {
      return problem(c, 400, "query_not_valid", "The query parameter `job` is missing.");
    }
    runner.forget({ jobId, taskId: c.req.param("taskId"), attempt: Number(c.req.param("attempt")) });
    return c.body(null, 204);
  });
  app.delete("/jobs/:jobId", (c) => {
    runner.forgetJob(c.req.param("jobId"));
    return c.body(null, 204);
  });
  app.get("/reports", async (c) => {
    const query = reportsQuerySchema.safeParse(c.req.query());
    return query.success
      ? pollReports(c, options, await options.status(), query.data)
      : problem(c, 400, "query_not_valid", z.prettifyError(query.error));
  });
  app.get("/health", async (c) => c.json(await options.status()));
  app.notFound((c) => problem(c, 404, "not_found", "There is nothing here."));
  app.onError((error, c) => {
    if (error instanceof HTTPException) {
      return error.getResponse();
    }
    options.log({ event: "server.error", outcome: "internal_error", detail: describeError(error) });
    return problem(c, 500, "internal_error", "The encoder made an error; its log says more.");
  });
  return app;
}

async function startTask(
  c: Context,
  { runner, log }: ServerOptions,
  path: { taskId: string; attempt: string },
): Promise<Response> {
  const parsed = parseTask(await c.req.text());
  if ("problem" in parsed) {
    // Only a Worker of another version or a mistake in this one sends such a task: whoever is called needs to see why.
    log({ event: "task.rejected", taskId: path.taskId, outcome: parsed.code, detail: parsed.problem });
    return problem(c, 400, parsed.code, parsed.problem);
  }
  const { task } = parsed;
  if (task.taskId !== path.taskId || String(task.attempt) !== path.attempt) {
    return problem(c, 400, "task_not_valid", "`taskId` and `attempt` of the body are not those of the path.");
  }
  const outcome = runner.start(task);
  switch (outcome) {
    case "accepted":
      return c.json({ started: true }, 201);
    case "known":
      return c.json({ started: false }, 200);
    case "busy":
      return problem(c, 409, outcome, "No slot is free.");
    case "stopping":
      return problem(c, 409, outcome, "The encoder is shutting down.");
    case "superseded":
      return problem(c, 409, outcome, "A higher attempt of this task is known.");
  }
}

type ParsedTask = { task: Task } | { code: "contract_mismatch" | "task_not_valid"; problem: string };

function parseTask(text: string): ParsedTask {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { code: "task_not_valid", problem: "The body is not JSON." };
  }
  const contract = z.object({ contract: z.unknown() }).safeParse(body);
  if (contract.success && contract.data.contract !== CONTRACT_VERSION) {
    const problem = `This encoder speaks contract ${CONTRACT_VERSION}, not ${JSON.stringify(contract.data.contract)}.`;
    return { code: "contract_mismatch", problem };
  }
  const parsed = taskSchema.safeParse(body);
  if (!parsed.success) {
    return { code: "task_not_valid", problem: z.prettifyError(parsed.error) };
  }
  const task = parsed.data;
  if (task.kind === "image" && !namesEveryFile(task)) {
    return { code: "task_not_valid", problem: "`keys` names another number of files than `image` makes." };
  }
  return { task };
}

function namesEveryFile({ keys, image }: Extract<Task, { kind: "image" }>): boolean {
  return keys.length === imageFileCount(image.atSeconds.length, image.sprite);
}

function pollReports(
  c: Context,
  options: ServerOptions,
  first: EncoderStatus,
  query: z.infer<typeof reportsQuerySchema>,
): Response {
  c.header("content-type", "application/x-ndjson");
  c.header("cache-control", "no-store");
  return stream(c, async (out) => {
    const closed = new AbortController();
    out.onAbort(() => closed.abort());
    await streamReports({
      runner: options.runner,
      jobId: query.job,
      waitMs: query.waitMs,
      status: () => ({ ...first, slotsFree: options.runner.slotsFree() }),
      write: (line) => out.writeln(JSON.stringify(line)),
      closed: closed.signal,
    });
  });
}

function problem(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return c.json({ code, message }, status);
}
