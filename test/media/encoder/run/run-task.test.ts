import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LogFields } from "../../../../encoder/log.ts";
import type { TaskServices } from "../../../../encoder/run/perform-task.ts";
import { runTask, type TaskOutcome } from "../../../../encoder/run/run-task.ts";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import type { ObjectStore } from "../../../../encoder/storage/object-store.ts";
import type { SourceCache } from "../../../../encoder/source/source-cache.ts";
import { aPackageTask } from "../../../support/encoder-tasks.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "copra-test-"));
});
afterEach(() => rm(directory, { recursive: true }));

const unused = (): never => {
  throw new Error("not part of this test");
};
const noSources: SourceCache = { acquire: unused, releaseJob: unused, usedBytes: unused };

/** Runs a package task that comes as far as fetching its first rendition. */
async function fetchWith(
  getToFile: ObjectStore["getToFile"],
  controller = new AbortController(),
): Promise<{ outcome: TaskOutcome; lines: LogFields[] }> {
  const lines: LogFields[] = [];
  const objects: ObjectStore = { getToFile, putFile: unused, head: unused, remove: unused };
  const tools = { ffmpegPath: "/nonexistent", ffprobePath: "/nonexistent", version: "0" };
  const services: TaskServices = { tools, sources: noSources, objects, sourceMaxSeconds: 1 };
  const outcome = await runTask(aPackageTask(), {
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
    expect(lines).toMatchObject([{ event: "task.package", attempt: 1, outcome: "work_storage_unavailable" }]);
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
});
