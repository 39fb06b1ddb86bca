import { describe, expect, it } from "vitest";
import type { JobProgress } from "../../../../../worker/cli/demo/job-api.ts";
import { plainPaint, type Paint } from "../../../../../worker/cli/demo/paint.ts";
import {
  phaseOf,
  renderBar,
  renderProgress,
  statusText,
} from "../../../../../worker/cli/demo/progress-view.ts";
import { displayWidth } from "../../../../../worker/cli/text-table.ts";

const PROGRESS: JobProgress = {
  status: "job.processing",
  progress: "42%",
  input: { status: "input.transferred", progress: "100%" },
  outputs: [
    { key: "mp4:480p", type: "video", status: "video.encoding", progress: "50%" },
    { key: "mp4:2160p", type: "video", status: "video.skipped", progress: "100%" },
    { key: "jpg:320x", type: "image", status: "image.waiting", progress: "0%" },
    { key: "httpstream", type: "httpstream", status: "httpstream.variants.encoding", progress: "7%" },
    { key: "mp4:bad", type: "video", status: "video.failed", progress: "100%" },
  ],
};

describe("renderProgress", () => {
  it("draws one aligned line for the input and for each output", () => {
    expect(renderProgress(PROGRESS, { widthColumns: 61, frame: 0, paint: plainPaint })).toEqual([
      "  ✔ input       ━━━━━━━━━━━━━━━━━━━━ 100%  transferred",
      "  ⠋ mp4:480p    ━━━━━━━━━━──────────  50%  encoding",
      "  – mp4:2160p                              skipped",
      "  · jpg:320x    ────────────────────   0%  waiting",
      "  ⠋ httpstream  ━───────────────────   7%  variants encoding",
      "  ✖ mp4:bad     ━━━━━━━━━━━━━━━━━━━━ 100%  failed",
    ]);
  });

  it.each([200, 80, 60, 50, 40, 30, 20, 5])(
    "never fills a line of a terminal of %i columns",
    (widthColumns) => {
      const lines = renderProgress(PROGRESS, { widthColumns, frame: 3, paint: plainPaint });
      expect(Math.max(...lines.map(displayWidth))).toBeLessThan(widthColumns);
      expect(lines).toHaveLength(6);
    },
  );

  it("turns the spinner of running outputs only", () => {
    const [before, after] = [0, 1].map((frame) =>
      renderProgress(PROGRESS, { widthColumns: 60, frame, paint: plainPaint }),
    );
    const changed = before?.flatMap((line, index) => (line === after?.[index] ? [] : [index]));
    expect(changed).toEqual([1, 4]);
  });

  it("shows a failure in red and a finished output in green", () => {
    const paint: Paint = (style, text) => `<${style}>${text}</>`;
    const lines = renderProgress(PROGRESS, { widthColumns: 300, frame: 0, paint });
    expect(lines[5]).toContain("<red>failed</>");
    expect(lines[0]).toContain("<green>transferred</>");
  });
});

describe("renderBar", () => {
  it("moves in half steps from empty to full and is always as wide as asked", () => {
    const bars = Array.from({ length: 101 }, (_, percent) => renderBar(percent, 10, "running", plainPaint));
    expect(bars.every((bar) => bar.length === 10)).toBe(true);
    expect(new Set(bars).size).toBe(21);
    expect(bars[0]).toBe("──────────");
    expect(bars[5]).toBe("╸─────────");
    expect(bars[99]).toBe("━━━━━━━━━╸");
    expect(bars[100]).toBe("━━━━━━━━━━");
  });
});

describe("phaseOf", () => {
  it.each([
    ["input.starting", "waiting"],
    ["input.transferring", "running"],
    ["input.transferred", "done"],
    ["input.failed", "failed"],
    ["video.waiting", "waiting"],
    ["video.queued", "waiting"],
    ["video.encoding", "running"],
    ["video.encoded", "done"],
    ["video.failed", "failed"],
    ["video.skipped", "skipped"],
    ["image.processing", "running"],
    ["image.created", "done"],
    ["httpstream.variants.encoding", "running"],
    ["httpstream.packaging", "running"],
    ["httpstream.packaged", "done"],
  ])("sorts %s as %s", (status, phase) => {
    expect(phaseOf(status)).toBe(phase);
  });
});

describe("statusText", () => {
  it("drops the kind of output, which the key says already", () => {
    expect(statusText("video.encoding")).toBe("encoding");
    expect(statusText("httpstream.variants.encoding")).toBe("variants encoding");
  });
});
