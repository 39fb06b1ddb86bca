import { describe, expect, it } from "vitest";
import { formatBytes } from "../../../../encoder/source/fetch-limits.ts";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1_500_000, "1.4 MiB"],
    [10 * 1024 ** 3, "10 GiB"],
    [5 * 1024 ** 5, "5120 TiB"],
  ])("writes %i as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
