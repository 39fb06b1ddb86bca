import { describe, expect, it } from "vitest";
import type { TaskResult } from "../../../../../encoder/contract/report.ts";
import type { Warning } from "../../../../../encoder/contract/warning-catalogue.ts";
import type { JobState } from "../../../../../worker/domain/job-record.ts";
import { warningsView } from "../../../../../worker/domain/ledger/warnings.ts";
import {
  BEFORE_PACKAGE,
  aChunkedJob,
  aQualityVideo,
  finishAll,
  finishChunk,
  runAll,
} from "../../../../support/chunked-job.ts";
import {
  SHORT_SOURCE,
  T0,
  aJob,
  aResult,
  aStream,
  anIngestedJob,
  decision,
  doneReport,
  lease,
  taskOf,
} from "../../../../support/job-builders.ts";

const DAMAGED: Warning = { code: "source_damaged" };
const DAMAGED_VIEW = { code: "source_damaged", message: expect.stringContaining("damaged") as string };

const withWarnings = (result: TaskResult, warnings: Warning[]): TaskResult =>
  "warnings" in result ? { ...result, warnings } : result;

/** What is stored when the task is reported done with these warnings. */
function stored(state: JobState, taskId: string, warnings: Warning[] = []) {
  const leased = taskOf(state, taskId).status === "leased" ? state : lease(state);
  const task = taskOf(leased, taskId);
  return decision(leased, doneReport(task, withWarnings(aResult(task, SHORT_SOURCE), warnings)), T0).metadata;
}

describe("warningsView", () => {
  it("shows each warning once, with its sentence and the track that it speaks of", () => {
    const track: Warning = { code: "audio_track_not_decodable", streamIndex: 2, codec: "ac4" };
    expect(warningsView([DAMAGED, track, DAMAGED, { ...track }])).toEqual({
      warnings: [
        DAMAGED_VIEW,
        {
          code: "audio_track_not_decodable",
          message: "Audio track 2 of the input (ac4) cannot be decoded; another one is used.",
          stream_index: 2,
          codec: "ac4",
        },
      ],
    });
  });

  it("adds nothing to metadata when there is nothing to say", () => {
    expect(warningsView([])).toEqual({});
  });
});

describe("warnings in metadata", () => {
  it("stand in that of the input when they were seen at its probe", () => {
    const [input] = stored(lease(aJob()), "ingest", [DAMAGED]);
    expect(input).toMatchObject({ key: "input", value: { warnings: [DAMAGED_VIEW] } });
  });

  it("stand in that of an output that one task makes", () => {
    const [output] = stored(anIngestedJob(), "output-0", [DAMAGED]);
    expect(output).toMatchObject({ key: "output-0", value: { warnings: [DAMAGED_VIEW] } });
    const [silent] = stored(anIngestedJob(), "output-0");
    expect(silent?.value).not.toHaveProperty("warnings");
  });

  it("are gathered from the chunks and the sound of an output, each once", () => {
    const state = lease(aChunkedJob([aQualityVideo("/a.mp4")]));
    const chunks = ["chunk-1", "chunk-3"].reduce(
      (current, taskId) => finishChunk(current, taskId, { warnings: [DAMAGED] }),
      finishAll(state, ["chunk-2", "audio-1"]),
    );
    const [output] = stored(lease(chunks), "output-0");
    expect(output).toMatchObject({ key: "output-0", value: { warnings: [DAMAGED_VIEW] } });
  });

  it("are gathered from the parts of a stream", () => {
    const state = lease(anIngestedJob({ outputs: [aStream()] }));
    const first = taskOf(state, "output-0-variant-1");
    const told = withWarnings(aResult(first), [DAMAGED]);
    const encoded = runAll(decision(state, doneReport(first, told), T0).state, { kinds: BEFORE_PACKAGE });
    const [output] = stored(lease(encoded), "output-0-package");
    expect(output).toMatchObject({ key: "output-0", value: { hls: { warnings: [DAMAGED_VIEW] } } });
  });
});
