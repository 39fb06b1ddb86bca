/**
 * The persisted shape of a job: one record, one row per task, one row per webhook event. Made and changed by
 * `create-job.ts` and `decide-job.ts` only. No credential and no complete customer URL is in here.
 */
import type { Failure } from "../../encoder/contract/failure-catalogue.ts";
import type { MediaInfo } from "../../encoder/contract/media-info.ts";
import type { ImageSpec, RenditionSpec } from "../../encoder/contract/output-spec.ts";
import type { TaskPhase } from "../../encoder/contract/report.ts";
import type { JobSpec } from "./job-spec.ts";
import type { InputStatus, JobStatus, OutputStatus } from "./job-status.ts";

/** Raised with every change of shape; a newer Worker upgrades an older record when it loads it. */
export const RECORD_SCHEMA = 1;

export type JobRecord = {
  schema: typeof RECORD_SCHEMA;
  id: string;
  accountId: string;
  /** Grows with every change of the record. */
  version: number;
  /** Version of the last change that the job list shows, and the last version that the list has. */
  listedVersion: number;
  indexedVersion: number;
  createdAt: number;
  completedAt: number | null;
  /** Past this the job fails, whatever is still running. */
  deadlineAt: number;
  status: JobStatus;
  spec: JobSpec;
  /** Scheme and host that this job's hosted files and gateway are reached at. */
  origin: string;
  /** Key prefix of hosted outputs below `hosted/`: day, hour, 32 hex digits, as Coconut's test storage. */
  hostedPrefix: string;
  input: {
    status: InputStatus;
    progressPercent: number;
    failure: Failure | null;
    mediaInfo: MediaInfo | null;
  };
  outputs: OutputRecord[];
  /** 0..100, never falls. */
  progressPercent: number;
  /** When free slots are asked for again. */
  capacityAt: number;
  /** Slots of one encoder, as last heard. */
  encoderSlots: number;
  /** Every encoder that ever had a task, the last one first: the first choice because it has the source. */
  encoders: string[];
  /** Handed a task back last: asked only when no other encoder has room. */
  avoidedEncoder?: string;
  /** Sequence number of the next webhook event, 1-based. */
  nextSequence: number;
  /** What is left to tidy up after the end; null once done. */
  closing: Closing;
};

/** False and null mean "nothing left to do". */
export type Closing = {
  /** Encoders still hold the job's source and tasks. */
  encoders: boolean;
  /** Work files are still stored. */
  workFiles: boolean;
  /** Credentials are still stored; they go when nothing above or in the outbox needs them. */
  secrets: boolean;
  /** When hosted outputs are removed, and when the job is forgotten. */
  hostedAt: number | null;
  retireAt: number | null;
};

export type OutputRecord = {
  status: OutputStatus;
  /** Its end has been counted and told. */
  isAnnounced: boolean;
  failure: Failure | null;
  /** Object keys in the destination, in the order of the URLs; empty until planned. */
  keys: string[];
};

export type TaskStatus = "pending" | "leased" | "done" | "failed" | "cancelled";

export type TaskRecord = {
  taskId: string;
  /** Null for the ingest task. */
  outputIndex: number | null;
  work: TaskWork;
  /** Tasks that have to be done first. */
  dependsOn: string[];
  /** Relative cost; expensive tasks start first. */
  weight: number;
  status: TaskStatus;
  /** 0 before the first lease; each lease has a number of its own. */
  attempt: number;
  encoder: string | null;
  /** The encoder has confirmed the start of this attempt. */
  accepted: boolean;
  leaseExpiresAt: number;
  /** Not started before. */
  notBefore: number;
  phase: TaskPhase | null;
  progressPercent: number;
  /** One entry per failed attempt. */
  failures: Failure[];
  /** Times the task was handed back without being at fault. */
  handBacks: number;
};

/** What a task does, without credentials: enough to build the wire task at any time. */
type TaskWork =
  | { kind: "ingest" }
  | { kind: "encode"; threads: number; rendition: RenditionSpec; to: "destination" | "work"; key: string }
  | { kind: "image"; threads: number; image: ImageSpec; keys: string[] }
  | {
      kind: "package";
      renditions: { taskId: string; hasVideo: boolean; hasAudio: boolean }[];
      prefix: string;
      playlistName: string;
      segmentSeconds: number;
    };

export type WebhookEventName =
  | "input.transferred"
  | "output.completed"
  | "output.failed"
  | "job.completed"
  | "job.failed";

export type OutboxRecord = {
  /** Same over all attempts: what receivers recognise duplicates by. */
  id: string;
  /** 1-based order of the job's events. */
  sequence: number;
  event: WebhookEventName;
  /** The event's `data` without ffprobe metadata. */
  data: Record<string, unknown>;
  /** Which output it speaks of; null for input and job events. */
  outputIndex: number | null;
  /** The delivered body carries metadata. */
  withMetadata: boolean;
  status: "pending" | "delivered" | "gave_up";
  attemptCount: number;
  nextAt: number;
};

/** Everything that `decideJob` decides on. */
export type JobState = {
  record: JobRecord;
  tasks: readonly TaskRecord[];
  outbox: readonly OutboxRecord[];
};
