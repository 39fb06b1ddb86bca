/** Brings the rows of an older Worker up to the shape of this one. Jobs that run through a deploy go on. */
import type { MediaInfo } from "../../encoder/contract/media-info.ts";
import type { RenditionSpec, VideoSpec } from "../../encoder/contract/output-spec.ts";
import { newTask } from "./create-job.ts";
import { wholeEncodeCost } from "./plan/encode-cost.ts";
import {
  RECORD_SCHEMA,
  type JobRecord,
  type JobState,
  type OutputRecord,
  type TaskRecord,
  type TaskWork,
} from "./job-record.ts";
import type { JobSpec, RenditionFormat } from "./job-spec.ts";
import { MAXRATE_FACTOR } from "./plan/resolve-output.ts";

/** A job as it is stored; its shape is that of `record.schema`. */
export type StoredState = { record: { schema: number }; tasks: readonly object[]; outbox: readonly object[] };

/** Encoders of an `ultrafast` job when that number was not kept with the job. */
const ULTRAFAST_ENCODERS_V1 = 8;

/** The state in the present shape; a state that has it already is returned as it is. */
export function upgradeState(stored: StoredState): JobState {
  switch (stored.record.schema) {
    case 1:
      // SAFETY: only the Worker that wrote schema 1 wrote these rows.
      return fromVersion1(stored as unknown as StateV1);
    case RECORD_SCHEMA:
      // SAFETY: only this Worker's own shape carries this number.
      return stored as unknown as JobState;
    default:
      throw new RangeError(
        `A job of schema ${stored.record.schema} was written by a newer Worker; this one knows ${RECORD_SCHEMA}.`,
      );
  }
}

type RateV1 =
  | { mode: "bitrate"; bitrateBps: number }
  | { mode: "quality"; crf: number; maxrateBps: number | null };
type RenditionV1 = Omit<RenditionSpec, "video"> & {
  video: (Omit<VideoSpec, "rate"> & { rate: RateV1 }) | null;
};
type WorkV1 =
  | Extract<TaskWork, { kind: "ingest" | "image" }>
  | (Omit<Extract<TaskWork, { kind: "encode" }>, "rendition"> & { rendition: RenditionV1 })
  | (Omit<Extract<TaskWork, { kind: "package" }>, "renditions"> & { renditions: { taskId: string }[] });

type AddedToTask = "outputIndexes" | "work" | "leasedAt" | "endedAt" | "phaseMs" | "result";
type TaskV1 = Omit<TaskRecord, AddedToTask> & { outputIndex: number | null; work: WorkV1 };

type AddedToRecord =
  | "schema"
  | "outputs"
  | "milestones"
  | "ultrafastEncoders"
  | "granted"
  | "leaving"
  | "broken"
  | "fleetAt"
  | "fleetWant";
type RecordV1 = Omit<JobRecord, AddedToRecord> & {
  schema: 1;
  outputs: Omit<OutputRecord, "progressPercent">[];
};
type StateV1 = { record: RecordV1; tasks: TaskV1[]; outbox: JobState["outbox"] };

function fromVersion1({ record, tasks, outbox }: StateV1): JobState {
  return {
    record: recordFromVersion1(record),
    tasks: tasks.map((task) => taskFromVersion1(task, tasks, record.input.mediaInfo)),
    outbox,
  };
}

function recordFromVersion1(record: RecordV1): JobRecord {
  // What came before was not noted, and counts as encoding; noted later it would come after what follows it.
  const startedAt = record.input.status === "transferred" ? record.createdAt : null;
  return {
    ...record,
    schema: RECORD_SCHEMA,
    spec: specFromVersion1(record.spec),
    outputs: record.outputs.map((output) => ({ ...output, progressPercent: 0 })),
    milestones: { firstGrantAt: startedAt, transferredAt: startedAt, firstFrameAt: null, encodedAt: null },
    ultrafastEncoders: ULTRAFAST_ENCODERS_V1,
    granted: [],
    // Nobody granted them: they finish what they run, and forget the job.
    leaving: record.encoders,
    broken: [],
    fleetAt: 0,
    fleetWant: 0,
  };
}

/** Bitrates of then were one pass. */
function specFromVersion1(spec: JobSpec): JobSpec {
  const format = (rendition: RenditionFormat): RenditionFormat =>
    rendition.video?.rate.mode === "bitrate"
      ? { ...rendition, video: { ...rendition.video, rate: { ...rendition.video.rate, passes: 1 } } }
      : rendition;
  const outputs = spec.outputs.map((output) => {
    switch (output.type) {
      case "video":
        return { ...output, rendition: format(output.rendition) };
      case "httpstream":
        return { ...output, variants: output.variants.map(format) };
      case "image":
        return output;
    }
  });
  return { ...spec, outputs };
}

function taskFromVersion1(
  { outputIndex, ...task }: TaskV1,
  tasks: readonly TaskV1[],
  media: MediaInfo | null,
): TaskRecord {
  const work = workFromVersion1(task.work, tasks);
  const upgraded = {
    ...newTask({ taskId: task.taskId, outputIndexes: outputIndex === null ? [] : [outputIndex], work }),
    ...task,
    work,
    weight: work.kind === "encode" && media !== null ? wholeEncodeCost(work.rendition, media) : 1,
  };
  // Checksums of parts were not kept, so nobody could check what is read back: it is made again.
  const isPart = work.kind === "encode" && work.to === "work";
  const isNeeded = tasks.some((other) => other.dependsOn.includes(task.taskId) && other.status !== "done");
  return isPart && isNeeded && task.status === "done"
    ? { ...upgraded, status: "pending", encoder: null, accepted: false, phase: null, progressPercent: 0 }
    : upgraded;
}

function workFromVersion1(work: WorkV1, tasks: readonly TaskV1[]): TaskWork {
  switch (work.kind) {
    case "ingest":
    case "image":
      return work;
    case "encode":
      return { ...work, rendition: renditionFromVersion1(work.rendition) };
    case "package":
      return {
        ...work,
        renditions: work.renditions.map(({ taskId }) => {
          const encode = tasks.find((task) => task.taskId === taskId)?.work;
          if (encode?.kind !== "encode") {
            throw new TypeError(`The package's part ${taskId} is not encoded by any task.`);
          }
          return { rendition: renditionFromVersion1(encode.rendition), files: { type: "whole", taskId } };
        }),
      };
  }
}

function renditionFromVersion1({ video, ...rest }: RenditionV1): RenditionSpec {
  return { ...rest, video: video === null ? null : { ...video, rate: rateFromVersion1(video.rate) } };
}

function rateFromVersion1(rate: RateV1): VideoSpec["rate"] {
  return rate.mode === "quality"
    ? rate
    : { ...rate, maxrateBps: MAXRATE_FACTOR * rate.bitrateBps, passes: 1 };
}
