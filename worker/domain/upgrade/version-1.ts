/** Jobs of record schema 1, brought up to schema 2: several outputs per task, chunks, encoders granted by a fleet. */
import type { OutputRecordV3 } from "./version-3.ts";
import type { TaskRecord } from "../job-record.ts";
import type { JobSpecV2, RenditionFormatV2 } from "./version-2-spec.ts";
import type { RecordV2, RenditionSpecV2, StateV2, TaskV2, VideoSpecV2, WorkV2 } from "./version-2.ts";

/** Encoders of an `ultrafast` job when that number was not kept with the job. */
const ULTRAFAST_ENCODERS = 8;

/** Ceiling of a bitrate output against its average. */
const MAXRATE_FACTOR = 2;

type RateV1 =
  | { mode: "bitrate"; bitrateBps: number }
  | { mode: "quality"; crf: number; maxrateBps: number | null };
type RenditionV1 = Omit<RenditionSpecV2, "video"> & {
  video: (Omit<VideoSpecV2, "rate"> & { rate: RateV1 }) | null;
};
type WorkV1 =
  | Extract<WorkV2, { kind: "ingest" | "image" }>
  | (Omit<Extract<WorkV2, { kind: "encode" }>, "rendition"> & { rendition: RenditionV1 })
  | (Omit<Extract<WorkV2, { kind: "package" }>, "renditions"> & { renditions: { taskId: string }[] });

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
type RecordV1 = Omit<RecordV2, AddedToRecord> & {
  schema: 1;
  outputs: Omit<OutputRecordV3, "progressPercent">[];
};
export type StateV1 = { record: RecordV1; tasks: TaskV1[]; outbox: StateV2["outbox"] };

export function fromVersion1({ record, tasks, outbox }: StateV1): StateV2 {
  return {
    record: recordFromVersion1(record),
    tasks: tasks.map((task) => taskFromVersion1(task, tasks)),
    outbox,
  };
}

function recordFromVersion1(record: RecordV1): RecordV2 {
  // What came before was not noted, and counts as encoding; noted later it would come after what follows it.
  const startedAt = record.input.status === "transferred" ? record.createdAt : null;
  return {
    ...record,
    schema: 2,
    spec: specFromVersion1(record.spec),
    outputs: record.outputs.map((output) => ({ ...output, progressPercent: 0 })),
    milestones: { firstGrantAt: startedAt, transferredAt: startedAt, firstFrameAt: null, encodedAt: null },
    ultrafastEncoders: ULTRAFAST_ENCODERS,
    granted: [],
    // Nobody granted them: they finish what they run, and forget the job.
    leaving: record.encoders,
    broken: [],
    fleetAt: 0,
    fleetWant: 0,
  };
}

/** Bitrates of then were one pass. */
function specFromVersion1(spec: JobSpecV2): JobSpecV2 {
  const format = (rendition: RenditionFormatV2): RenditionFormatV2 =>
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

function taskFromVersion1({ outputIndex, ...task }: TaskV1, tasks: readonly TaskV1[]): TaskV2 {
  const work = workFromVersion1(task.work, tasks);
  const upgraded: TaskV2 = {
    ...task,
    outputIndexes: outputIndex === null ? [] : [outputIndex],
    work,
    // It counted pixels, and counts seconds since; those of encodes are made with the next version.
    weight: 1,
    leasedAt: null,
    endedAt: null,
    phaseMs: {},
    result: null,
  };
  // Checksums of parts were not kept, so nobody could check what is read back: it is made again.
  const isPart = work.kind === "encode" && work.to === "work";
  const isNeeded = tasks.some((other) => other.dependsOn.includes(task.taskId) && other.status !== "done");
  return isPart && isNeeded && task.status === "done"
    ? { ...upgraded, status: "pending", encoder: null, accepted: false, phase: null, progressPercent: 0 }
    : upgraded;
}

function workFromVersion1(work: WorkV1, tasks: readonly TaskV1[]): WorkV2 {
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

function renditionFromVersion1({ video, ...rest }: RenditionV1): RenditionSpecV2 {
  return { ...rest, video: video === null ? null : { ...video, rate: rateFromVersion1(video.rate) } };
}

function rateFromVersion1(rate: RateV1): VideoSpecV2["rate"] {
  return rate.mode === "quality"
    ? rate
    : { ...rate, maxrateBps: MAXRATE_FACTOR * rate.bitrateBps, passes: 1 };
}
