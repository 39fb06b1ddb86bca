/** A source cache on a directory of its own, as impatient as tests are, over servers on loopback. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Dispatcher } from "undici";
import { createScratchSpace, type ScratchSpace } from "../../encoder/run/scratch-space.ts";
import { TaskFailure } from "../../encoder/run/task-failure.ts";
import { DEFAULT_SOURCE_LIMITS, type SourceLimits } from "../../encoder/source/fetch-limits.ts";
import { startLoopbackServer } from "../../encoder/source/loopback-server.ts";
import { createPublicDialer } from "../../encoder/source/public-dialer.ts";
import { createSourceCache, type SourceCache, type SourceLease } from "../../encoder/source/source-cache.ts";

export const KIB = 1024;
export const MIB = 1024 ** 2;

export const A_JOB = "AAAAAAAAAAAAAA";
export const ANOTHER_JOB = "BBBBBBBBBBBBBB";

/** Fast pace and few tries. */
export const TEST_LIMITS: SourceLimits = {
  ...DEFAULT_SOURCE_LIMITS,
  stallTimeoutMs: 20_000,
  maxTries: 3,
  pace: { baseMs: 5, maxMs: 20 },
  throughput: { minBytesPerSecond: 0, windowMs: 1_000 },
};

export const never = new AbortController().signal;
export const quiet = { signal: never, onProgress: () => undefined };

export type SourceRig = {
  cache: SourceCache;
  scratch: ScratchSpace;
  directory: string;
  /** Opens a source for `A_JOB`. */
  open: (url: string, jobId?: string) => Promise<SourceLease>;
  /** Opens a source and reads all of it. */
  readAll: (url: string) => Promise<Buffer>;
  /** Names of all files of sources. */
  files: () => Promise<string[]>;
  close: () => Promise<void>;
};

export type RigOptions = {
  limits?: Partial<SourceLimits>;
  scratchMaxBytes?: number;
  blockBytes?: number;
  maxReadAheadBytes?: number;
  idleMs?: number;
  dispatcher?: Dispatcher;
};

export async function startSourceRig(options: RigOptions = {}): Promise<SourceRig> {
  const directory = await mkdtemp(path.join(os.tmpdir(), "copra-test-"));
  const loopback = await startLoopbackServer();
  const dispatcher = options.dispatcher ?? createPublicDialer({ allowPrivateNetwork: true });
  const scratch = createScratchSpace({ maxBytes: options.scratchMaxBytes ?? 1024 * MIB });
  const cache = createSourceCache({
    directory,
    scratch,
    loopback,
    dispatcher,
    limits: { ...TEST_LIMITS, ...options.limits },
    idleMs: options.idleMs ?? 60_000,
    blockBytes: options.blockBytes ?? 64 * KIB,
    maxReadAheadBytes: options.maxReadAheadBytes ?? 512 * KIB,
  });
  const open = (url: string, jobId = A_JOB): Promise<SourceLease> => cache.acquire(jobId, url, quiet);
  return {
    cache,
    scratch,
    directory,
    open,
    async readAll(url) {
      const lease = await open(url);
      return lease.read(0, lease.sizeBytes, never);
    },
    async files() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    async close() {
      cache.releaseJob(A_JOB);
      cache.releaseJob(ANOTHER_JOB);
      await loopback.close();
      await dispatcher.destroy();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The failure that a promise rejects with; anything else as it is. */
export async function failureOf(outcome: Promise<unknown>): Promise<unknown> {
  const error = await outcome.then(
    () => "it succeeded",
    (thrown: unknown) => thrown,
  );
  return error instanceof TaskFailure ? error.failure : error;
}
