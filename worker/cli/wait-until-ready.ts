/** The moment a service may be called ready: the Worker and every encoder answer, and the Worker takes the key. */
import { setTimeout as delay } from "node:timers/promises";
import { CliError } from "./cli-error.ts";
import { isHealthy, keyProbeStatus } from "./health.ts";

/** A service is ready within 15 s on any machine it is meant for; one that is merely overloaded gets time. */
const SLOW_AFTER_MS = 15_000;
const GIVE_UP_AFTER_MS = 60_000;

const POLL_MS = 50;

export type Starting = {
  url: string;
  key: string;
  /** Settle when the encoders are ready. */
  encodersReady: Promise<void>[];
  /** Settles with a sentence when the service cannot become ready any more. */
  failed: Promise<string>;
  signal: AbortSignal | undefined;
  report: (line: string) => void;
};

/** @throws CliError when the service fails, is called off, or is not ready after 60 s. */
export async function waitUntilReady(starting: Starting): Promise<void> {
  const over = new AbortController();
  const everything = Promise.all([workerReady(starting, over.signal), ...starting.encodersReady]);
  const failure = starting.failed.then((sentence) => Promise.reject(new CliError(sentence)));
  try {
    await Promise.race([
      everything,
      failure,
      calledOff(starting.signal),
      watchClock(starting.report, over.signal),
    ]);
  } finally {
    over.abort();
  }
}

/** The promise, unless the signal comes first. */
export function unlessCalledOff<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  return Promise.race([promise, calledOff(signal)]);
}

async function workerReady(starting: Starting, over: AbortSignal): Promise<void> {
  while (!over.aborted && !(await isHealthy(starting.url))) {
    await delay(POLL_MS);
  }
  if (!over.aborted && (await keyProbeStatus(starting.url, starting.key)) === 401) {
    throw new CliError(
      "The Worker does not take the development key: it reads another database than the prepared one.",
    );
  }
}

function calledOff(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const refuse = () => reject(new CliError("The start was called off."));
    signal?.addEventListener("abort", refuse, { once: true });
    if (signal?.aborted === true) {
      refuse();
    }
  });
}

async function watchClock(report: (line: string) => void, over: AbortSignal): Promise<never> {
  const wait = (ms: number) => delay(ms, undefined, { signal: over, ref: false });
  try {
    await wait(SLOW_AFTER_MS);
    report(`The service is not ready after ${SLOW_AFTER_MS / 1_000} s; waiting on.`);
    await wait(GIVE_UP_AFTER_MS - SLOW_AFTER_MS);
  } catch {
    // Decided otherwise in the meantime: this must not settle the race any more.
    return new Promise(() => undefined);
  }
  throw new CliError(`The service is not ready after ${GIVE_UP_AFTER_MS / 1_000} s; its logs may say why.`);
}
