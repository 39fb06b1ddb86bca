import { describe, expect, it } from "vitest";
import { chunkBudgets } from "../../../../../worker/domain/plan/chunk-budget.ts";
import { seededRandom } from "../../../../support/random.ts";

const TARGET_BPS = 700_000;
const MAXRATE_BPS = 1_400_000;

function averageBps(budgets: readonly number[], chunks: readonly { seconds: number }[]): number {
  const bits = chunks.reduce((sum, { seconds }, index) => sum + (budgets[index] ?? 0) * seconds, 0);
  return bits / chunks.reduce((sum, { seconds }) => sum + seconds, 0);
}

describe("chunkBudgets", () => {
  it("gives equal rates to chunks of equal worth per second, whatever their lengths", () => {
    const chunks = [
      { weight: 30, seconds: 30 },
      { weight: 14, seconds: 14 },
    ];
    expect(chunkBudgets(chunks, TARGET_BPS, MAXRATE_BPS)).toEqual([TARGET_BPS, TARGET_BPS]);
  });

  it("gives hard scenes more than easy ones and keeps the file at its rate", () => {
    const chunks = [
      { weight: 1, seconds: 30 },
      { weight: 2, seconds: 30 },
      { weight: 3, seconds: 30 },
    ];
    expect(chunkBudgets(chunks, 600_000, 1_200_000)).toEqual([300_000, 600_000, 900_000]);
  });

  it("asks no chunk for more than nine tenths of the ceiling and hands the rest to the others", () => {
    const chunks = [
      { weight: 1, seconds: 30 },
      { weight: 1, seconds: 30 },
      { weight: 98, seconds: 30 },
    ];
    const budgets = chunkBudgets(chunks, TARGET_BPS, MAXRATE_BPS);
    expect(budgets[2]).toBe(1_260_000);
    expect(budgets[0]).toBe(420_000);
    expect(averageBps(budgets, chunks)).toBeCloseTo(TARGET_BPS, 0);
  });

  it("leaves a scene that is worth nothing three hundredths of the target", () => {
    const chunks = [
      { weight: 1, seconds: 30 },
      { weight: 1_000_000, seconds: 90 },
    ];
    expect(chunkBudgets(chunks, TARGET_BPS, MAXRATE_BPS)[0]).toBe(21_000);
  });

  it("gives a single chunk the target", () => {
    expect(chunkBudgets([{ weight: 7, seconds: 12.345 }], TARGET_BPS, MAXRATE_BPS)).toEqual([TARGET_BPS]);
  });

  it("adds up to the target for any weights", () => {
    const random = seededRandom(1);
    for (let round = 0; round < 500; round += 1) {
      const chunks = Array.from({ length: 1 + Math.floor(random.next() * 40) }, () => ({
        weight: 10 ** (8 * random.next()),
        seconds: 14 + 46 * random.next(),
      }));
      const budgets = chunkBudgets(chunks, TARGET_BPS, MAXRATE_BPS);
      const average = averageBps(budgets, chunks);
      const isFull = budgets.every((budget) => budget >= 1_260_000);
      expect(isFull || Math.abs(average / TARGET_BPS - 1) < 1e-4).toBe(true);
    }
  });
});
