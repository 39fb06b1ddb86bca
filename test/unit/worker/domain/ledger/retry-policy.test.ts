import { describe, expect, it } from "vitest";
import {
  FAILURE_CODES,
  retryClass,
  type Failure,
} from "../../../../../encoder/contract/failure-catalogue.ts";
import {
  MAX_TASK_FAILURES,
  WEBHOOK_DELAYS_MS,
  taskRetryDelayMs,
  webhookRetryDelayMs,
} from "../../../../../worker/domain/ledger/retry-policy.ts";

const times = (code: Failure["code"], count: number): Failure[] =>
  Array.from({ length: count }, () => ({ code }));

describe("taskRetryDelayMs", () => {
  it.each(FAILURE_CODES)("ends %s after as many failures as its retry class allows", (code) => {
    const allowed = { never: 1, once: 2, again: MAX_TASK_FAILURES, elsewhere: MAX_TASK_FAILURES }[
      retryClass(code)
    ];
    expect(taskRetryDelayMs(times(code, allowed))).toBeNull();
    if (allowed > 1) {
      expect(taskRetryDelayMs(times(code, allowed - 1))).not.toBeNull();
    }
  });

  it("waits longer each time", () => {
    expect([1, 2, 3].map((count) => taskRetryDelayMs(times("internal_error", count)))).toEqual([
      1_000, 5_000, 30_000,
    ]);
  });

  it("counts failures of all kinds towards the limit", () => {
    expect(taskRetryDelayMs([...times("internal_error", 3), { code: "source_unreachable" }])).toBeNull();
  });
});

describe("webhookRetryDelayMs", () => {
  it("follows the ten steps of 0 s, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, then gives up", () => {
    const minutes = WEBHOOK_DELAYS_MS.map((delay) => delay / 60_000);
    expect(minutes).toEqual([0, 5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440]);
    expect(webhookRetryDelayMs(1, 0.5, null)).toBe(5_000);
    expect(webhookRetryDelayMs(9, 0.5, null)).toBe(24 * 3_600_000);
    expect(webhookRetryDelayMs(10, 0.5, null)).toBeNull();
  });

  it("keeps trying for more than 72 hours", () => {
    const total = WEBHOOK_DELAYS_MS.reduce((sum, delay) => sum + delay, 0);
    expect(total).toBeGreaterThan(72 * 3_600_000);
  });

  it("spreads each delay by 15 % at most", () => {
    expect(webhookRetryDelayMs(2, 0, null)).toBe(0.85 * 300_000);
    expect(webhookRetryDelayMs(2, 1, null)).toBe(1.15 * 300_000);
  });

  it("waits as long as the receiver asks, but never longer than the longest step", () => {
    expect(webhookRetryDelayMs(1, 0.5, 120_000)).toBe(120_000);
    expect(webhookRetryDelayMs(1, 0.5, 1_000)).toBe(5_000);
    expect(webhookRetryDelayMs(1, 0.5, 365 * 24 * 3_600_000)).toBe(24 * 3_600_000);
  });
});
