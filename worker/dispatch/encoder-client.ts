/** What the Worker says to an encoder, over an `EncoderPort`. Answers are parsed; nothing is trusted. */
import {
  ALIVE_INTERVAL_MS,
  encoderStatusSchema,
  pollLineSchema,
  type EncoderStatus,
  type PollLine,
} from "../../encoder/contract/report.ts";
import type { Task } from "../../encoder/contract/task.ts";
import { withTimeLimit } from "../time-limit.ts";
import type { EncoderPort } from "./encoder-port.ts";

const COMMAND_TIMEOUT_MS = 10_000;

/** Long enough to save requests, short enough for an object that must not wait on one fetch for minutes. */
const POLL_WAIT_MS = 20_000;

/** Three missed signs of life: the connection is dead even if TCP does not know. */
const POLL_SILENCE_MS = 3 * ALIVE_INTERVAL_MS;

/** A line holds at most one snapshot; far more than that is not an encoder speaking. */
const MAX_LINE_LENGTH = 8 * 1024 * 1024;

/** Busy or stopping (409), and what the platform says when no container can be had (429, 503). */
const NO_ROOM_STATUSES = [409, 429, 503];

export type StartOutcome = "started" | "refused" | "rejected";

/** The encoder's own word on itself, or null when it does not answer or speaks another contract. */
export async function encoderHealth(port: EncoderPort, name: string): Promise<EncoderStatus | null> {
  try {
    return await withTimeLimit(port.answerWithinMs, async (signal) => {
      const response = await port.fetch(name, "/health", { signal });
      const body = response.ok ? await response.json() : await discard(response);
      const parsed = encoderStatusSchema.safeParse(body);
      return parsed.success ? parsed.data : null;
    });
  } catch {
    return null;
  }
}

/**
 * Starts a task; safe to repeat. `refused` means "not now, not here"; `rejected` means that something is
 * wrong with the task or the encoder.
 */
export async function startTask(port: EncoderPort, name: string, task: Task): Promise<StartOutcome> {
  try {
    const { ok, status } = await command(port, name, `/tasks/${task.taskId}/${task.attempt}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(task),
    });
    if (ok) {
      return "started";
    }
    return NO_ROOM_STATUSES.includes(status) ? "refused" : "rejected";
  } catch {
    return "refused";
  }
}

/** Stops one attempt; safe to repeat. Rejects when the encoder cannot be reached. */
export async function cancelTask(
  port: EncoderPort,
  name: string,
  jobId: string,
  taskId: string,
  attempt: number,
) {
  await remove(port, name, `/tasks/${taskId}/${attempt}?job=${jobId}`);
}

/**
 * Follows an encoder's reports on one job until the poll's time is over.
 *
 * @throws when the connection breaks, falls silent or says something that is no report.
 */
export async function* followReports(
  port: EncoderPort,
  name: string,
  jobId: string,
  signal: AbortSignal,
): AsyncGenerator<PollLine> {
  const silence = new AbortController();
  const response = await port.fetch(name, `/reports?job=${jobId}&waitMs=${POLL_WAIT_MS}`, {
    signal: AbortSignal.any([signal, silence.signal]),
  });
  if (!response.ok || response.body === null) {
    await discard(response);
    throw new Error(`Encoder ${name} answered ${response.status} to a poll.`);
  }
  const watchdog = startWatchdog(silence);
  try {
    for await (const line of lines(response.body)) {
      watchdog.feed();
      yield pollLineSchema.parse(JSON.parse(line));
    }
  } finally {
    watchdog.stop();
  }
}

async function remove(port: EncoderPort, name: string, path: string): Promise<void> {
  const { ok, status } = await command(port, name, path, { method: "DELETE" });
  if (!ok && status !== 404) {
    throw new Error(`Encoder ${name} answered ${status}.`);
  }
}

/** A short request whose answer is all in its status. */
function command(
  port: EncoderPort,
  name: string,
  path: string,
  init: RequestInit,
): Promise<{ ok: boolean; status: number }> {
  return withTimeLimit(COMMAND_TIMEOUT_MS, async (signal) => {
    const response = await port.fetch(name, path, { ...init, signal });
    await discard(response);
    return { ok: response.ok, status: response.status };
  });
}

async function discard(response: Response): Promise<null> {
  await response.body?.cancel();
  return null;
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) {
      throw new Error("An encoder sent a line without end.");
    }
    yield* parts.filter((part) => part !== "");
  }
}

function startWatchdog(silence: AbortController): { feed: () => void; stop: () => void } {
  let timer = setTimeout(() => silence.abort(), POLL_SILENCE_MS);
  return {
    feed: () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), POLL_SILENCE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}
