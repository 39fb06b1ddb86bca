import { describe, expect, it } from "vitest";
import { mapConcurrently } from "../../../encoder/map-concurrently.ts";

const never = new AbortController().signal;

describe("mapConcurrently", () => {
  it("keeps the order of the items and never runs more than the limit at once", async () => {
    let running = 0;
    let peak = 0;
    const results = await mapConcurrently([5, 1, 4, 2, 3, 0], 3, never, async (turns) => {
      running += 1;
      peak = Math.max(peak, running);
      for (let turn = 0; turn < turns; turn += 1) {
        await Promise.resolve();
      }
      running -= 1;
      return turns * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30, 0]);
    expect(peak).toBe(3);
  });

  it("gives an empty list for no items", async () => {
    expect(await mapConcurrently([], 4, never, async () => 1)).toEqual([]);
  });

  it("aborts the others on the first error and throws it after they have settled", async () => {
    const events: string[] = [];
    const work = async (name: string, _: number, signal: AbortSignal): Promise<void> => {
      if (name === "bad") {
        throw new Error("bad");
      }
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      events.push(`${name} settled`);
    };
    await expect(mapConcurrently(["slow", "bad", "never begun"], 2, never, work)).rejects.toThrow("bad");
    expect(events).toEqual(["slow settled"]);
  });

  it("throws the reason of the caller's own signal", async () => {
    const controller = new AbortController();
    const working = mapConcurrently([1, 2, 3], 1, controller.signal, async (item) => {
      controller.abort(new Error("stop"));
      return item;
    });
    await expect(working).rejects.toThrow("stop");
  });
});
