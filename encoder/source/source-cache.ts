/**
 * Open sources, one per job and URL: tasks that want the same source share its blocks and fetches. Owns the
 * entries' lives and the leases; how a source is fetched and read is fetch-origin.ts's and read-origin.ts's.
 */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";
import type { Dispatcher } from "undici";
import type { ScratchSpace } from "../run/scratch-space.ts";
import { createBlockStore } from "./block-store.ts";
import { pauseFetches, startFetch } from "./fetch-origin.ts";
import type { SourceLimits } from "./fetch-limits.ts";
import type { LoopbackServer, PublishedContent } from "./loopback-server.ts";
import { bytesOf, endOrigin, newOrigin, type Origin, type OriginServices } from "./origin-state.ts";
import { readOrigin } from "./read-origin.ts";

const MIB = 1024 ** 2;

export type SourceCacheOptions = {
  /** Of the sources' own. */
  directory: string;
  scratch: ScratchSpace;
  loopback: LoopbackServer;
  dispatcher: Dispatcher;
  limits: SourceLimits;
  /** An unused source is kept this long for the job's next task. */
  idleMs: number;
  /** What is fetched, kept and dropped at once; half makes twice as many files, double fetches more in vain. */
  blockBytes?: number;
  /** What is fetched ahead of a reader that reads in a row, at most. */
  maxReadAheadBytes?: number;
};

type AcquireOptions = {
  signal: AbortSignal;
  /** 0..1 of what has to be there before the source can be opened; never falls. */
  onProgress: (fraction: number) => void;
  /** A lower limit than that of sources. */
  maxBytes?: number;
};

/** An open source. It stays readable until `release`, unless its job is released first. */
export type SourceLease = {
  /** Loopback address that only FFmpeg gets: `http://127.0.0.1:<port>/<token>`; GET and HEAD, with Range. */
  url: string;
  sizeBytes: number;
  /**
   * Bytes [startByte, endByte) of the source, fetched if needed; shorter only at the end.
   * @throws TaskFailure `source_*` or `scratch_full`; the signal's reason when it is aborted.
   */
  read(startByte: number, endByte: number, signal: AbortSignal): Promise<Buffer>;
  /**
   * Aborted with a TaskFailure (`source_*`, `scratch_full`) as its reason when the origin fails for good. FFmpeg
   * alone would see a truncated file and might exit with 0.
   */
  failed: AbortSignal;
  release(): void;
};

export interface SourceCache {
  /**
   * Opens the job's source: resolves when its size is known and its first bytes are there. Tasks of one job share
   * one entry. An aborted waiter leaves the others' fetch alone; the last one ends it.
   * @throws TaskFailure `source_*` or `scratch_full`; the signal's reason when it is aborted.
   */
  acquire(jobId: string, url: string, options: AcquireOptions): Promise<SourceLease>;
  /** Ends the job's fetches and deletes its files. Safe to call twice. */
  releaseJob(jobId: string): void;
  /** Bytes of the scratch space that sources take. */
  usedBytes(): number;
}

type Entry = { key: string; jobId: string; origin: Origin; users: number; idleTimer: NodeJS.Timeout | null };

/** The entries by job and URL, and what the functions below need of the options. */
type Cache = {
  entries: Map<string, Entry>;
  directory: string;
  idleMs: number;
  loopback: LoopbackServer;
  services: OriginServices;
};

export function createSourceCache(options: SourceCacheOptions): SourceCache {
  const { directory, scratch, loopback, dispatcher, limits, idleMs } = options;
  const services: OriginServices = {
    dispatcher,
    limits,
    scratch,
    store: createBlockStore({ scratch }),
    blockBytes: options.blockBytes ?? 2 * MIB,
    maxReadAheadBytes: options.maxReadAheadBytes ?? 32 * MIB,
    // One per reader of a chunk and of its sound; more only share the bandwidth and annoy servers.
    maxFetches: 4,
  };
  const cache: Cache = { entries: new Map(), directory, idleMs, loopback, services };
  scratch.onShortage((bytes) => evictIdle(cache, bytes));
  return {
    acquire: (jobId, url, waiter) => acquire(cache, { jobId, url }, waiter),
    releaseJob(jobId) {
      for (const entry of [...cache.entries.values()].filter((candidate) => candidate.jobId === jobId)) {
        evict(cache, entry, new Error("the job is released"));
      }
    },
    usedBytes: () => [...cache.entries.values()].reduce((sum, { origin }) => sum + bytesOf(origin), 0),
  };
}

async function acquire(
  cache: Cache,
  source: { jobId: string; url: string },
  { signal, onProgress, maxBytes }: AcquireOptions,
): Promise<SourceLease> {
  signal.throwIfAborted();
  const entry = join(cache, { ...source, maxBytes: maxBytes ?? cache.services.limits.maxBytes });
  try {
    await abortable(entry.origin.opened.promise, signal);
  } catch (error) {
    leave(cache, entry);
    throw error;
  }
  onProgress(1);
  return lease(cache, entry);
}

type Wanted = { jobId: string; url: string; maxBytes: number };

/** Counts the caller in as a user of a known source or of a new one. */
function join(cache: Cache, wanted: Wanted): Entry {
  const key = `${wanted.jobId} ${wanted.maxBytes} ${wanted.url}`;
  const entry = cache.entries.get(key) ?? begin(cache, { key, ...wanted });
  entry.users += 1;
  clearTimeout(entry.idleTimer ?? undefined);
  return entry;
}

function begin(cache: Cache, { key, jobId, url, maxBytes }: Wanted & { key: string }): Entry {
  const services = { ...cache.services, limits: { ...cache.services.limits, maxBytes } };
  const origin = newOrigin(url, path.join(cache.directory, randomUUID()), services);
  const entry: Entry = { key, jobId, origin, users: 0, idleTimer: null };
  cache.entries.set(key, entry);
  services.store.open(origin);
  // The next task begins anew with a source that has failed.
  origin.ended.signal.addEventListener("abort", () => forget(cache, entry), { once: true });
  startFetch(origin, { startByte: 0, endByte: services.blockBytes });
  return entry;
}

function lease(cache: Cache, entry: Entry): SourceLease {
  const { origin } = entry;
  const sizeBytes = origin.sizeBytes ?? 0;
  const released = new AbortController();
  const read: PublishedContent["read"] = (startByte, endByte, signal) =>
    readOrigin(
      origin,
      { startByte, endByte: Math.min(endByte, sizeBytes) },
      AbortSignal.any([signal, released.signal]),
    );
  const publication = cache.loopback.publish({ sizeBytes, read });
  return {
    url: publication.url,
    sizeBytes,
    failed: origin.ended.signal,
    async read(startByte, endByte, signal) {
      const pieces: Buffer[] = [];
      for await (const piece of read(startByte, endByte, signal)) {
        pieces.push(piece);
      }
      return Buffer.concat(pieces);
    },
    release() {
      if (!released.signal.aborted) {
        publication.revoke();
        released.abort(new Error("the source is released"));
        leave(cache, entry);
      }
    },
  };
}

function leave(cache: Cache, entry: Entry): void {
  entry.users -= 1;
  if (entry.users > 0 || cache.entries.get(entry.key) !== entry) {
    return;
  }
  if (!entry.origin.isOpen) {
    evict(cache, entry, new Error("nobody waits for the source any more"));
    return;
  }
  pauseFetches(entry.origin);
  entry.idleTimer = setTimeout(() => evict(cache, entry, new Error("idle")), cache.idleMs);
  entry.idleTimer.unref();
}

function evict(cache: Cache, entry: Entry, reason: Error): void {
  endOrigin(entry.origin, reason);
  forget(cache, entry);
}

/** Forgets the entry at once, so that a later task begins anew, and deletes its files. */
function forget(cache: Cache, entry: Entry): void {
  if (cache.entries.get(entry.key) !== entry) {
    return;
  }
  const { origin } = entry;
  cache.entries.delete(entry.key);
  clearTimeout(entry.idleTimer ?? undefined);
  cache.services.store.dropAll(origin);
  origin.claim?.release();
  // A fetch that was just opening a file may have made it after its directory was read.
  void Promise.allSettled(origin.running).then(() =>
    rmSync(origin.directory, { recursive: true, force: true }),
  );
}

/** Sources that nobody uses and that can not be dropped block by block make room as a whole, oldest first. */
function evictIdle(cache: Cache, bytes: number): void {
  const goalBytes = cache.services.scratch.freeBytes() + bytes;
  for (const entry of [...cache.entries.values()]) {
    if (cache.services.scratch.freeBytes() >= goalBytes) {
      return;
    }
    if (entry.users === 0 && entry.origin.keepsBlocks()) {
      evict(cache, entry, new Error("the space is needed"));
    }
  }
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
