import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.ts";
import { patternBytes, serveBytes } from "../../../support/local-server.ts";
import { A_JOB, ANOTHER_JOB, failureOf, KIB, never, quiet } from "../../../support/source-rig.ts";
import { serveWhole, sourceTest } from "../../../support/source-test.ts";

const BYTES = patternBytes(400_000);
const BLOCK = 64 * KIB;

const { serve, rigFor } = sourceTest();

/** Serves `BYTES` as a file server does. */
const serveFile = () => serve((request, response) => serveBytes(request, response, BYTES));

/** Accepts requests and answers none. */
const silent = (): void => undefined;

describe("createSourceCache", () => {
  it("fetches once for tasks that want the same source at the same time, each at an address of its own", async () => {
    const server = await serveFile();
    const { open, cache } = await rigFor();
    const leases = await Promise.all([open(server.origin), open(server.origin)]);
    const read = await Promise.all(leases.map((lease) => lease.read(0, BYTES.length, never)));
    expect(read.every((bytes) => bytes.equals(BYTES))).toBe(true);
    const asked = server.requests.map(({ headers }) => headers.range);
    expect(new Set(asked).size).toBe(asked.length);
    expect(cache.usedBytes()).toBe(BYTES.length);
    expect(leases[0]?.url).not.toBe(leases[1]?.url);
  });

  it("keeps jobs apart even when they have the same URL", async () => {
    const server = await serveFile();
    const { open } = await rigFor();
    await open(server.origin, A_JOB);
    await open(server.origin, ANOTHER_JOB);
    expect(server.requests).toHaveLength(2);
  });

  it("goes on when one of two waiters is aborted", async () => {
    let answer = (): void => undefined;
    const server = await serve((request, response) => {
      answer = () => serveBytes(request, response, BYTES);
    });
    const { cache, open } = await rigFor();
    const controller = new AbortController();
    const aborted = cache.acquire(A_JOB, server.origin, { ...quiet, signal: controller.signal });
    const other = open(server.origin);
    await eventually("the request", () => server.requests.length === 1);
    controller.abort(new Error("cancelled"));
    await expect(aborted).rejects.toThrow("cancelled");
    answer();
    expect((await other).sizeBytes).toBe(BYTES.length);
    expect(server.requests).toHaveLength(1);
  });

  it("ends the fetch when the last waiter is aborted, and leaves nothing", async () => {
    let closed = false;
    const server = await serve((request) => request.socket.once("close", () => (closed = true)));
    const { cache, scratch, files } = await rigFor();
    const controller = new AbortController();
    const aborted = cache.acquire(A_JOB, server.origin, { ...quiet, signal: controller.signal });
    await eventually("the request", () => server.requests.length === 1);
    controller.abort(new Error("cancelled"));
    await expect(aborted).rejects.toThrow("cancelled");
    await eventually("the end of the connection", () => closed);
    expect(scratch.usedBytes()).toBe(0);
    expect(await files()).toEqual([]);
  });

  it("ends a read at once with its signal's reason, and leaves other reads alone", async () => {
    let answer = (): void => undefined;
    const server = await serve((request, response) => {
      if (server.requests.length === 1) {
        serveBytes(request, response, BYTES);
      } else {
        answer = () => serveBytes(request, response, BYTES);
      }
    });
    const lease = await (await rigFor()).open(server.origin);
    const controller = new AbortController();
    const aborted = lease.read(BLOCK, BLOCK + 10, controller.signal);
    const other = lease.read(BLOCK, BLOCK + 20, never);
    await eventually("the request", () => server.requests.length === 2);
    controller.abort(new Error("not wanted"));
    await expect(aborted).rejects.toThrow("not wanted");
    answer();
    expect((await other).equals(BYTES.subarray(BLOCK, BLOCK + 20))).toBe(true);
  });

  it("gives all waiters the failure, and begins anew for the next task", async () => {
    let status = 403;
    const server = await serve((request, response) => {
      if (status === 200) {
        serveBytes(request, response, BYTES);
      } else {
        response.writeHead(status).end();
      }
    });
    const { open } = await rigFor();
    const failures = await Promise.all([failureOf(open(server.origin)), failureOf(open(server.origin))]);
    const failure = { code: "source_denied", httpStatus: 403 };
    expect(failures).toEqual([failure, failure]);
    expect(server.requests).toHaveLength(1);
    status = 200;
    expect((await open(server.origin)).sizeBytes).toBe(BYTES.length);
  });

  it("tells every lease of a source that fails later, before its readers break off", async () => {
    const server = await serve((request, response) => {
      if (server.requests.length === 1) {
        serveBytes(request, response, BYTES);
      } else {
        response.writeHead(404).end();
      }
    });
    const { open, scratch, files } = await rigFor();
    const [first, second] = await Promise.all([open(server.origin), open(server.origin)]);
    const order: string[] = [];
    second.failed.addEventListener("abort", () => order.push("failed"));
    const response = await fetch(first.url);
    await response.arrayBuffer().catch(() => order.push("broke off"));
    expect(order).toEqual(["failed", "broke off"]);
    expect(first.failed.reason).toMatchObject({ failure: { code: "source_not_found", httpStatus: 404 } });
    expect(await failureOf(second.read(0, 10, never))).toEqual({ code: "source_not_found", httpStatus: 404 });
    expect(scratch.usedBytes()).toBe(0);
    await eventually("no files", async () => (await files()).length === 0);
  });

  it("reports progress only when the source is open", async () => {
    const server = await serveFile();
    const { cache } = await rigFor();
    const heard: number[] = [];
    await cache.acquire(A_JOB, server.origin, {
      signal: never,
      onProgress: (fraction) => heard.push(fraction),
    });
    expect(heard).toEqual([1]);
  });

  it("fetches blocks again that have disappeared from the disk", async () => {
    const server = await serveFile();
    const { open, directory } = await rigFor();
    const lease = await open(server.origin);
    await lease.read(0, BYTES.length, never);
    const [sourceDirectory = ""] = await readdir(directory);
    await rm(path.join(directory, sourceDirectory, "1"));
    await rm(path.join(directory, sourceDirectory, "3"));
    expect((await lease.read(0, BYTES.length, never)).equals(BYTES)).toBe(true);
  });

  it("keeps a released source for the job's next task and deletes it after the idle time", async () => {
    const server = await serveFile();
    const { open, scratch, files } = await rigFor({ idleMs: 500 });
    (await open(server.origin)).release();
    const again = await open(server.origin);
    expect(server.requests).toHaveLength(1);
    await delay(600);
    expect(await files()).toHaveLength(1);
    again.release();
    again.release();
    await eventually("the end of the idle time", async () => (await files()).length === 0);
    expect(scratch.usedBytes()).toBe(0);
  });

  it("ends everything of a released job and leaves other jobs alone", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/silent") {
        silent();
      } else {
        serveBytes(request, response, BYTES);
      }
    });
    const { open, cache, directory, scratch } = await rigFor();
    const done = await open(server.origin);
    const running = open(`${server.origin}/silent`);
    const other = await open(server.origin, ANOTHER_JOB);
    cache.releaseJob(A_JOB);
    cache.releaseJob(A_JOB);
    await expect(running).rejects.toThrow("released");
    await expect(done.read(0, 10, never)).rejects.toThrow("released");
    expect((await other.read(0, 10, never)).equals(BYTES.subarray(0, 10))).toBe(true);
    expect(scratch.usedBytes()).toBe(cache.usedBytes());
    await eventually("one directory", async () => (await readdir(directory)).length === 1);
  });

  describe("with little scratch space", () => {
    it("drops what was read longest ago, never beyond its budget, and fetches it again", async () => {
      const server = await serveFile();
      const { open, scratch, files } = await rigFor({ scratchMaxBytes: 3 * BLOCK });
      const lease = await open(server.origin);
      let mostBytes = 0;
      for (let round = 0; round < 3; round += 1) {
        for (let startByte = 0; startByte < BYTES.length; startByte += 10_000) {
          const expected = BYTES.subarray(startByte, startByte + 10_000);
          expect((await lease.read(startByte, startByte + 10_000, never)).equals(expected)).toBe(true);
          mostBytes = Math.max(mostBytes, scratch.usedBytes(), (await files()).length * BLOCK);
        }
      }
      expect(mostBytes).toBeGreaterThan(2 * BLOCK);
      expect(mostBytes).toBeLessThanOrEqual(3 * BLOCK);
    });

    it("serves several readers at different places", async () => {
      const server = await serveFile();
      const { open } = await rigFor({ scratchMaxBytes: 6 * BLOCK });
      const lease = await open(server.origin);
      const starts = [0, 70_000, 140_000, 210_000, 280_000, 350_000];
      const read = await Promise.all(starts.map((start) => lease.read(start, start + 50_000, never)));
      read.forEach((bytes, index) => {
        const start = starts[index] ?? 0;
        expect(bytes.equals(BYTES.subarray(start, start + 50_000))).toBe(true);
      });
    });

    it("gives blocks that no reader is in to whoever else needs the space", async () => {
      const server = await serveFile();
      const { open, scratch, files } = await rigFor({ scratchMaxBytes: BYTES.length });
      const lease = await open(server.origin);
      await lease.read(0, BYTES.length, never);
      const claim = scratch.claim(BYTES.length - BLOCK);
      expect((await files()).length).toBeLessThanOrEqual(1);
      expect(scratch.usedBytes()).toBeLessThanOrEqual(BYTES.length);
      expect((await lease.read(0, 1_000, never)).equals(BYTES.subarray(0, 1_000))).toBe(true);
      claim.resize(BYTES.length);
      expect(await failureOf(lease.read(200_000, 200_001, never))).toEqual({ code: "scratch_full" });
      expect(lease.failed.reason).toMatchObject({ failure: { code: "scratch_full" } });
    });

    it("deletes whole sources without ranges that nobody uses, and none that somebody does", async () => {
      const server = await serve((_, response) => serveWhole(response, BYTES));
      const { open, scratch } = await rigFor({ scratchMaxBytes: BYTES.length + 1_000 });
      const lease = await open(server.origin, ANOTHER_JOB);
      expect(await failureOf(open(server.origin, A_JOB))).toEqual({ code: "scratch_full" });
      lease.release();
      expect((await (await open(server.origin, A_JOB)).read(0, 10, never)).length).toBe(10);
      expect(scratch.usedBytes()).toBe(BYTES.length);
    });
  });

  it("leaves no files and no claims behind 50 jobs", async () => {
    const server = await serve((request, response) =>
      request.url === "/whole" ? serveWhole(response, BYTES) : serveBytes(request, response, BYTES),
    );
    const { open, cache, directory, scratch } = await rigFor();
    for (let job = 0; job < 50; job += 1) {
      const jobId = `JOB${String(job).padStart(11, "0")}`;
      const leases = await Promise.all(["", "/whole"].map((name) => open(server.origin + name, jobId)));
      await Promise.all(leases.map((lease) => lease.read(100_000, 200_000, never)));
      leases.forEach((lease) => lease.release());
      cache.releaseJob(jobId);
    }
    expect(cache.usedBytes()).toBe(0);
    expect(scratch.usedBytes()).toBe(0);
    await eventually("an empty directory", async () => (await readdir(directory)).length === 0);
  });
});
