import { describe, expect, it } from "vitest";
import type { TaskKind } from "../../../../encoder/contract/task.ts";
import { type Progress, rollUpProgress, trackProgress } from "../../../../encoder/run/task-progress.ts";

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
    for (const kind of ["encode", "chunk", "assemble", "image", "package"] satisfies TaskKind[]) {
      expect(rollUpProgress(kind, "uploading", 1, 0)).toBe(99);
    }
    expect(rollUpProgress("ingest", "fetching", 1, 0)).toBe(99);
    expect(rollUpProgress("analyze", "encoding", 1, 0)).toBe(99);
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

describe("trackProgress", () => {
  it("tells only changes of the phase or the whole percentage", () => {
    const told: Progress[] = [];
    const { onProgress } = trackProgress(
      "encode",
      () => 0,
      (progress) => told.push(progress),
    );
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

  it("measures how long each phase takes, also one that comes again", () => {
    let atMs = 1_000;
    const { onProgress, phaseMs } = trackProgress(
      "package",
      () => atMs,
      () => undefined,
    );
    const advance = (ms: number, phase: "fetching" | "packaging" | "uploading") => {
      atMs += ms;
      onProgress(phase, 0);
    };
    advance(100, "packaging");
    advance(20.4, "packaging");
    advance(3, "fetching");
    advance(7, "uploading");
    atMs += 50;
    expect(phaseMs()).toEqual({ fetching: 107, packaging: 23, uploading: 50 });
  });
});
