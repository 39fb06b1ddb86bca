import { describe, expect, it } from "vitest";
import type { TaskKind } from "../../../../encoder/contract/task.ts";
import { createProgress, type Progress, rollUpProgress } from "../../../../encoder/run/task-progress.ts";

describe("rollUpProgress", () => {
  it("places each phase in its share of the task", () => {
    expect(rollUpProgress("encode", "fetching", 0.5, 0)).toBe(5);
    expect(rollUpProgress("encode", "encoding", 0.5, 5)).toBe(50);
    expect(rollUpProgress("encode", "uploading", 0.5, 50)).toBe(95);
    expect(rollUpProgress("package", "packaging", 0, 0)).toBe(30);
  });

  it("never falls", () => {
    expect(rollUpProgress("encode", "fetching", 0.1, 60)).toBe(60);
  });

  it("leaves 100 % to the report that the task is done", () => {
    for (const kind of ["ingest", "encode", "image", "package"] satisfies TaskKind[]) {
      expect(rollUpProgress(kind, kind === "ingest" ? "fetching" : "uploading", 1, 0)).toBe(99);
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 7])(
    "stays within the phase for a fraction of %s",
    (fraction) => {
      const percent = rollUpProgress("encode", "encoding", fraction, 0);
      expect(percent).toBeGreaterThanOrEqual(10);
      expect(percent).toBeLessThanOrEqual(90);
    },
  );

  it("keeps what was reached in a phase that the kind of task does not have", () => {
    expect(rollUpProgress("ingest", "uploading", 1, 42)).toBe(42);
  });
});

describe("createProgress", () => {
  it("tells only changes of the phase or the whole percentage", () => {
    const told: Progress[] = [];
    const onProgress = createProgress("encode", (progress) => told.push(progress));
    onProgress("fetching", 0);
    onProgress("fetching", 0.05);
    onProgress("encoding", 0);
    onProgress("encoding", 0.001);
    onProgress("encoding", 0.5);
    onProgress("encoding", 0.4);
    expect(told).toEqual([
      { phase: "encoding", progressPercent: 10 },
      { phase: "encoding", progressPercent: 50 },
    ]);
  });
});
