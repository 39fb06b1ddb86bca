/** What is kept of a task's result, and whether the result is what the task was to give. */
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { TaskResult } from "../../../encoder/contract/report.ts";
import type { PublishedTrack } from "../../../encoder/contract/stream.ts";
import type {
  ChunkWork,
  KeptPublication,
  SegmentSoundWork,
  TaskOutcome,
  TaskRecord,
  TaskWork,
} from "../job-record.ts";
import { keepTrack } from "./kept-track.ts";

type Publication = { transport: PublishedTrack | null; fragments: PublishedTrack | null };
type Checked = { ok: true; outcome: TaskOutcome | null } | { ok: false; failure: Failure };

const WRONG: Checked = { ok: false, failure: { code: "internal_error" } };

/** The outcome for the ledger, or why the attempt counts as failed although it says that it is done. */
export function checkResult({ work }: TaskRecord, result: TaskResult): Checked {
  if (reportedKind(work) !== result.kind) {
    return WRONG;
  }
  switch (result.kind) {
    case "encode": {
      const { object, sha256, warnings } = result;
      if (work.kind !== "encode" || work.to === "destination") {
        return { ok: true, outcome: null };
      }
      return sha256 === null
        ? WRONG
        : { ok: true, outcome: { kind: "encode", file: { ...object, sha256 }, warnings } };
    }
    case "chunk":
      return work.kind === "chunk" ? checkChunk(work, result) : WRONG;
    case "analyze":
      return { ok: true, outcome: result };
    case "segment":
      return work.kind === "segment" && work.pictures.length === result.pictures.length
        ? { ok: true, outcome: { kind: "segment", pictures: result.pictures.map(keepPublication) } }
        : WRONG;
    case "segment-sound": {
      const { pieces } = result;
      const isWhole = work.kind === "segment-sound" && pieces.length === pieceCount(work);
      return isWhole
        ? { ok: true, outcome: { kind: "segment-sound", pieces, ...keepPublication(result) } }
        : WRONG;
    }
    case "ingest":
    case "subtitle":
    case "assemble":
    case "image":
    case "animation":
    case "package":
      return { ok: true, outcome: null };
  }
}

/** To an encoder an open package is a package. */
function reportedKind({ kind }: TaskWork): TaskResult["kind"] {
  return kind === "open-package" ? "package" : kind;
}

/** How many pieces a sound is cut into. */
export function pieceCount({ borderSeconds }: SegmentSoundWork): number {
  return borderSeconds === null ? 0 : borderSeconds.length + 1;
}

function keepPublication({ transport, fragments }: Publication): KeptPublication {
  return { transport: keepTrack(transport), fragments: keepTrack(fragments) };
}

/** The encoder has checked its files; this is the net below it, because a wrong count shifts all that follows. */
function checkChunk(work: ChunkWork, result: Extract<TaskResult, { kind: "chunk" }>): Checked {
  const isWhole = work.parts.length === result.parts.length;
  const hasAllFrames = work.parts.every(
    ({ startFrame, endFrame }, index) =>
      endFrame === null || result.parts[index]?.frameCount === endFrame - startFrame,
  );
  if (!isWhole) {
    return WRONG;
  }
  return hasAllFrames
    ? { ok: true, outcome: result }
    : { ok: false, failure: { code: "output_check_failed" } };
}
