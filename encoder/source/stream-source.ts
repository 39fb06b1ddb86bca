/**
 * Bytes of a source, over as many connections as it takes: tries again in place while that may help, goes on where
 * a broken transfer stood, and enforces the limits on speed and time. What is asked for and where the bytes go is
 * the caller's.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { retryDelayMs } from "../retry-delay.ts";
import { TaskFailure } from "../run/task-failure.ts";
import type { SourceLimits } from "./fetch-limits.ts";
import type { OpenedSource } from "./open-source.ts";
import { SourceSetback } from "./source-setback.ts";
import { createThroughputGuard } from "./throughput-guard.ts";

export type StreamOptions = {
  startByte: number;
  limits: SourceLimits;
  signal: AbortSignal;
  /** Opens a connection that begins at this byte, or earlier where the server cannot do that. */
  open: (startByte: number, signal: AbortSignal) => Promise<OpenedSource>;
  /** Takes bytes that begin at `position`; false ends the transfer. */
  take: (chunk: Buffer, position: number) => Promise<boolean>;
  /** Called when a body has ended as it should, at this byte; false asks for more from there on. */
  isEnough: (endByte: number) => boolean;
};

/** New bytes that count as progress: a server that drips a few bytes per connection does not earn more tries. */
const PROGRESS_BYTES = 64 * 1024;

/**
 * Resolves when `take` or `isEnough` ends the transfer.
 * @throws TaskFailure with a `source_*` code; the signal's reason when it is aborted; what `take` throws.
 */
export async function streamSource(options: StreamOptions): Promise<void> {
  const timeout = AbortSignal.timeout(options.limits.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  try {
    await tryUntilEnough({ ...options, signal });
  } catch (error) {
    if (timeout.aborted && !options.signal.aborted) {
      throw new TaskFailure({ code: "source_too_slow" }, { cause: error });
    }
    throw error;
  }
}

async function tryUntilEnough(options: StreamOptions): Promise<void> {
  const { limits, signal } = options;
  const place: Place = { position: options.startByte, furthest: options.startByte };
  for (let failureCount = 1; ; failureCount += 1) {
    const furthestBefore = place.furthest;
    try {
      if ((await transferOnce(place, options)) === "enough") {
        return;
      }
      // A server that gives less of a range than was asked is gone on with; one that gives next to nothing is not.
      if (place.furthest - furthestBefore >= PROGRESS_BYTES) {
        failureCount = 0;
        continue;
      }
      throw new SourceSetback({ code: "source_interrupted" }, { mayRetry: true });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof SourceSetback)) {
        throw error;
      }
      if (place.furthest - furthestBefore >= PROGRESS_BYTES) {
        failureCount = 1;
      }
      if (!error.mayRetry || failureCount >= limits.maxTries) {
        throw new TaskFailure(error.failure, { cause: error });
      }
      const delayMs = retryDelayMs(failureCount, limits.pace, Math.random(), error.retryAfterMs);
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** Where a transfer stands, and how far it has ever been. */
type Place = { position: number; furthest: number };

async function transferOnce(place: Place, options: StreamOptions): Promise<"enough" | "more"> {
  const { limits, signal } = options;
  const opened = await options.open(place.position, signal);
  place.position = opened.startByte;
  const isTooSlow = createThroughputGuard(limits.throughput, performance.now());
  for await (const chunk of opened.body) {
    signal.throwIfAborted();
    const endByte = place.position + chunk.length;
    if (opened.endByte !== null && endByte > opened.endByte) {
      throw new SourceSetback({ code: "source_interrupted" }, { mayRetry: true });
    }
    const wantsMore = await options.take(chunk, place.position);
    place.position = endByte;
    place.furthest = Math.max(place.furthest, endByte);
    if (!wantsMore) {
      return "enough";
    }
    if (isTooSlow(performance.now(), chunk.length)) {
      throw new TaskFailure({ code: "source_too_slow" });
    }
  }
  if (opened.endByte !== null && place.position !== opened.endByte) {
    throw new SourceSetback({ code: "source_interrupted" }, { mayRetry: true });
  }
  return options.isEnough(place.position) ? "enough" : "more";
}
