/**
 * An encoder that speaks the whole contract and does what a test tells it: stands in for `globalThis.fetch` of the
 * Worker, because FFmpeg cannot run in workerd. Webhook receivers live here too.
 */
import { vi } from "vitest";
import { CONTRACT_VERSION } from "../../../encoder/contract/version.ts";
import type { EncoderStatus, PollLine, TaskReport, TaskResult } from "../../../encoder/contract/report.ts";
import type { Task } from "../../../encoder/contract/task.ts";
import type { Cut } from "../../../encoder/contract/timeline.ts";
import { aMediaInfo, anFfprobe } from "../../support/job-builders.ts";

export type Webhook = { url: string; headers: Headers; body: string };
/** A task that arrived at an encoder, which is named by its number. */
type Start = { encoder: string; jobId: string; taskId: string };
/** An open poll of one job at one encoder, and what it has not been told yet. */
type Poll = { place: string; news: PollLine[] };
export type ScriptedEncoder = ReturnType<typeof scriptEncoder>;

const SHA256 = "0".repeat(64);

/** What the encoder says of a task right after its start; null leaves the task running without a word. */
export type Script = (task: Task) => TaskReport | null;

/** Reports success for whatever is asked, of a source that is encoded whole. */
export function succeed(task: Task): TaskReport {
  const { taskId, attempt } = task;
  return { taskId, attempt, state: "done", result: resultOf(task), phaseMs: { encoding: 1 } };
}

function resultOf(task: Task): TaskResult {
  switch (task.kind) {
    case "ingest":
      return {
        kind: "ingest",
        mediaInfo: aMediaInfo(),
        ffprobe: anFfprobe(),
        timeline: null,
        warnings: [],
      };
    case "encode": {
      const object = { key: task.object.key, sizeBytes: 1 };
      const sha256 = task.isWorkFile ? SHA256 : null;
      return { kind: "encode", object, sha256, ffprobe: anFfprobe(), warnings: [] };
    }
    case "image":
      return { kind: "image", objects: task.keys.map((key) => ({ key, sizeBytes: 1 })) };
    case "chunk": {
      const parts = task.parts.map(({ key, startFrame, endFrame }) => ({
        file: { key, sizeBytes: 1, sha256: SHA256 },
        frameCount: (endFrame ?? startFrame + 1) - startFrame,
        extradataHash: "same",
      }));
      const edge = (cut: Cut | null) => (cut === null ? null : `frame ${cut.frame}`);
      const seam = { first: edge(task.start), next: edge(task.end) };
      return { kind: "chunk", parts, seam, warnings: [] };
    }
    case "analyze":
      return { kind: "analyze", weight: 1 };
    case "assemble":
      return { kind: "assemble", object: { key: task.object.key, sizeBytes: 1 }, ffprobe: anFfprobe() };
    case "animation":
      return { kind: "animation", object: { key: task.object.key, sizeBytes: 1 } };
    case "segment":
      return { kind: "segment", pictures: task.pictures.map(() => publication()) };
    case "segment-sound": {
      const pieces = (task.pieces?.keys ?? []).map((key) => ({ key, sizeBytes: 1, sha256: SHA256 }));
      return { kind: "segment-sound", pieces, ...publication() };
    }
    case "subtitle":
      return { kind: "subtitle", cueCount: 1 };
    case "package": {
      const { transport, playlistName } = task.packages;
      const key = `${transport?.prefix ?? ""}/${playlistName}.m3u8`;
      return { kind: "package", manifests: [{ format: "hls", key, ffprobe: anFfprobe() }] };
    }
  }
}

/** One segment of six seconds, as a transport stream alone. */
function publication() {
  const segments = [{ number: 0, durationTicks: 540_000, sizeBytes: 1, keyframeBytes: 1 }];
  const transport = { ticksPerSecond: 90_000, startTicks: 0, codecs: ["avc1.64001f"], segments };
  return { transport, fragments: null };
}

/** Installs the stand-in; `restore` takes it away. Hosts `encoder-*.test` are encoders, all others webhooks. */
export function scriptEncoder(
  script: Script,
  answerWebhook: (webhook: Webhook) => Response = () => new Response("ok"),
) {
  const started: Task[] = [];
  const starts: Start[] = [];
  const released: string[] = [];
  const webhooks: Webhook[] = [];
  const reports = new Map<string, { place: string; report: TaskReport }>();
  const polls = new Set<Poll>();
  const current = {
    script,
    answerWebhook,
    slotsFree: 4,
    pollMs: Number.POSITIVE_INFINITY,
    dead: new Set<string>(),
  };
  const line = (value: object) => new TextEncoder().encode(`${JSON.stringify(value)}\n`);

  /** The encoder says this of a task that it runs. */
  const tell = (encoder: string, jobId: string, report: TaskReport): void => {
    const place = `${encoder} ${jobId}`;
    reports.set(`${place} ${report.taskId}`, { place, report });
    polls.forEach((poll) => poll.place === place && poll.news.push({ type: "report", report }));
  };

  /** Connections to it break, and no new ones are taken. */
  const kill = (encoder: string): void => {
    current.dead.add(encoder);
  };

  const answer = async (request: Request, signal: AbortSignal | null | undefined): Promise<Response> => {
    const url = new URL(request.url);
    const encoder = /^encoder-(\d+)\.test$/.exec(url.hostname)?.[1];
    if (encoder === undefined) {
      const webhook = { url: request.url, headers: request.headers, body: await request.text() };
      webhooks.push(webhook);
      return current.answerWebhook(webhook);
    }
    if (current.dead.has(encoder)) {
      throw new TypeError("Network connection lost.");
    }
    const status: EncoderStatus = {
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
      const { jobId, taskId, attempt } = task;
      started.push(task);
      starts.push({ encoder, jobId, taskId });
      const idle: TaskReport = { taskId, attempt, state: "running", phase: "encoding", progressPercent: 1 };
      tell(encoder, jobId, current.script(task) ?? idle);
      return Response.json({}, { status: 201 });
    }
    if (request.method === "DELETE") {
      released.push(url.pathname);
      const [, , taskId] = url.pathname.split("/");
      reports.delete(`${encoder} ${url.searchParams.get("job") ?? ""} ${taskId}`);
      return Response.json({});
    }
    const place = `${encoder} ${url.searchParams.get("job") ?? ""}`;
    const known = [...reports.values()].filter((entry) => entry.place === place);
    const snapshot = known.map(({ report }) => report);
    const poll: Poll = { place, news: [{ type: "snapshot", encoder: status, reports: snapshot }] };
    polls.add(poll);
    const endAt = Date.now() + current.pollMs;
    const body = new ReadableStream<Uint8Array>({
      // Looked at again and again, because streams of one object must not be written to by another, or by a test.
      pull: async (controller) => {
        const isOpen = () => !current.dead.has(encoder) && signal?.aborted !== true && Date.now() < endAt;
        while (poll.news.length === 0 && isOpen()) {
          await scheduler.wait(10);
        }
        const news = poll.news.shift();
        if (news !== undefined) {
          return controller.enqueue(line(news));
        }
        polls.delete(poll);
        if (Date.now() >= endAt) {
          return controller.close();
        }
        controller.error(new Error("Network connection lost."));
      },
      cancel: () => void polls.delete(poll),
    });
    return new Response(body);
  };

  const spy = vi
    .spyOn(globalThis, "fetch")
    .mockImplementation((input, init) => answer(new Request(input, init), init?.signal));
  return { started, starts, released, webhooks, current, tell, kill, restore: () => spy.mockRestore() };
}
