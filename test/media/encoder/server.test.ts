import { once } from "node:events";
import { connect } from "node:net";
import { serve, type ServerType } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EncoderStatus, PollLine } from "../../../encoder/contract/report.ts";
import { CONTRACT_VERSION } from "../../../encoder/contract/version.ts";
import type { TaskOutcome } from "../../../encoder/run/run-task.ts";
import { createTaskRunner, type TaskRunner } from "../../../encoder/run/task-runner.ts";
import type { Progress } from "../../../encoder/run/task-progress.ts";
import { createServer } from "../../../encoder/server.ts";
import { type EncoderClient, encoderClient, TEST_TOKEN } from "../../support/encoder-client.ts";
import { anImageTask, anIngestTask } from "../../support/encoder-tasks.ts";

type Running = {
  onProgress: (progress: Progress) => void;
  end: (outcome: TaskOutcome) => void;
  signal: AbortSignal;
};

const failed: TaskOutcome = { state: "failed", failure: { code: "encode_failed" } };

let runner: TaskRunner;
let running: Running[];
let server: ServerType;
let origin = "";
let client: EncoderClient;

/** The real interface over a real socket; the work of tasks is driven by the test. */
beforeEach(async () => {
  running = [];
  runner = createTaskRunner({
    slots: 1,
    releaseJob: () => undefined,
    run: (_, signal, onProgress) => {
      const { promise, resolve } = Promise.withResolvers<TaskOutcome>();
      running.push({ onProgress, end: resolve, signal });
      return promise;
    },
  });
  const status = (): Promise<EncoderStatus> =>
    Promise.resolve({
      contract: CONTRACT_VERSION,
      bootId: "boot-1",
      ffmpegVersion: "5.1.9",
      slots: 1,
      slotsFree: runner.slotsFree(),
    });
  const app = createServer({ runner, status, token: TEST_TOKEN, log: () => undefined });
  server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  client = encoderClient(origin);
});

afterEach(() => {
  if ("closeAllConnections" in server) {
    server.closeAllConnections();
  }
  server.close();
});

/** Takes lines of a poll until one fits, and ends the poll. */
async function takeUntil(
  poll: AsyncGenerator<PollLine>,
  fits: (line: PollLine) => boolean,
): Promise<PollLine[]> {
  const lines: PollLine[] = [];
  for await (const line of poll) {
    lines.push(line);
    if (fits(line)) {
      break;
    }
  }
  return lines;
}

describe("authorization", () => {
  it.each(["/health", "/reports?job=x", "/nothing"])("refuses %s without the token", async (path) => {
    const responses = [
      await fetch(`${origin}${path}`),
      await fetch(`${origin}${path}`, { headers: { authorization: "Bearer wrong" } }),
      await fetch(`${origin}${path}`, { headers: { authorization: `Basic ${TEST_TOKEN}` } }),
      await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${TEST_TOKEN}x` } }),
    ];
    expect(responses.map(({ status }) => status)).toEqual([401, 401, 400, 401]);
    for (const response of responses) {
      expect(await response.json()).toMatchObject({ code: "unauthorized" });
    }
  });

  it("refuses a task without the token and does not start it", async () => {
    const task = anIngestTask();
    const response = await fetch(`${origin}/tasks/task-1/1`, { method: "PUT", body: JSON.stringify(task) });
    expect(response.status).toBe(401);
    expect(running).toEqual([]);
  });
});

describe("GET /health", () => {
  it("tells the contract, FFmpeg's version and the free slots", async () => {
    await client.start(anIngestTask());
    const response = await client.request("/health");
    expect(await response.json()).toEqual({
      contract: CONTRACT_VERSION,
      bootId: "boot-1",
      ffmpegVersion: "5.1.9",
      slots: 1,
      slotsFree: 0,
    });
  });
});

describe("PUT /tasks/:taskId/:attempt", () => {
  it("answers 201, and 200 when the attempt is known", async () => {
    const task = anIngestTask();
    expect(await client.start(task)).toMatchObject({ status: 201 });
    expect(await client.start(task)).toMatchObject({ status: 200 });
    expect(running).toHaveLength(1);
  });

  it("answers 409 busy, superseded and stopping", async () => {
    const task = anIngestTask({ attempt: 2 });
    await client.start(task);
    expect(await client.start(anIngestTask())).toEqual({ status: 409, code: "busy" });
    expect(await client.start({ ...task, attempt: 1 })).toEqual({ status: 409, code: "superseded" });
    void runner.stop();
    expect(await client.start(anIngestTask())).toEqual({ status: 409, code: "stopping" });
  });

  it.each([
    ["no JSON", "{", "task_not_valid"],
    ["no object", "[]", "task_not_valid"],
    ["another contract", JSON.stringify({ ...anIngestTask(), contract: 999 }), "contract_mismatch"],
    ["no contract", JSON.stringify({ ...anIngestTask(), contract: undefined }), "task_not_valid"],
    ["an unknown kind", JSON.stringify({ ...anIngestTask(), kind: "upscale" }), "task_not_valid"],
    ["another task id than the path", JSON.stringify(anIngestTask({ taskId: "task-2" })), "task_not_valid"],
    ["another attempt than the path", JSON.stringify(anIngestTask({ attempt: 2 })), "task_not_valid"],
    ["fewer keys than times", JSON.stringify(anImageTask({ keys: ["a.png", "b.png"] })), "task_not_valid"],
    [
      "a source that is no URL",
      JSON.stringify(anIngestTask({ source: { url: "nowhere" } })),
      "task_not_valid",
    ],
  ])("answers 400 to %s", async (_, body, code) => {
    const response = await client.request("/tasks/task-1/1", { method: "PUT", body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code });
    expect(running).toEqual([]);
  });

  it("answers 413 to a body beyond any task", async () => {
    const response = await client.request("/tasks/task-1/1", {
      method: "PUT",
      body: " ".repeat(17 * 1024 ** 2),
    });
    expect(response.status).toBe(413);
  });
});

describe("DELETE", () => {
  it("ends and forgets an attempt, and is content when there is none", async () => {
    const task = anIngestTask();
    await client.start(task);
    expect(await client.forget(task)).toBe(204);
    expect(await client.forget(task)).toBe(204);
    expect(running[0]?.signal.aborted).toBe(true);
    expect(runner.snapshot(task.jobId)).toEqual([]);
  });

  it("needs to know the job, since task ids are not unique", async () => {
    const response = await client.request("/tasks/task-1/1", { method: "DELETE" });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "query_not_valid" });
  });

  it("ends everything of a job", async () => {
    const task = anIngestTask();
    await client.start(task);
    expect(await client.forgetJob(task.jobId)).toBe(204);
    expect(running[0]?.signal.aborted).toBe(true);
  });
});

describe("GET /reports", () => {
  it("sends headers and the snapshot at once, however long it waits", async () => {
    const task = anIngestTask();
    await client.start(task);
    const lines = await takeUntil(client.poll(task.jobId, 60_000), () => true);
    expect(lines).toEqual([
      {
        type: "snapshot",
        encoder: {
          contract: CONTRACT_VERSION,
          bootId: "boot-1",
          ffmpegVersion: "5.1.9",
          slots: 1,
          slotsFree: 0,
        },
        reports: [{ taskId: "task-1", attempt: 1, state: "running", phase: "fetching", progressPercent: 0 }],
      },
    ]);
  });

  it("sends an empty snapshot for a job that it does not know", async () => {
    const lines = await takeUntil(client.poll("AAAAAAAAAAAAAA", 0), () => false);
    expect(lines).toMatchObject([{ type: "snapshot", reports: [] }]);
  });

  it("ends by itself after waitMs", async () => {
    const startedAt = performance.now();
    await takeUntil(client.poll("AAAAAAAAAAAAAA", 300), () => false);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
  });

  it("sends changes of its own job only, and the final one at once", async () => {
    const task = anIngestTask();
    await client.start(task);
    const poll = client.poll(task.jobId);
    await poll.next();
    runner.changes.emit("report:AAAAAAAAAAAAAA", { taskId: "foreign" });
    running[0]?.onProgress({ phase: "fetching", progressPercent: 7 });
    expect((await poll.next()).value).toMatchObject({ type: "report", report: { progressPercent: 7 } });
    running[0]?.onProgress({ phase: "fetching", progressPercent: 8 });
    running[0]?.end(failed);
    expect((await poll.next()).value).toEqual({
      type: "report",
      report: { taskId: "task-1", attempt: 1, ...failed },
    });
    await poll.return(undefined);
  });

  it("coalesces progress to about five lines per second and keeps the latest", async () => {
    const task = anIngestTask();
    await client.start(task);
    const timer = setInterval(() => {
      progressPercent += 1;
      running[0]?.onProgress({ phase: "fetching", progressPercent });
    }, 10);
    let progressPercent = 0;
    const lines = await takeUntil(client.poll(task.jobId, 1_000), () => false);
    clearInterval(timer);
    const heard = lines.flatMap((line) =>
      line.type === "report" && line.report.state === "running" ? [line.report.progressPercent] : [],
    );
    expect(heard.length).toBeGreaterThanOrEqual(2);
    expect(heard.length).toBeLessThanOrEqual(6);
    expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  });

  it("shows a task that ended between two polls in the next snapshot", async () => {
    const task = anIngestTask();
    await client.start(task);
    await takeUntil(client.poll(task.jobId), () => true);
    running[0]?.end(failed);
    const lines = await takeUntil(client.poll(task.jobId), () => true);
    expect(lines).toMatchObject([{ reports: [{ state: "failed" }] }]);
  });

  it("serves several polls of one job", async () => {
    const task = anIngestTask();
    await client.start(task);
    const polls = [client.poll(task.jobId), client.poll(task.jobId)];
    await Promise.all(polls.map((poll) => poll.next()));
    running[0]?.end(failed);
    const lines = await Promise.all(polls.map((poll) => poll.next()));
    expect(lines.map(({ value }) => value)).toMatchObject([{ type: "report" }, { type: "report" }]);
    await Promise.all(polls.map((poll) => poll.return(undefined)));
  });

  it("shows that it is alive every five seconds while nothing happens", async () => {
    const lines = await takeUntil(client.poll("AAAAAAAAAAAAAA", 5_500), () => false);
    expect(lines.slice(1)).toEqual([{ type: "alive", slotsFree: 1 }]);
  });

  it("cleans up at once when the reader goes away, politely or not", async () => {
    const listeners = (): number => runner.changes.listenerCount("report:AAAAAAAAAAAAAA");
    const poll = client.poll("AAAAAAAAAAAAAA", 60_000);
    await poll.next();
    const socket = connect(Number(new URL(origin).port), "127.0.0.1");
    socket.write(
      "GET /reports?job=AAAAAAAAAAAAAA&waitMs=60000 HTTP/1.1\r\nhost: x\r\n" +
        `authorization: Bearer ${TEST_TOKEN}\r\n\r\n`,
    );
    await once(socket, "data");
    expect(listeners()).toBe(2);
    socket.resetAndDestroy();
    await poll.return(undefined);
    const deadline = performance.now() + 10_000;
    while (listeners() > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(listeners()).toBe(0);
    expect(runner.changes.listenerCount("stopped")).toBe(0);
  });

  it("tells the end of stopped tasks and then ends", async () => {
    const task = anIngestTask();
    await client.start(task);
    const poll = client.poll(task.jobId, 60_000);
    await poll.next();
    void runner.stop();
    running[0]?.end({ state: "failed", failure: { code: "encoder_stopping" } });
    const rest = await takeUntil(poll, () => false);
    expect(rest).toMatchObject([
      { type: "report", report: { state: "failed", failure: { code: "encoder_stopping" } } },
    ]);
  });

  it.each([
    "/reports",
    "/reports?job=",
    "/reports?job=x&waitMs=-1",
    "/reports?job=x&waitMs=600000",
    "/reports?job=x&waitMs=a",
  ])("answers 400 to %s", async (path) => {
    const response = await client.request(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "query_not_valid" });
  });
});

describe("everything else", () => {
  it("is answered 404 in JSON", async () => {
    const response = await client.request("/nothing");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: "not_found" });
  });
});
