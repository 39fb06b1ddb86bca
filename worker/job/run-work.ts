/**
 * Carries out one piece of due work. Every piece is safe to repeat, and each tells the job what came of it by
 * an event; a rejection means "not done", and the piece stays due.
 */
import type { TaskReport } from "../../encoder/contract/report.ts";
import { deleteJob, upsertJob } from "../db/jobs.ts";
import { webhookSecret } from "../db/api-keys.ts";
import { openDatabase } from "../db/client.ts";
import { buildTask } from "../dispatch/build-task.ts";
import { cancelTask, encoderHealth, followReports, startTask } from "../dispatch/encoder-client.ts";
import type { EncoderPort } from "../dispatch/encoder-port.ts";
import { openEncoders } from "../dispatch/open-encoders.ts";
import { findFleet } from "../fleet/fleet-object.ts";
import type { Work } from "../domain/due-work.ts";
import type { FleetReply, FleetRequest } from "../domain/fleet/fleet.ts";
import type { JobEvent, TaskRef } from "../domain/job-events.ts";
import type { JobState, TaskRecord } from "../domain/job-record.ts";
import type { JobSecrets } from "../domain/job-spec.ts";
import { fleetRequest, heldEncoders } from "../domain/ledger/job-encoders.ts";
import { hostedObjectPrefix, workPrefix } from "../domain/object-keys.ts";
import { webhookBody } from "../domain/webhook-event.ts";
import { deletePrefix } from "../objects/delete-prefix.ts";
import { errorText, log } from "../log.ts";
import { parseMasterKey } from "../secrets/master-key.ts";
import { answerWithin } from "../time-limit.ts";
import { deliver, type DeliveryResult } from "../webhooks/deliver.ts";
import type { JobStore } from "./job-store.ts";
import { unseal } from "./seal.ts";

/** What the job's object lends to its work. `state()` is always the newest; never keep it across an await. */
export type WorkShell = {
  env: Env;
  store: JobStore;
  storage: DurableObjectStorage;
  signal: AbortSignal;
  state: () => JobState;
  apply: (event: JobEvent) => void;
  secretsKind: string;
};

const FLEET_ANSWER_MS = 10_000;

/** A poll lasts 20 s; one that ends this soon would be opened again in a tight loop. */
const SHORTEST_POLL_MS = 1_000;

export async function runWork(work: Work, shell: WorkShell): Promise<void> {
  const { env, apply } = shell;
  switch (work.type) {
    case "index":
      return indexJob(shell);
    case "deliver":
      return deliverEvent(work.eventId, shell);
    case "ask-fleet":
      return askFleet(shell);
    case "find-capacity":
      return findCapacity(openEncoders(env), work.encoder, shell);
    case "start":
      return startOn(openEncoders(env), work, shell);
    case "cancel":
      return cancelOn(openEncoders(env), work, shell);
    case "poll":
      return pollEncoder(openEncoders(env), work.encoder, shell);
    case "release":
      return releaseEncoder(openEncoders(env), work.encoder, shell);
    case "release-encoders":
      return releaseEncoders(openEncoders(env), shell);
    case "delete-work-files":
      await deletePrefix(env.MEDIA, workPrefix(shell.state().record.id));
      return apply({ type: "closed", part: "workFiles" });
    case "wipe-secrets":
      shell.store.wipeSecrets();
      return apply({ type: "closed", part: "secrets" });
    case "delete-hosted":
      await deletePrefix(env.MEDIA, hostedObjectPrefix(shell.state().record.hostedPrefix));
      return apply({ type: "closed", part: "hosted" });
    case "retire":
      return retire(shell);
  }
}

async function indexJob({ env, state, apply }: WorkShell): Promise<void> {
  const copied = state();
  await upsertJob(openDatabase(env.DB), copied, Date.now());
  apply({ type: "indexed", version: copied.record.version });
}

async function deliverEvent(eventId: string, shell: WorkShell): Promise<void> {
  const { env, store, apply } = shell;
  const { record, outbox } = shell.state();
  const event = outbox.find((row) => row.id === eventId);
  if (event === undefined) {
    return;
  }
  const secrets = await openSecrets(shell).catch((error: unknown) => ({ problem: errorText(error) }));
  const secret = await webhookSecret(openDatabase(env.DB), record.accountId);
  const now = Date.now();
  const attempt = event.attemptCount + 1;
  const body = webhookBody(record.id, event, (key) => store.metadata(key));
  const result =
    "problem" in secrets
      ? sealedAway(record.id, secrets.problem)
      : await deliver(
          { url: secrets.notificationUrl, id: event.id, sequence: event.sequence, attempt, body, secret },
          { allowPrivateNetwork: env.ALLOW_PRIVATE_NETWORK === "true", now },
        );
  store.logDelivery(event.id, attempt, now, result);
  apply({ type: "delivery-ended", id: event.id, outcome: result.outcome, random: Math.random() });
}

/** A lost master key may come back: the event waits for it as for a receiver that is down, and not in a loop. */
function sealedAway(jobId: string, problem: string): DeliveryResult {
  log("error", "webhook.sealed", { job: jobId, error: problem });
  const outcome = { result: "failed", gone: false, retryAfterMs: null } as const;
  return { outcome, httpStatus: null, latencyMs: 0, note: problem };
}

/** One call is ticket, renewal and answer. An answer that comes after the run's end may be older than the next one's. */
async function askFleet({ env, state, signal, apply }: WorkShell): Promise<void> {
  const request = fleetRequest(state(), Date.now());
  const reply = await acquire(env, request);
  if (!signal.aborted) {
    apply({ type: "fleet-replied", want: request.want, broken: request.broken, ...reply });
  }
}

function acquire(env: Env, request: FleetRequest): Promise<FleetReply> {
  return answerWithin(FLEET_ANSWER_MS, () => findFleet(env).acquire(request));
}

/** Asks one encoder for room. */
async function findCapacity(port: EncoderPort, encoder: string, { apply }: WorkShell): Promise<void> {
  const status = await encoderHealth(port, encoder);
  if (status === null) {
    apply({ type: "encoder-silent", encoder });
  } else if (status.slotsFree > 0) {
    return apply({ type: "capacity-found", encoder, slots: status.slots, slotsFree: status.slotsFree });
  }
  apply({ type: "capacity-missing" });
}

async function startOn(
  port: EncoderPort,
  { task, encoder }: { task: TaskRecord; encoder: string },
  shell: WorkShell,
) {
  const { state, apply, env } = shell;
  const wireTask = await buildTask(state(), task, {
    secrets: await openSecrets(shell),
    masterKey: parseMasterKey(env.COPRA_MASTER_KEY),
    gatewayOrigin: port.gatewayOrigin(state().record.origin),
  });
  const ref = { taskId: task.taskId, attempt: task.attempt };
  switch (await startTask(port, encoder, wireTask)) {
    case "started":
      return apply({ type: "task-started", ...ref });
    case "refused":
      return apply({ type: "task-refused", ...ref });
    case "rejected": {
      const failure = { code: "internal_error" } as const;
      return apply({
        type: "reported",
        encoder,
        reports: [{ ...ref, state: "failed", failure }],
        expected: [],
      });
    }
  }
}

async function cancelOn(
  port: EncoderPort,
  { task, encoder }: { task: TaskRecord; encoder: string },
  shell: WorkShell,
) {
  const { taskId, attempt } = task;
  try {
    await cancelTask(port, encoder, shell.state().record.id, taskId, attempt);
  } catch (error) {
    if ((await encoderHealth(port, encoder)) !== null) {
      throw error;
    }
    // An encoder that is gone runs nothing.
  }
  shell.apply({ type: "task-cancelled", taskId, attempt });
}

/**
 * Follows one encoder, and has it forget what ended, or every snapshot would repeat all that it ever did. When the
 * connection breaks, only a failed health check makes it gone.
 */
async function pollEncoder(
  port: EncoderPort,
  encoder: string,
  { state, apply, signal }: WorkShell,
): Promise<void> {
  const { record, tasks } = state();
  const expected = tasks
    .filter((task) => task.status === "leased" && task.accepted && task.encoder === encoder)
    .map(({ taskId, attempt }) => ({ taskId, attempt }));
  const openedAt = Date.now();
  const ended: TaskRef[] = [];
  const hear = (reports: TaskReport[], of: TaskRef[]): void => {
    apply({ type: "reported", encoder, reports, expected: of });
    ended.push(...reports.filter((report) => report.state !== "running"));
  };
  try {
    for await (const line of followReports(port, encoder, record.id, signal)) {
      switch (line.type) {
        case "snapshot":
          hear(line.reports, expected);
          break;
        case "report":
          hear([line.report], []);
          break;
        case "alive":
          apply({ type: "encoder-alive", encoder });
          break;
      }
    }
    if (Date.now() - openedAt < SHORTEST_POLL_MS) {
      throw new Error(`A poll of encoder ${encoder} ended at once.`);
    }
  } catch (error) {
    if (signal.aborted) {
      return;
    }
    if ((await encoderHealth(port, encoder)) === null) {
      apply({ type: "encoder-gone", encoder });
    }
    throw error;
  }
  await forgetEnded(port, encoder, record.id, ended);
}

/** What the ledger has taken or dropped is of no use any more. What stays for now is in the next snapshot. */
async function forgetEnded(
  port: EncoderPort,
  encoder: string,
  jobId: string,
  ended: readonly TaskRef[],
): Promise<void> {
  try {
    for (const { taskId, attempt } of ended) {
      await cancelTask(port, encoder, jobId, taskId, attempt);
    }
  } catch (error) {
    log("warn", "encoder.forget", { job: jobId, encoder, error: errorText(error) });
  }
}

/** The fleet hears of it with the next request: only then may the encoder be granted to another job. */
async function releaseEncoder(
  port: EncoderPort,
  encoder: string,
  { state, apply }: WorkShell,
): Promise<void> {
  await forgetJob(port, encoder, state().record.id);
  apply({ type: "encoder-released", encoder });
}

/** The job's last words to its encoders, then to the fleet, which drops what is not renewed if it does not hear them. */
async function releaseEncoders(port: EncoderPort, { env, state, apply }: WorkShell): Promise<void> {
  const { record } = state();
  await Promise.all(heldEncoders(record).map((encoder) => forgetJob(port, encoder, record.id)));
  await acquire(env, { ...fleetRequest(state(), Date.now()), want: 0, holding: [] }).catch((error: unknown) =>
    log("warn", "fleet.farewell", { job: record.id, error: errorText(error) }),
  );
  apply({ type: "closed", part: "encoders" });
}

/** An encoder that cannot be reached has nothing left to release. */
async function forgetJob(port: EncoderPort, encoder: string, jobId: string): Promise<void> {
  await port.release(encoder, jobId).catch((error: unknown) => {
    log("warn", "encoder.release", { job: jobId, encoder, error: errorText(error) });
  });
}

/** Forgets the job for good: list first, object last, so that a crash in between is repaired by the alarm. */
async function retire({ env, state, storage }: WorkShell): Promise<void> {
  await deleteJob(openDatabase(env.DB), state().record.id);
  await storage.deleteAll();
}

/** What secrets that were sealed by older versions may not have. */
const NO_LISTS = { watermarkUrls: [], subtitleUrls: [], streamKeys: [] } satisfies Partial<JobSecrets>;

async function openSecrets({ env, store, state, secretsKind }: WorkShell): Promise<JobSecrets> {
  const { id } = state().record;
  const sealed = store.secret(secretsKind);
  if (sealed === null) {
    throw new Error(`The secrets of job ${id} are wiped.`);
  }
  const opened = await unseal(parseMasterKey(env.COPRA_MASTER_KEY), id, secretsKind, sealed);
  // SAFETY: sealed by `create` from this type, and AES-GCM proves that nothing else made it. Older jobs lack some lists.
  return { ...NO_LISTS, ...(opened as Omit<JobSecrets, keyof typeof NO_LISTS>) };
}
