import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogFields } from "../../../../encoder/log.ts";
import type { TaskServices } from "../../../../encoder/run/task-run.ts";
import { runTask, type TaskOutcome } from "../../../../encoder/run/run-task.ts";
import { createScratchSpace } from "../../../../encoder/run/scratch-space.ts";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import type { ObjectStore } from "../../../../encoder/storage/object-store.ts";
import type { SourceCache } from "../../../../encoder/source/source-cache.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { anAnalyzeTask, anAssembleTask } from "../../../support/encoder-tasks.ts";
import { startLocalServer } from "../../../support/local-server.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "copra-test-"));
});
afterEach(() => rm(directory, { recursive: true }));

const unused = (): never => {
  throw new Error("not part of this test");
};
const scratch = createScratchSpace({ maxBytes: 1024 ** 3 });
const noSources: SourceCache = { acquire: unused, releaseJob: unused, usedBytes: unused };

/** Runs an assembly that comes as far as fetching its first part. */
async function fetchWith(
  getToFile: ObjectStore["getToFile"],
  controller = new AbortController(),
): Promise<{ outcome: TaskOutcome; lines: LogFields[] }> {
  const lines: LogFields[] = [];
  const objects: ObjectStore = { getToFile, putFile: unused, head: unused, remove: unused };
  const tools = { ffmpegPath: "/nonexistent", ffprobePath: "/nonexistent", version: "0" };
  const services: TaskServices = { tools, sources: noSources, objects, scratch, sourceMaxSeconds: 1 };
  const outcome = await runTask(anAssembleTask(), {
    services,
    directory,
    signal: controller.signal,
    onProgress: () => undefined,
    log: (fields) => lines.push(fields),
  });
  return { outcome, lines };
}

describe("runTask", () => {
  it("reports a TaskFailure as it is and logs its detail", async () => {
    const failure = { code: "work_storage_unavailable", httpStatus: 500 } as const;
    const { outcome, lines } = await fetchWith(() =>
      Promise.reject(new TaskFailure(failure, { log: "the inner reason" })),
    );
    expect(outcome).toEqual({ state: "failed", failure });
    expect(lines).toMatchObject([
      { event: "task.assemble", attempt: 1, outcome: "work_storage_unavailable" },
    ]);
    expect(lines[0]?.["detail"]).toContain("the inner reason");
  });

  it.each(["ENOSPC", "EDQUOT"])("hands the task on when the disk is full: %s", async (code) => {
    const { outcome } = await fetchWith(() => Promise.reject(Object.assign(new Error("write"), { code })));
    expect(outcome).toEqual({ state: "failed", failure: { code: "scratch_full" } });
  });

  it("calls everything unforeseen an internal error and keeps its stack for the log", async () => {
    const { outcome, lines } = await fetchWith(() => Promise.reject(new TypeError("x is not a function")));
    expect(outcome).toEqual({ state: "failed", failure: { code: "internal_error" } });
    expect(lines[0]?.["detail"]).toContain("TypeError: x is not a function");
  });

  it("is cancelled when it is aborted, whatever the work threw", async () => {
    const controller = new AbortController();
    const { outcome, lines } = await fetchWith(() => {
      controller.abort(new Error("not wanted"));
      return Promise.reject(new Error("a consequence"));
    }, controller);
    expect(outcome).toEqual({ state: "cancelled" });
    expect(lines).toMatchObject([{ outcome: "cancelled" }]);
  });

  it("fails with the failure that it is aborted with", async () => {
    const controller = new AbortController();
    const { outcome } = await fetchWith(() => {
      controller.abort(new TaskFailure({ code: "encoder_stopping" }));
      return Promise.reject(new Error("a consequence"));
    }, controller);
    expect(outcome).toEqual({ state: "failed", failure: { code: "encoder_stopping" } });
  });

  it("deletes the attempt's directory, however the attempt ends", async () => {
    let file = "";
    await fetchWith(async (_, target) => {
      file = target;
      await writeFile(target, "partial");
      throw new Error("in the middle");
    });
    expect(file.startsWith(directory)).toBe(true);
    expect(await readdir(directory)).toEqual([]);
  });

  it("fails with the failure of the source when that ends for good under FFmpeg's hands", async () => {
    const failed = new AbortController();
    const failure = { code: "source_interrupted" } as const;
    // FFmpeg's first request: it gets no answer, only the news that there will be none.
    const origin = await startLocalServer(() => failed.abort(new TaskFailure(failure)));
    const lease = {
      url: `${origin.origin}/source`,
      sizeBytes: 1,
      read: unused,
      failed: failed.signal,
      release: () => undefined,
    };
    const sources: SourceCache = { ...noSources, acquire: () => Promise.resolve(lease) };
    const objects: ObjectStore = { getToFile: unused, putFile: unused, head: unused, remove: unused };
    const outcome = await runTask(anAnalyzeTask(), {
      services: { tools: await locateFfmpeg(), sources, objects, scratch, sourceMaxSeconds: 1 },
      directory,
      signal: new AbortController().signal,
      onProgress: () => undefined,
      log: () => undefined,
    });
    await origin.close();
    expect(outcome).toEqual({ state: "failed", failure });
  });

  it("gives an attempt's room back, however it ends", async () => {
    let claimed = 0;
    await fetchWith(() => {
      claimed = scratch.usedBytes();
      return Promise.reject(new Error("in the middle"));
    });
    expect([claimed, scratch.usedBytes()]).toEqual([2, 0]);
  });

  it("hands a task on for whose parts there is no room, before it fetches one", async () => {
    const other = scratch.claim(scratch.freeBytes());
    const { outcome } = await fetchWith(unused);
    other.release();
    expect(outcome).toEqual({ state: "failed", failure: { code: "scratch_full" } });
  });
});
