import { describe, expect, it } from "vitest";
import { parseRetryAfterMs, retryDelayMs } from "../../../encoder/retry-delay.ts";

const pace = { baseMs: 100, maxMs: 1_000 };

describe("retryDelayMs", () => {
  it("doubles with each failure up to the maximum", () => {
    expect([1, 2, 3, 4, 5, 60].map((count) => retryDelayMs(count, pace, 1))).toEqual([
      100, 200, 400, 800, 1000, 1000,
    ]);
  });

  it("takes away at most half of the wait as jitter", () => {
    expect(retryDelayMs(3, pace, 0)).toBe(200);
    expect(retryDelayMs(3, pace, 0.5)).toBe(300);
  });

  it("waits at least as long as the server asks for", () => {
    expect(retryDelayMs(1, pace, 0, 700)).toBe(700);
    expect(retryDelayMs(4, pace, 1, 700)).toBe(800);
  });

  it("never waits longer than its own maximum, whatever the server asks for", () => {
    expect(retryDelayMs(1, pace, 0, 86_400_000)).toBe(1_000);
  });
});

describe("parseRetryAfterMs", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");

  it("reads seconds", () => {
    expect(parseRetryAfterMs(" 120 ", now)).toBe(120_000);
    expect(parseRetryAfterMs("0", now)).toBe(0);
  });

  it("reads an HTTP date, and takes one in the past as no wait", () => {
    expect(parseRetryAfterMs("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
    expect(parseRetryAfterMs("Wed, 31 Dec 2025 23:59:00 GMT", now)).toBe(0);
  });

  it.each([null, "", "soon", "-5", "1.5", "2026-01-01", "99999999999999"])("ignores %j", (header) => {
    expect(parseRetryAfterMs(header, now)).toBeNull();
  });
});
