import { describe, expect, it } from "vitest";
import type { TaskReport } from "../../../encoder/contract/report.ts";
import { takeDueReports } from "../../../encoder/report-stream.ts";

const running = (progressPercent: number): TaskReport => ({
  taskId: "t",
  attempt: 1,
  state: "running",
  phase: "encoding",
  progressPercent,
});
const failed: TaskReport = { taskId: "t", attempt: 1, state: "failed", failure: { code: "encode_failed" } };

describe("takeDueReports", () => {
  it("lets the first progress of an attempt out at once and holds the next back for 200 ms", () => {
    const pending = new Map([["t/1", running(1)]]);
    const sentAt = new Map<string, number>();
    expect(takeDueReports(pending, sentAt, 1_000)).toEqual([running(1)]);
    pending.set("t/1", running(2));
    expect(takeDueReports(pending, sentAt, 1_199)).toEqual([]);
    expect(takeDueReports(pending, sentAt, 1_200)).toEqual([running(2)]);
    expect(pending.size).toBe(0);
  });

  it("never holds a final report back", () => {
    const pending = new Map([["t/1", failed]]);
    expect(takeDueReports(pending, new Map([["t/1", 999]]), 1_000)).toEqual([failed]);
  });

  it("holds each attempt back on its own", () => {
    const pending = new Map([
      ["t/1", running(5)],
      ["t/2", running(6)],
    ]);
    expect(takeDueReports(pending, new Map([["t/1", 950]]), 1_000)).toEqual([running(6)]);
    expect([...pending.keys()]).toEqual(["t/1"]);
  });
});
