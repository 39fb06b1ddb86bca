/**
 * The persisted shape of a job: one record, one row per task, one row per webhook event. Made and changed by
 * `create-job.ts` and `decide-job.ts` only. No credential and no complete customer URL is in here.
 */
import type { Failure } from "../../encoder/contract/failure-catalogue.ts";
import type { MediaInfo } from "../../encoder/contract/media-info.ts";
import type { WorkFile } from "../../encoder/contract/object-store.ts";
import type { AnimationSpec, ImageSpec, RenditionSpec } from "../../encoder/contract/output-spec.ts";
import type { TaskPhase, TaskResult } from "../../encoder/contract/report.ts";
import type { PackageFormat } from "../../encoder/contract/stream.ts";
import type { Cut } from "../../encoder/contract/timeline.ts";
import type { Warning } from "../../encoder/contract/warning-catalogue.ts";
import type { JobSpec } from "./job-spec.ts";
import type { InputStatus, JobStatus, OutputStatus } from "./job-status.ts";
import type { KeptTrack } from "./ledger/kept-track.ts";
import type { Stream } from "./stream-record.ts";

/** Raised with every change of shape; `upgrade-state.ts` brings an older job up to it when it is loaded. */
export const RECORD_SCHEMA = 5;

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
  /** Encoders that had a task and have the source, the last one first: the first choice among the granted. */
  encoders: string[];
  /** How many encoders an `ultrafast` job may have, as configured when it was made. */
  ultrafastEncoders: number;
  /** Encoders that the fleet lets the job use. */
  granted: string[];
  /** Encoders that take no new task; their lease ends when they have finished what they run and forgotten the job. */
  leaving: string[];
  /** Encoders that did not answer or handed work back, and of which the fleet has not heard yet. */
  broken: string[];
  /** When the fleet is asked again, and how many encoders it was asked for last. */
  fleetAt: number;
  fleetWant: number;
  /** Sequence number of the next webhook event, 1-based. */
  nextSequence: number;
  milestones: Milestones;
  /** What is left to tidy up after the end; null once done. */
  closing: Closing;
};

/** When the job came how far; null until then. Its end is `completedAt`. */
type Milestones = {
  /** An encoder got the first task. */
  firstGrantAt: number | null;
  /** The input was understood and the plan made. */
  transferredAt: number | null;
  /** The first progress of an encode was heard. */
  firstFrameAt: number | null;
  /** The last picture or sound was encoded. Moves on when something is encoded after all. */
  encodedAt: number | null;
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
  /** Manifests that can be played before the output is finished. */
  openManifests: PackageFormat[];
  /** 0..100, never falls, even when a part is made again. */
  progressPercent: number;
};

export type TaskStatus = "pending" | "leased" | "done" | "failed" | "cancelled";

export type TaskRecord = {
  taskId: string;
  /** Outputs that cannot be finished without it; empty for the ingest task and for what nobody needs any more. */
  outputIndexes: number[];
  work: TaskWork;
  /** What has to be done first: ids of tasks, and `<family>-*` for all tasks of a family. */
  dependsOn: string[];
  /** Estimated CPU seconds: its share in the progress, and expensive encodes start first. */
  weight: number;
  status: TaskStatus;
  /** 0 before the first lease; each lease has a number of its own. */
  attempt: number;
  encoder: string | null;
  /** The encoder has confirmed the start of this attempt. */
  accepted: boolean;
  leaseExpiresAt: number;
  /** Start of the newest lease, and the end of the task; null before. */
  leasedAt: number | null;
  endedAt: number | null;
  /** Not started before. */
  notBefore: number;
  phase: TaskPhase | null;
  progressPercent: number;
  /** One entry per failed attempt. */
  failures: Failure[];
  /** Times the task was handed back without being at fault. */
  handBacks: number;
  /** Wall time of its finished attempts by phase, in milliseconds. */
  phaseMs: PhaseMs;
  /** What other tasks need of it; null until it is done, and for tasks that nobody builds on. */
  result: TaskOutcome | null;
};

export type PhaseMs = Partial<Record<TaskPhase, number>>;

/** The part of a task's result that is kept in the ledger. */
export type TaskOutcome =
  | { kind: "encode"; file: WorkFile; warnings: Warning[] }
  | Extract<TaskResult, { kind: "chunk" }>
  | Extract<TaskResult, { kind: "analyze" }>
  | { kind: "segment"; pictures: KeptPublication[] }
  | ({ kind: "segment-sound"; pieces: WorkFile[] } & KeptPublication);

/** What was published of one track in the two packages. */
export type KeptPublication = { transport: KeptTrack | null; fragments: KeptTrack | null };

/** What a task does, without credentials: enough to build the wire task at any time. */
export type TaskWork =
  | { kind: "ingest" }
  | { kind: "encode"; threads: number; rendition: RenditionSpec; to: "destination" | "work"; key: string }
  | ChunkWork
  | { kind: "analyze"; threads: number; index: number; span: SourceSpan }
  | { kind: "assemble"; rendition: RenditionSpec; files: PartsOf; key: string }
  | { kind: "image"; threads: number; image: ImageSpec; keys: string[]; vtt: PlannedVtt | null }
  | { kind: "animation"; threads: number; animation: AnimationSpec; key: string }
  | SegmentWork
  | SegmentSoundWork
  | SubtitleWork
  | PackageWork
  /** Playlists of the first stretches, while the rest is still encoded. */
  | { kind: "open-package"; packageId: string; stretchCount: number };

/** Writes the manifests of a stream. All that its segment tasks cut is looked up by the id of this task. */
export type PackageWork = {
  kind: "package";
  stream: Stream;
  /** Where the encoded pictures come from, in their order. */
  pictures: PartsOf[];
};

/** Cuts one stretch of a stream: a chunk of all pictures, or the whole of one. */
export type SegmentWork = {
  kind: "segment";
  packageId: string;
  /** 0-based place in the stream. */
  index: number;
  firstNumber: number;
  /** Null when only the files know. */
  spanSeconds: number | null;
  /** Which pictures of the stream. */
  pictures: number[];
  /** Something that it reads was made anew after it started: what it gives does not count. */
  isStale: boolean;
};

export type SegmentSoundWork = {
  kind: "segment-sound";
  packageId: string;
  /** Which sound of the stream, and the task that encodes it. */
  sound: number;
  fileTaskId: string;
  /** Where stretches meet, when pictures are muxed with pieces of it; null when none is. */
  borderSeconds: number[] | null;
};

/** Makes WebVTT of subtitle number `subtitle` of the stream. */
type SubtitleWork = { kind: "subtitle"; packageId: string; subtitle: number };

/** The WebVTT file of an image output; its text is made when the task is built. */
export type PlannedVtt = { key: string; durationSeconds: number | null };

export type ChunkWork = {
  kind: "chunk";
  threads: number;
  /** Family of the chunks that are joined with each other; its tasks are called `<group>-<number>`. */
  group: string;
  /** 0-based place in the source. */
  index: number;
  span: SourceSpan;
  /** Decodes from the beginning of the source, because a seek was not to be trusted. */
  isExact: boolean;
  parts: PlannedPart[];
};

/** A stretch of the source between two cuts; null on a side is its beginning or its end. */
export type SourceSpan = { zeroTicks: number; start: Cut | null; end: Cut | null; spanSeconds: number };

/**
 * One rendition's share of a chunk: picture number `variant`, from 0, of the task `taskId` that joins it, and its output
 * frames. `endFrame` is null where only the decoder knows.
 */
export type PlannedPart = { taskId: string; variant: number; startFrame: number; endFrame: number | null };

/** Where the encoded parts of one rendition come from. */
export type PartsOf =
  | { type: "whole"; taskId: string }
  | { type: "chunked"; group: string; audioTaskId: string | null };

export type WebhookEventName =
  | "input.transferred"
  | "output.playable"
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
