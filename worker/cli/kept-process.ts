/** Keeps a child running: one that ends by itself is started again, one that never gets ready is given up. */
import { setTimeout as delay } from "node:timers/promises";
import { describeEnd, type ProcessGroup } from "./process-group.ts";

/** Waits before the first and the second new start after a start that failed; then it is given up. */
const RESTART_DELAYS_MS = [200, 1_000];

const READY_POLL_MS = 50;

export type KeptProcessOptions = {
  name: string;
  start: () => Promise<ProcessGroup>;
  /** Asked until it says yes, for each new process. Must not throw. */
  isReady: () => Promise<boolean>;
  /** Told in one sentence about each end and new start. */
  report: (line: string) => void;
};

export type KeptProcess = {
  /** The process of the moment; null between two. */
  pid(): number | null;
  /** Settles once it has been ready for the first time; rejects when it is given up before. */
  ready: Promise<void>;
  /** Settles with a sentence when it is given up; never after `stop`. */
  givenUp: Promise<string>;
  /** Ends the process for good. Safe to call twice. */
  stop(): Promise<void>;
};

/** Starts the process and stays with it. */
export function keepRunning(options: KeptProcessOptions): KeptProcess {
  const ready = Promise.withResolvers<void>();
  const givenUp = Promise.withResolvers<string>();
  // Whoever waits for `ready` sees the failure; a service that is stopped while starting does not wait any more.
  ready.promise.catch(() => undefined);
  let current: ProcessGroup | null = null;
  const stopping = new AbortController();

  const run = async (): Promise<void> => {
    let failedStarts = 0;
    while (!stopping.signal.aborted) {
      const group = await options.start();
      current = group;
      const isReady = await waitUntilReady(options.isReady, group, stopping.signal);
      if (isReady) {
        failedStarts = 0;
        ready.resolve();
      }
      const end = await group.ended;
      current = null;
      if (stopping.signal.aborted) {
        return;
      }
      const waitMs = isReady ? 0 : RESTART_DELAYS_MS[failedStarts++];
      if (waitMs === undefined) {
        throw new Error(
          `The ${options.name} does not start (${describeEnd(end)}):\n${group.outputTail().trim()}`,
        );
      }
      options.report(`The ${options.name} ended (${describeEnd(end)}); it is started again.`);
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const done = run().catch((error: unknown) => {
    ready.reject(error);
    givenUp.resolve(error instanceof Error ? error.message : String(error));
  });

  return {
    pid: () => current?.pid ?? null,
    ready: ready.promise,
    givenUp: givenUp.promise,
    stop: async () => {
      stopping.abort();
      // Null while the next process is being started: the loop ends it below.
      await current?.stop();
      await done;
    },
  };
}

/** True once the process is ready; false when it ended, or the wait was called off, before. */
async function waitUntilReady(
  isReady: () => Promise<boolean>,
  group: ProcessGroup,
  signal: AbortSignal,
): Promise<boolean> {
  let isOver = false;
  void group.ended.then(() => (isOver = true));
  while (!isOver && !signal.aborted) {
    if (await isReady()) {
      return true;
    }
    await delay(READY_POLL_MS);
  }
  if (signal.aborted) {
    await group.stop();
  }
  return false;
}
