/**
 * A source to a file on disk: tries again in place while that may help, continues a broken transfer where the
 * server can, and enforces the limits on size, speed and time. Sharing one download is source-cache.ts's.
 */
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dispatcher } from "undici";
import { retryDelayMs, type RetryPace } from "../retry-delay.ts";
import { TaskFailure } from "../run/task-failure.ts";
import { writeFully } from "../write-fully.ts";
import { type OpenedSource, openSource } from "./open-source.ts";
import { SourceSetback } from "./source-setback.ts";
import { createThroughputGuard, type ThroughputLimit } from "./throughput-guard.ts";

export type SourceLimits = {
  maxBytes: number;
  /** For the whole download, all tries together. */
  timeoutMs: number;
  stallTimeoutMs: number;
  throughput: ThroughputLimit;
  /** Tries in a row without progress before the task fails; the Worker then has its own attempts. */
  maxTries: number;
  pace: RetryPace;
};

export const DEFAULT_SOURCE_LIMITS: SourceLimits = {
  maxBytes: 10 * 1024 ** 3,
  timeoutMs: 3_600_000,
  stallTimeoutMs: 30_000,
  throughput: { minBytesPerSecond: 16 * 1024, windowMs: 30_000 },
  maxTries: 4,
  pace: { baseMs: 500, maxMs: 15_000 },
};

export type DownloadOptions = {
  url: string;
  path: string;
  dispatcher: Dispatcher;
  limits: SourceLimits;
  signal: AbortSignal;
  /** Claims disk space up to this total; throws when there is none. */
  reserve: (totalBytes: number) => void;
  /** `totalBytes` is null while the server does not say. */
  onProgress: (receivedBytes: number, totalBytes: number | null) => void;
};

/** What survives a broken try. */
type Transfer = { offsetBytes: number; furthestBytes: number; validator: string | null };

/** New bytes that count as progress: a server that drips a few bytes per connection does not earn more tries. */
const PROGRESS_BYTES = 64 * 1024;

/**
 * Downloads the whole source to `path` and returns its size in bytes.
 * @throws TaskFailure with a `source_*` code; the signal's reason when it is aborted; file system errors as they are.
 */
export async function downloadSource(options: DownloadOptions): Promise<{ sizeBytes: number }> {
  const timeout = AbortSignal.timeout(options.limits.timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  const file = await open(options.path, "w");
  try {
    return await tryUntilWhole(file, { ...options, signal });
  } catch (error) {
    if (timeout.aborted && !options.signal.aborted) {
      throw new TaskFailure({ code: "source_too_slow" }, { cause: error });
    }
    throw error;
  } finally {
    await file.close();
  }
}

async function tryUntilWhole(file: FileHandle, options: DownloadOptions): Promise<{ sizeBytes: number }> {
  const transfer: Transfer = { offsetBytes: 0, furthestBytes: 0, validator: null };
  for (let failureCount = 1; ; failureCount += 1) {
    const furthestBefore = transfer.furthestBytes;
    try {
      await transferOnce(file, transfer, options);
      return { sizeBytes: transfer.offsetBytes };
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof SourceSetback)) {
        throw error;
      }
      if (transfer.furthestBytes - furthestBefore >= PROGRESS_BYTES) {
        failureCount = 1;
      }
      if (!error.mayRetry || failureCount >= options.limits.maxTries) {
        throw new TaskFailure(error.failure, { cause: error });
      }
      const delayMs = retryDelayMs(failureCount, options.limits.pace, Math.random(), error.retryAfterMs);
      await sleep(delayMs, undefined, { signal: options.signal }).catch(() =>
        options.signal.throwIfAborted(),
      );
    }
  }
}

/** One connection: opens the source where the transfer stands and writes until the body ends. */
async function transferOnce(file: FileHandle, transfer: Transfer, options: DownloadOptions): Promise<void> {
  const { limits, dispatcher, signal } = options;
  const { validator, offsetBytes } = transfer;
  const resume = validator !== null && offsetBytes > 0 ? { offsetBytes, validator } : null;
  const opened = await openSource(options.url, {
    dispatcher,
    signal,
    resume,
    stallTimeoutMs: limits.stallTimeoutMs,
  });
  transfer.validator = opened.validator;
  transfer.offsetBytes = opened.offsetBytes;
  await file.truncate(opened.offsetBytes);
  await writeBody(file, opened, transfer, options);
  if (opened.totalBytes !== null && transfer.offsetBytes !== opened.totalBytes) {
    throw new SourceSetback({ code: "source_interrupted" }, { mayRetry: true });
  }
  if (transfer.offsetBytes === 0) {
    throw new TaskFailure({ code: "source_empty" });
  }
}

async function writeBody(
  file: FileHandle,
  opened: OpenedSource,
  transfer: Transfer,
  options: DownloadOptions,
): Promise<void> {
  const { limits } = options;
  admit(opened.totalBytes ?? 0, options);
  const isTooSlow = createThroughputGuard(limits.throughput, performance.now());
  for await (const chunk of opened.body) {
    options.signal.throwIfAborted();
    const endBytes = transfer.offsetBytes + chunk.length;
    admit(endBytes, options);
    await writeFully(file, chunk, transfer.offsetBytes);
    transfer.offsetBytes = endBytes;
    transfer.furthestBytes = Math.max(transfer.furthestBytes, endBytes);
    options.onProgress(endBytes, opened.totalBytes);
    if (isTooSlow(performance.now(), chunk.length)) {
      throw new TaskFailure({ code: "source_too_slow" });
    }
  }
}

function admit(totalBytes: number, { limits, reserve }: DownloadOptions): void {
  if (totalBytes > limits.maxBytes) {
    throw new TaskFailure({ code: "source_too_large", limit: formatBytes(limits.maxBytes) });
  }
  reserve(totalBytes);
}

/** Binary units with at most one decimal, such as `10 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${units[power]}`;
}
