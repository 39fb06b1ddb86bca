/** The first state of a job: nothing is known of its input yet, one ingest task is due. */
import {
  RECORD_SCHEMA,
  type JobRecord,
  type JobState,
  type OutputRecord,
  type TaskRecord,
} from "./job-record.ts";
import type { JobSpec } from "./job-spec.ts";

/** No honest job takes longer; past it the job fails instead of hanging. */
const JOB_BUDGET_MS = 24 * 60 * 60 * 1000;

const INGEST_TASK_ID = "ingest";

export type NewJob = {
  id: string;
  accountId: string;
  spec: JobSpec;
  origin: string;
  /** How many encoders it may have with `ultrafast`. */
  ultrafastEncoders: number;
  /** 32 hex digits that nobody can guess: hosted files are public by URL. */
  hostedToken: string;
};

/** The state to persist before 201 is answered. */
export function createJob(job: NewJob, now: number): JobState {
  const [day, hour] = new Date(now).toISOString().slice(8, 13).split("T");
  const record: JobRecord = {
    schema: RECORD_SCHEMA,
    id: job.id,
    accountId: job.accountId,
    version: 1,
    listedVersion: 1,
    indexedVersion: 0,
    createdAt: now,
    completedAt: null,
    deadlineAt: now + JOB_BUDGET_MS,
    status: "starting",
    spec: job.spec,
    origin: job.origin,
    hostedPrefix: `${day}/${hour}/${job.hostedToken}`,
    input: { status: "starting", progressPercent: 0, failure: null, mediaInfo: null },
    outputs: job.spec.outputs.map(() => newOutput("waiting")),
    progressPercent: 0,
    capacityAt: now,
    encoderSlots: 1,
    encoders: [],
    ultrafastEncoders: job.ultrafastEncoders,
    granted: [],
    leaving: [],
    broken: [],
    fleetAt: now,
    fleetWant: 0,
    nextSequence: 1,
    milestones: { firstGrantAt: null, transferredAt: null, firstFrameAt: null, encodedAt: null },
    closing: { encoders: false, workFiles: false, secrets: true, hostedAt: null, retireAt: null },
  };
  return {
    record,
    tasks: [newTask({ taskId: INGEST_TASK_ID, outputIndexes: [], work: { kind: "ingest" } })],
    outbox: [],
  };
}

/** An output of which nothing is made yet. */
export function newOutput(
  status: OutputRecord["status"],
  change: Partial<Pick<OutputRecord, "failure" | "keys">> = {},
): OutputRecord {
  return {
    status,
    isAnnounced: false,
    failure: null,
    keys: [],
    openManifests: [],
    progressPercent: 0,
    ...change,
  };
}

/** A task that waits for its first encoder. */
export function newTask(
  task: Pick<TaskRecord, "taskId" | "outputIndexes" | "work"> &
    Partial<Pick<TaskRecord, "dependsOn" | "weight">>,
): TaskRecord {
  return {
    dependsOn: [],
    weight: 1,
    ...task,
    status: "pending",
    attempt: 0,
    encoder: null,
    accepted: false,
    leaseExpiresAt: 0,
    leasedAt: null,
    endedAt: null,
    notBefore: 0,
    phase: null,
    progressPercent: 0,
    failures: [],
    handBacks: 0,
    phaseMs: {},
    result: null,
  };
}
