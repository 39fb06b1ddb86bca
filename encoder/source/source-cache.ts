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

type AcquireOptions = {
  signal: AbortSignal;
  /** 0..1 of the download; not called when the size is unknown or the file is there already. */
  onProgress: (fraction: number) => void;
};

/** A source on disk that stays there until `release`, unless its job is released first. */
type SourceLease = { path: string; sizeBytes: number; release: () => void };

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

/** The entries by job and URL, and what the functions below need of the options. */
type Cache = SourceCacheOptions & { entries: Map<string, Entry> };

export function createSourceCache(options: SourceCacheOptions): SourceCache {
  const cache: Cache = { ...options, entries: new Map() };
  return {
    async acquire(jobId, url, { signal, onProgress }) {
      signal.throwIfAborted();
      const entry = await join(cache, jobId, url);
      entry.listeners.add(onProgress);
      try {
        const sizeBytes = await abortable(entry.ready, signal);
        return { path: entry.path, sizeBytes, release: once(() => leave(cache, entry)) };
      } catch (error) {
        leave(cache, entry);
        throw error;
      } finally {
        entry.listeners.delete(onProgress);
      }
    },
    releaseJob(jobId) {
      for (const entry of [...cache.entries.values()].filter((candidate) => candidate.jobId === jobId)) {
        evict(cache, entry, new Error("the job is released"));
      }
    },
    usedBytes: () => usedBytes(cache),
  };
}

/**
 * Counts the caller in as a user of a running download, of a finished file that is still whole, or of a new
 * download. Nothing is awaited between the choice and the count, so an eviction cannot come in between.
 */
async function join(cache: Cache, jobId: string, url: string): Promise<Entry> {
  const key = `${jobId} ${url}`;
  const known = cache.entries.get(key);
  if (known !== undefined && known.sizeBytes !== null && (await fileSize(known.path)) !== known.sizeBytes) {
    evict(cache, known, new Error("the file has disappeared"));
  }
  const entry = cache.entries.get(key) ?? begin(cache, { key, jobId, url });
  entry.users += 1;
  clearTimeout(entry.idleTimer ?? undefined);
  return entry;
}

function begin(cache: Cache, { key, jobId, url }: { key: string; jobId: string; url: string }): Entry {
  const entry: Entry = {
    key,
    jobId,
    path: path.join(cache.directory, randomUUID()),
    reservedBytes: 0,
    users: 0,
    listeners: new Set(),
    controller: new AbortController(),
    sizeBytes: null,
    ready: Promise.resolve(0),
    idleTimer: null,
  };
  cache.entries.set(key, entry);
  entry.ready = download(cache, entry, url);
  entry.ready.catch((error: unknown) => evict(cache, entry, error));
  return entry;
}

async function download(cache: Cache, entry: Entry, url: string): Promise<number> {
  const { signal } = entry.controller;
  const { sizeBytes } = await cache.download({
    url,
    path: entry.path,
    signal,
    reserve: (totalBytes) => reserve(cache, entry, totalBytes),
    onProgress: (receivedBytes, totalBytes) => {
      if (totalBytes !== null) {
        entry.listeners.forEach((listener) => listener(receivedBytes / totalBytes));
      }
    },
  });
  // A download may end in the moment in which it is given up: the file must not outlive its entry.
  signal.throwIfAborted();
  entry.sizeBytes = sizeBytes;
  return sizeBytes;
}

/** Raises the entry's claim to `totalBytes`; idle sources make room, oldest first. */
function reserve(cache: Cache, entry: Entry, totalBytes: number): void {
  entry.controller.signal.throwIfAborted();
  const wantedBytes = Math.max(totalBytes, entry.reservedBytes);
  const fits = (): boolean => usedBytes(cache) - entry.reservedBytes + wantedBytes <= cache.maxBytes;
  for (const idle of [...cache.entries.values()].filter(
    ({ users, sizeBytes }) => users === 0 && sizeBytes !== null,
  )) {
    if (fits()) {
      break;
    }
    evict(cache, idle, new Error("the space is needed for another source"));
  }
  if (!fits()) {
    throw new TaskFailure({ code: "scratch_full" });
  }
  entry.reservedBytes = wantedBytes;
}

function leave(cache: Cache, entry: Entry): void {
  entry.users -= 1;
  if (entry.users > 0 || cache.entries.get(entry.key) !== entry) {
    return;
  }
  if (entry.sizeBytes === null) {
    evict(cache, entry, new Error("nobody waits for the download any more"));
    return;
  }
  entry.idleTimer = setTimeout(() => evict(cache, entry, new Error("idle")), cache.idleMs);
  entry.idleTimer.unref();
}

/** Forgets the entry at once, so that a later task fetches anew; a file in use stays readable until closed. */
function evict(cache: Cache, entry: Entry, reason: unknown): void {
  if (cache.entries.get(entry.key) === entry) {
    cache.entries.delete(entry.key);
  }
  clearTimeout(entry.idleTimer ?? undefined);
  entry.reservedBytes = 0;
  entry.controller.abort(reason);
  void rm(entry.path, { force: true });
}

function usedBytes(cache: Cache): number {
  return [...cache.entries.values()].reduce((sum, entry) => sum + entry.reservedBytes, 0);
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
