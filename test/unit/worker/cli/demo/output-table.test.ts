import { describe, expect, it } from "vitest";
import type { OutputSummary } from "../../../../../worker/cli/demo/output-summary.ts";
import { renderOutputTable } from "../../../../../worker/cli/demo/output-table.ts";
import { plainPaint } from "../../../../../worker/cli/demo/paint.ts";

function aSummary(overrides: Partial<OutputSummary>): OutputSummary {
  return {
    key: "mp4:480p",
    status: "video.encoded",
    error: null,
    sizeBytes: 1_234_567,
    durationSeconds: 20,
    resolution: "854×480",
    urls: ["http://h/480p.mp4"],
    ...overrides,
  };
}

describe("renderOutputTable", () => {
  it("shows status, size, duration, resolution and URL of each output", () => {
    const skipped = aSummary({
      key: "mp4:2160p",
      status: "video.skipped",
      sizeBytes: null,
      durationSeconds: null,
      resolution: null,
      urls: [],
    });
    const images = aSummary({
      key: "jpg",
      status: "image.created",
      sizeBytes: 84_000,
      durationSeconds: null,
      resolution: "4 of 320×180",
      urls: ["http://h/01.jpg", "http://h/02.jpg", "http://h/03.jpg", "http://h/04.jpg"],
    });
    const lines = renderOutputTable([aSummary({}), skipped, images], {
      widthColumns: 200,
      paint: plainPaint,
    });
    expect(lines).toEqual([
      "output      status       size   duration   resolution     URL",
      "mp4:480p    encoded    1.2 MB     20.0 s   854×480        http://h/480p.mp4",
      "mp4:2160p   skipped",
      "jpg         created   84.0 kB              4 of 320×180   http://h/01.jpg and 3 more",
    ]);
  });

  it("shows why an output failed where its URL would be", () => {
    const failed = aSummary({ status: "video.failed", error: "The video could not be encoded.", urls: [] });
    const [, line] = renderOutputTable([failed], { widthColumns: 200, paint: plainPaint });
    expect(line).toMatch(/failed .* The video could not be encoded\.$/);
  });

  it("never cuts a URL", () => {
    const url = `http://127.0.0.1:8787/files/${"a".repeat(100)}/480p.mp4`;
    const lines = renderOutputTable([aSummary({ urls: [url] })], { widthColumns: 60, paint: plainPaint });
    expect(lines.at(-1)?.trim()).toBe(url);
  });
});
