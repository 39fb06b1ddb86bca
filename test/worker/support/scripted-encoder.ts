/**
 * An encoder that speaks the whole contract and does what a test tells it: stands in for `globalThis.fetch` of the
 * Worker, because FFmpeg cannot run in workerd. Webhook receivers live here too.
 */
import { vi } from "vitest";
import { CONTRACT_VERSION } from "../../../encoder/contract/version.ts";
import type { TaskReport } from "../../../encoder/contract/report.ts";
import type { Task } from "../../../encoder/contract/task.ts";
import { aMediaInfo, anFfprobe } from "../../support/job-builders.ts";

export type Webhook = { url: string; headers: Headers; body: string };
export type ScriptedEncoder = ReturnType<typeof scriptEncoder>;

/** What the encoder says of a task right after its start; null leaves the task running without a word. */
export type Script = (task: Task) => TaskReport | null;

/** Reports success for whatever is asked. */
export function succeed(task: Task): TaskReport {
  const done = { taskId: task.taskId, attempt: task.attempt, state: "done" as const };
  switch (task.kind) {
    case "ingest":
      return { ...done, result: { kind: "ingest", mediaInfo: aMediaInfo(), ffprobe: anFfprobe() } };
    case "encode":
      return {
        ...done,
        result: { kind: "encode", object: { key: task.object.key, sizeBytes: 1 }, ffprobe: anFfprobe() },
      };
    case "image":
      return { ...done, result: { kind: "image", objects: task.keys.map((key) => ({ key, sizeBytes: 1 })) } };
    case "package":
      return {
        ...done,
        result: {
          kind: "package",
          masterKey: `${task.hls.prefix}/master.m3u8`,
          objectCount: 1,
          sizeBytes: 1,
          ffprobe: anFfprobe(),
        },
      };
  }
}

/** Installs the stand-in; `restore` takes it away. Hosts `encoder-*.test` are encoders, all others webhooks. */
export function scriptEncoder(
  script: Script,
  answerWebhook: (webhook: Webhook) => Response = () => new Response("ok"),
) {
  const started: Task[] = [];
  const released: string[] = [];
  const webhooks: Webhook[] = [];
  const reports = new Map<string, TaskReport>();
  const polls = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const current = { script, answerWebhook, slotsFree: 4 };
  const line = (value: object) => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

  const answer = async (request: Request, signal: AbortSignal | null | undefined): Promise<Response> => {
    const url = new URL(request.url);
    if (!url.hostname.startsWith("encoder-")) {
      const webhook = { url: request.url, headers: request.headers, body: await request.text() };
      webhooks.push(webhook);
      return current.answerWebhook(webhook);
    }
    const status = {
      contract: CONTRACT_VERSION,
      bootId: "boot",
      ffmpegVersion: "5.1",
      slots: 4,
      slotsFree: current.slotsFree,
    };
    if (url.pathname === "/health") {
      return Response.json(status);
    }
    if (request.method === "PUT") {
      const task = await request.json<Task>();
      started.push(task);
      const { taskId, attempt } = task;
      const idle: TaskReport = { taskId, attempt, state: "running", phase: "encoding", progressPercent: 1 };
      const report = current.script(task) ?? idle;
      reports.set(taskId, report);
      polls.forEach((poll) => poll.enqueue(line({ type: "report", report })));
      return Response.json({}, { status: 201 });
    }
    if (request.method === "DELETE") {
      released.push(url.pathname);
      return Response.json({});
    }
    let poll: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        poll = controller;
        poll.enqueue(line({ type: "snapshot", encoder: status, reports: [...reports.values()] }));
        polls.add(poll);
      },
      cancel: () => void polls.delete(poll),
    });
    // As a real one does: an abandoned poll is cleaned up.
    signal?.addEventListener("abort", () => polls.delete(poll) && poll.error(new Error("aborted")));
    return new Response(body);
  };

  const spy = vi
    .spyOn(globalThis, "fetch")
    .mockImplementation((input, init) => answer(new Request(input, init), init?.signal));
  return { started, released, webhooks, current, restore: () => spy.mockRestore() };
}
