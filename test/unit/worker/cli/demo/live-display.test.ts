import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { JobProgress } from "../../../../../worker/cli/demo/job-api.ts";
import { liveDisplay } from "../../../../../worker/cli/demo/live-display.ts";
import { plainPaint } from "../../../../../worker/cli/demo/paint.ts";

function progressAt(percent: number, status = "video.encoding"): JobProgress {
  return {
    status: "job.processing",
    progress: "0%",
    input: { status: "input.transferred", progress: "100%" },
    outputs: [{ key: "mp4", type: "video", status, progress: `${percent}%` }],
  };
}

/** A stream that remembers its writes. */
function recorder(terminal: { isTTY: boolean; columns: number }) {
  const writes: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      writes.push(String(chunk));
      done();
    },
  });
  return { writes, stream: Object.assign(stream, terminal) as unknown as NodeJS.WriteStream };
}

/** What a terminal shows after the writes: text, cursor up, erase below. */
function screenOf(writes: readonly string[]): string[] {
  const lines: string[] = [];
  for (const part of writes.join("").split(/(\u001B\[\d+[AJ]|\n)/)) {
    const up = /^\u001B\[(\d+)A$/.exec(part);
    if (up !== null) {
      lines.splice(lines.length - Number(up[1]));
    } else if (part !== "" && part !== "\n" && !part.endsWith("J")) {
      lines.push(part);
    }
  }
  return lines;
}

describe("liveDisplay", () => {
  it("redraws the block in place on a terminal and keeps printed lines above it", () => {
    const { writes, stream } = recorder({ isTTY: true, columns: 60 });
    const display = liveDisplay(stream, plainPaint);
    display.print("head");
    display.update(progressAt(10));
    display.print("webhook 1");
    display.update(progressAt(50));
    display.tick();
    display.print("webhook 2");
    const screen = screenOf(writes);
    expect(screen.slice(0, 3)).toEqual(["head", "webhook 1", "webhook 2"]);
    expect(screen.slice(3).map((line) => line.replaceAll(/ +/g, " "))).toEqual([
      expect.stringContaining("input"),
      expect.stringMatching(/mp4 .* 50% encoding/),
    ]);
  });

  it("leaves a settled block where it is", () => {
    const { writes, stream } = recorder({ isTTY: true, columns: 60 });
    const display = liveDisplay(stream, plainPaint);
    display.update(progressAt(100, "video.encoded"));
    display.settle();
    display.print("table");
    const screen = screenOf(writes);
    expect(screen).toHaveLength(3);
    expect(screen[2]).toBe("table");
  });

  it("writes plain lines without control sequences when there is no terminal", () => {
    const { writes, stream } = recorder({ isTTY: false, columns: 0 });
    const display = liveDisplay(stream, plainPaint);
    for (let percent = 0; percent <= 100; percent += 1) {
      display.update(progressAt(percent));
      display.tick();
    }
    display.update(progressAt(100, "video.encoded"));
    const lines = writes.join("").trimEnd().split("\n");
    expect(lines).toEqual([
      "  input transferred 100%",
      ...Array.from({ length: 11 }, (_, index) => `  mp4 encoding ${index * 10}%`),
      "  mp4 encoded 100%",
    ]);
  });
});
