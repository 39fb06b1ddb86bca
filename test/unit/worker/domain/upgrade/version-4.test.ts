import { describe, expect, it } from "vitest";
import { RECORD_SCHEMA } from "../../../../../worker/domain/job-record.ts";
import { upgradeState } from "../../../../../worker/domain/upgrade-state.ts";
import { aChunkedJob } from "../../../../support/chunked-job.ts";
import { aStream, taskOf } from "../../../../support/job-builders.ts";

describe("upgradeState, from version 4", () => {
  it("lets the sounds of a stream last as long as they were planned: as its pictures", () => {
    const { record, tasks, outbox } = aChunkedJob([aStream()]);
    const stored = {
      record: { ...record, schema: 4 },
      tasks: tasks.map(({ work, ...task }) => {
        if (work.kind !== "package") {
          return { ...task, work };
        }
        const { soundSpan: _later, ...stream } = work.stream;
        return { ...task, work: { ...work, stream } };
      }),
      outbox,
    };
    const upgraded = upgradeState(stored);
    expect(upgraded.record.schema).toBe(RECORD_SCHEMA);
    expect(taskOf(upgraded, "output-0-package").work).toMatchObject({
      stream: { span: { startSeconds: 0 }, soundSpan: { startSeconds: 0, durationSeconds: null } },
    });
    expect(upgraded.tasks).toHaveLength(tasks.length);
  });
});
