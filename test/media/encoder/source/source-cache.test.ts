import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import {
  createSourceCache,
  type Download,
  type SourceCache,
} from "../../../../encoder/source/source-cache.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "copra-test-"));
});
afterEach(() => rm(directory, { recursive: true }));

const JOB = "AAAAAAAAAAAAAA";
const URL_A = "https://media.example.com/a.mp4";
const never = new AbortController().signal;
const quiet = { signal: never, onProgress: () => undefined };

type Running = Parameters<Download>[0] & {
  finish: (sizeBytes: number) => Promise<void>;
  fail: (error: Error) => void;
};

/** A cache over downloads that the test ends by hand. */
function aCache(changes: { maxBytes?: number; idleMs?: number } = {}): {
  cache: SourceCache;
  downloads: Running[];
} {
  const downloads: Running[] = [];
  const download: Download = (options) =>
    new Promise((resolve, reject) => {
      options.signal.addEventListener("abort", () => reject(options.signal.reason));
      downloads.push({
        ...options,
        finish: async (sizeBytes) => {
          options.reserve(sizeBytes);
          await writeFile(options.path, Buffer.alloc(sizeBytes, 1));
          resolve({ sizeBytes });
        },
        fail: reject,
      });
    });
  const cache = createSourceCache({ directory, maxBytes: 1_000, idleMs: 60_000, download, ...changes });
  return { cache, downloads };
}

/** Lets everything happen that waits for no input or output but the file system's. */
const settled = async (condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + 30_000;
  while (!condition() && Date.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(condition()).toBe(true);
};

describe("createSourceCache", () => {
  it("downloads once for tasks that want the same source at the same time, and tells all of them how far it is", async () => {
    const { cache, downloads } = aCache();
    const heard: string[] = [];
    const first = cache.acquire(JOB, URL_A, {
      signal: never,
      onProgress: (fraction) => heard.push(`first ${fraction}`),
    });
    const second = cache.acquire(JOB, URL_A, {
      signal: never,
      onProgress: (fraction) => heard.push(`second ${fraction}`),
    });
    await settled(() => downloads.length === 1);
    downloads[0]?.onProgress(50, 100);
    downloads[0]?.onProgress(60, null);
    await downloads[0]?.finish(100);
    const leases = await Promise.all([first, second]);
    expect(leases[0].path).toBe(leases[1].path);
    expect((await readFile(leases[0].path)).length).toBe(100);
    expect(downloads).toHaveLength(1);
    expect(heard).toEqual(["first 0.5", "second 0.5"]);
  });

  it("keeps jobs apart even when they have the same URL", async () => {
    const { cache, downloads } = aCache();
    void cache.acquire(JOB, URL_A, quiet).catch(() => undefined);
    void cache.acquire("BBBBBBBBBBBBBB", URL_A, quiet).catch(() => undefined);
    await settled(() => downloads.length === 2);
    expect(downloads[0]?.path).not.toBe(downloads[1]?.path);
  });

  it("goes on with the download when one of two waiters is aborted", async () => {
    const { cache, downloads } = aCache();
    const controller = new AbortController();
    const aborted = cache.acquire(JOB, URL_A, { ...quiet, signal: controller.signal });
    const other = cache.acquire(JOB, URL_A, quiet);
    await settled(() => downloads.length === 1);
    controller.abort(new Error("cancelled"));
    await expect(aborted).rejects.toThrow("cancelled");
    expect(downloads[0]?.signal.aborted).toBe(false);
    await downloads[0]?.finish(10);
    expect((await other).sizeBytes).toBe(10);
  });

  it("ends the download when the last waiter is aborted, and gives its space back", async () => {
    const { cache, downloads } = aCache();
    const controller = new AbortController();
    const aborted = cache.acquire(JOB, URL_A, { ...quiet, signal: controller.signal });
    await settled(() => downloads.length === 1);
    downloads[0]?.reserve(900);
    controller.abort(new Error("cancelled"));
    await expect(aborted).rejects.toThrow("cancelled");
    expect(downloads[0]?.signal.aborted).toBe(true);
    expect(cache.usedBytes()).toBe(0);
  });

  it("gives all waiters the failure of the download, and begins anew for the next task", async () => {
    const { cache, downloads } = aCache();
    const waiters = [cache.acquire(JOB, URL_A, quiet), cache.acquire(JOB, URL_A, quiet)];
    await settled(() => downloads.length === 1);
    downloads[0]?.fail(new TaskFailure({ code: "source_denied", httpStatus: 403 }));
    for (const waiter of waiters) {
      await expect(waiter).rejects.toMatchObject({ failure: { code: "source_denied" } });
    }
    const next = cache.acquire(JOB, URL_A, quiet);
    await settled(() => downloads.length === 2);
    await downloads[1]?.finish(10);
    expect((await next).sizeBytes).toBe(10);
  });

  it("fetches a file again that has disappeared from the disk", async () => {
    const { cache, downloads } = aCache();
    const first = cache.acquire(JOB, URL_A, quiet);
    await settled(() => downloads.length === 1);
    await downloads[0]?.finish(10);
    await rm((await first).path);
    const second = cache.acquire(JOB, URL_A, quiet);
    await settled(() => downloads.length === 2);
    await downloads[1]?.finish(20);
    expect(existsSync((await second).path)).toBe(true);
  });

  it("keeps a released source for the job's next task and deletes it after the idle time", async () => {
    const { cache, downloads } = aCache({ idleMs: 30 });
    const first = cache.acquire(JOB, URL_A, quiet);
    await settled(() => downloads.length === 1);
    await downloads[0]?.finish(10);
    (await first).release();
    const again = await cache.acquire(JOB, URL_A, quiet);
    expect(downloads).toHaveLength(1);
    again.release();
    again.release();
    await settled(() => cache.usedBytes() === 0 && !existsSync(again.path));
  });

  it("refuses a source that does not fit beside those in use", async () => {
    const { cache, downloads } = aCache({ maxBytes: 1_000 });
    const first = cache.acquire(JOB, URL_A, quiet);
    await settled(() => downloads.length === 1);
    await downloads[0]?.finish(600);
    await first;
    void cache.acquire(JOB, `${URL_A}?2`, quiet).catch(() => undefined);
    await settled(() => downloads.length === 2);
    expect(() => downloads[1]?.reserve(401)).toThrow(TaskFailure);
    expect(() => downloads[1]?.reserve(400)).not.toThrow();
    expect(cache.usedBytes()).toBe(1_000);
  });

  it("makes room by deleting sources that nobody uses", async () => {
    const { cache, downloads } = aCache({ maxBytes: 1_000 });
    const idle = cache.acquire("BBBBBBBBBBBBBB", URL_A, quiet);
    await settled(() => downloads.length === 1);
    await downloads[0]?.finish(600);
    const lease = await idle;
    lease.release();
    void cache.acquire(JOB, URL_A, quiet).catch(() => undefined);
    await settled(() => downloads.length === 2);
    downloads[1]?.reserve(800);
    expect(cache.usedBytes()).toBe(800);
    await settled(() => !existsSync(lease.path));
  });

  it("ends everything of a released job and leaves other jobs alone", async () => {
    const { cache, downloads } = aCache();
    const done = cache.acquire(JOB, URL_A, quiet);
    await settled(() => downloads.length === 1);
    await downloads[0]?.finish(10);
    await done;
    const running = cache.acquire(JOB, `${URL_A}?2`, quiet);
    const other = cache.acquire("BBBBBBBBBBBBBB", URL_A, quiet);
    await settled(() => downloads.length === 3);
    cache.releaseJob(JOB);
    cache.releaseJob(JOB);
    await expect(running).rejects.toThrow("released");
    await downloads[2]?.finish(20);
    expect((await other).sizeBytes).toBe(20);
    expect(cache.usedBytes()).toBe(20);
    await settled(() => downloads[0] !== undefined && !existsSync(downloads[0].path));
    expect(await readdir(directory)).toHaveLength(1);
  });
});
