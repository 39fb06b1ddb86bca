import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimDirectory } from "../../../../encoder/run/directory-claim.ts";
import { createScratchSpace, scratchCapacityBytes } from "../../../../encoder/run/scratch-space.ts";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";
import { eventually } from "../../../support/eventually.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "copra-test-"));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, bytes: number): Promise<void> =>
  writeFile(path.join(directory, name), Buffer.alloc(bytes));

describe("claimDirectory", () => {
  it("claims what is written, in whatever folder, and gives back what is deleted", async () => {
    const scratch = createScratchSpace({ maxBytes: 10_000 });
    const claim = claimDirectory(scratch, directory, 10);
    await mkdir(path.join(directory, "work"));
    await Promise.all([write("a", 1_000), write("work/b", 2_000)]);
    await eventually("the claim", () => scratch.usedBytes() === 3_000);
    await rm(path.join(directory, "a"));
    await eventually("the rest", () => scratch.usedBytes() === 2_000);
    claim.release();
    claim.release();
    expect(scratch.usedBytes()).toBe(0);
  });

  it("claims ahead what is known to come", async () => {
    const scratch = createScratchSpace({ maxBytes: 10_000 });
    const claim = claimDirectory(scratch, directory, 10);
    claim.expect(9_000);
    expect(scratch.usedBytes()).toBe(9_000);
    expect(() => claim.expect(10_001)).toThrow(TaskFailure);
    await write("a", 9_500);
    await eventually("the claim", () => scratch.usedBytes() === 9_500);
    claim.release();
  });

  it("says when the directory has outgrown the space", async () => {
    const scratch = createScratchSpace({ maxBytes: 1_000 });
    const claim = claimDirectory(scratch, directory, 10);
    await write("a", 1_001);
    await eventually("the signal", () => claim.full.aborted);
    expect(claim.full.reason).toMatchObject({ failure: { code: "scratch_full" } });
    claim.release();
  });
});

describe("scratchCapacityBytes", () => {
  it("is what is configured, or less where the disk has less", () => {
    expect(scratchCapacityBytes(directory, 1_000)).toBe(1_000);
    expect(scratchCapacityBytes(directory, Number.MAX_SAFE_INTEGER)).toBeLessThan(1024 ** 5);
  });

  it("refuses a disk without room, in a sentence for the operator", () => {
    expect(() => scratchCapacityBytes("/proc", 1_000)).toThrow(
      /^\/proc has 0 MiB free; .*ENCODER_SCRATCH_DIR/,
    );
  });
});
