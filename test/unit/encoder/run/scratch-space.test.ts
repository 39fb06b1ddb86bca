import { describe, expect, it } from "vitest";
import { type Claim, createScratchSpace } from "../../../../encoder/run/scratch-space.ts";
import { TaskFailure } from "../../../../encoder/run/task-failure.ts";

const failureOf = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error instanceof TaskFailure ? error.failure : error;
  }
  return "it succeeded";
};

describe("createScratchSpace", () => {
  it("gives what is asked for until it is full, and again what was given back", () => {
    const space = createScratchSpace({ maxBytes: 100 });
    const first = space.claim(60);
    expect(failureOf(() => space.claim(41))).toEqual({ code: "scratch_full" });
    space.claim(40);
    expect([space.usedBytes(), space.freeBytes()]).toEqual([100, 0]);
    first.release();
    first.release();
    expect(space.usedBytes()).toBe(40);
    expect(failureOf(() => first.resize(1))).toBeInstanceOf(Error);
  });

  it("lets a claim grow and shrink, and leaves it as it was when there is no room", () => {
    const space = createScratchSpace({ maxBytes: 100 });
    const claim = space.claim(10);
    claim.resize(90);
    expect(failureOf(() => claim.resize(101))).toEqual({ code: "scratch_full" });
    expect([claim.bytes(), space.usedBytes()]).toEqual([90, 90]);
    claim.resize(20);
    expect(space.freeBytes()).toBe(80);
  });

  it("asks for idle bytes only when there is no room, and for no more than are missing", () => {
    const space = createScratchSpace({ maxBytes: 100 });
    const idle: Claim[] = [30, 30, 30].map((bytes) => space.claim(bytes));
    const asked: number[] = [];
    space.onShortage((bytes) => {
      asked.push(bytes);
      idle.pop()?.release();
    });
    space.onShortage((bytes) => asked.push(-bytes));
    space.claim(10);
    expect(asked).toEqual([]);
    space.claim(25);
    expect(asked).toEqual([25]);
    expect(failureOf(() => space.claim(95))).toEqual({ code: "scratch_full" });
    expect(asked).toEqual([25, 90, -60]);
  });
});
