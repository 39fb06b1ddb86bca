import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration } from "../../../../../worker/cli/demo/format-quantity.ts";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [99_940, "99.9 kB"],
    [99_960, "100 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [1_234_567, "1.2 MB"],
    [5_000_000_000, "5.0 GB"],
    [2_000_000_000_000_000, "2000 TB"],
  ])("writes %i as %s", (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0.0 s"],
    [20.02, "20.0 s"],
    [59.94, "59.9 s"],
    [59.96, "1:00"],
    [65, "1:05"],
    [3_599.6, "1:00:00"],
    [7_384, "2:03:04"],
  ])("writes %d seconds as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
