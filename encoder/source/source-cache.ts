/**
 * Downloaded sources, one file per (job, URL): tasks that want the same source at once share one download. Owns
 * the files' lives and their share of the scratch space; how a download works is download-source.ts's.
 */
import { randomUUID } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import path from "node:path";
import { TaskFailure } from "../run/task-failure.ts";
import type { DownloadOptions } from "./download-source.ts";

/** What the cache leaves to the downloader: everything but the network's settings. */
export type Download = (
  options: Pick<DownloadOptions, "url" | "path" | "signal" | "reserve" | "onProgress">,
) => Promise<{ sizeBytes: number }>;

export type SourceCacheOptions = {
  directory: string;
  /** Bytes that all cached sources may take together. */
  maxBytes: number;
  /** An unused source is kept this long for the job's next task. */
  idleMs: number;
  download: Download;
};

export type AcquireOptions = {
  signal: AbortSignal;
  /** 0..1 of the download; not called when the size is unknown or the file is there already. */
  onProgress: (fraction: number) => void;
};

/** A source on disk that stays there until `release`, unless its job is released first. */
export type SourceLease = { path: string; sizeBytes: number; release: () => void };

export interface SourceCache {
  /**
   * Waits for the job's source. An aborted waiter leaves the others' download alone; the last one ends it.
   * @throws TaskFailure `source_*` or `scratch_full`; the signal's reason when it is aborted.
   */
  acquire(jobId: string, url: string, options: AcquireOptions): Promise<SourceLease>;
  /** Ends the job's downloads and deletes its files. Safe to call twice. */
  releaseJob(jobId: string): void;
  /** Bytes claimed now. */
  usedBytes(): number;
}

type Entry = {
  key: string;
  jobId: string;
  path: string;
  reservedBytes: number;
  users: number;
  listeners: Set<(fraction: number) => void>;
  controller: AbortController;
  /** Null while the download runs. */
  sizeBytes: number | null;
  ready: Promise<number>;
  idleTimer: NodeJS.Timeout | null;
};

export function createSourceCache(options: SourceCacheOptions): SourceCache {
  const entries = new Map<string, Entry>();

  /** Forgets the entry at once, so that a later task fetches anew; a file in use stays readable until closed. */
  const evict = (entry: Entry, reason: Error): void => {
    if (entries.get(entry.key) === entry) {
      entries.delete(entry.key);
    }
    clearTimeout(entry.idleTimer ?? undefined);
    entry.reservedBytes = 0;
    entry.controller.abort(reason);
    void rm(entry.path, { force: true });
  };

  const usedBytes = (): number => [...entries.values()].reduce((sum, entry) => sum + entry.reservedBytes, 0);

  const reserve = (entry: Entry, totalBytes: number): void => {
    entry.controller.signal.throwIfAborted();
    const wantedBytes = Math.max(totalBytes, entry.reservedBytes);
    for (const idle of [...entries.values()].filter((other) => other.users === 0)) {
      if (usedBytes() - entry.reservedBytes + wantedBytes <= options.maxBytes) {
        break;
      }
      evict(idle, new Error("the space is needed for another source"));
    }
    if (usedBytes() - entry.reservedBytes + wantedBytes > options.maxBytes) {
      throw new TaskFailure({ code: "scratch_full" });
    }
    entry.reservedBytes = wantedBytes;
  };

  const begin = (jobId: string, url: string, key: string): Entry => {
    const entry: Entry = {
      key,
      jobId,
      path: path.join(options.directory, randomUUID()),
      reservedBytes: 0,
      users: 0,
      listeners: new Set(),
      controller: new AbortController(),
      sizeBytes: null,
      ready: Promise.resolve(0),
      idleTimer: null,
    };
    entry.ready = options
      .download({
        url,
        path: entry.path,
        signal: entry.controller.signal,
        reserve: (totalBytes) => reserve(entry, totalBytes),
        onProgress: (receivedBytes, totalBytes) => {
          if (totalBytes !== null) {
            entry.listeners.forEach((listener) => listener(receivedBytes / totalBytes));
          }
        },
      })
      .then(({ sizeBytes }) => {
        // A download may end in the moment in which it is given up: the file must not outlive its entry.
        entry.controller.signal.throwIfAborted();
        return (entry.sizeBytes = sizeBytes);
      });
    entry.ready.catch((error: Error) => evict(entry, error));
    entries.set(key, entry);
    return entry;
  };

  /**
   * Counts the caller in as a user of a running download, of a finished file that is still whole, or of a new
   * download. Nothing is awaited between the choice and the count, so an eviction cannot come in between.
   */
  const join = async (jobId: string, url: string): Promise<Entry> => {
    const key = `${jobId} ${url}`;
    const known = entries.get(key);
    if (known?.sizeBytes != null && (await fileSize(known.path)) !== known.sizeBytes) {
      evict(known, new Error("the file has disappeared"));
    }
    const entry = entries.get(key) ?? begin(jobId, url, key);
    entry.users += 1;
    clearTimeout(entry.idleTimer ?? undefined);
    return entry;
  };

  const leave = (entry: Entry): void => {
    entry.users -= 1;
    if (entry.users > 0 || entries.get(entry.key) !== entry) {
      return;
    }
    if (entry.sizeBytes === null) {
      evict(entry, new Error("nobody waits for the download any more"));
      return;
    }
    entry.idleTimer = setTimeout(() => evict(entry, new Error("idle")), options.idleMs);
    entry.idleTimer.unref();
  };

  return {
    async acquire(jobId, url, { signal, onProgress }) {
      signal.throwIfAborted();
      const entry = await join(jobId, url);
      entry.listeners.add(onProgress);
      try {
        const sizeBytes = await abortable(entry.ready, signal);
        return { path: entry.path, sizeBytes, release: once(() => leave(entry)) };
      } catch (error) {
        leave(entry);
        throw error;
      } finally {
        entry.listeners.delete(onProgress);
      }
    },
    releaseJob(jobId) {
      for (const entry of [...entries.values()].filter((candidate) => candidate.jobId === jobId)) {
        evict(entry, new Error("the job is released"));
      }
    },
    usedBytes,
  };
}

async function fileSize(file: string): Promise<number | null> {
  return stat(file).then(
    (found) => found.size,
    () => null,
  );
}

/** Settles with the promise, or rejects with the signal's reason if that comes first. */
function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) {
      onAbort();
    }
  });
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (!done) {
      done = true;
      action();
    }
  };
}
