/**
 * One Durable Object per job, the only truth about it. This class is a shell: `decideJob` decides, `apply`
 * persists, and the alarm's loop alone acts, always from the stored state. RPC methods read, or apply an event
 * and wake the loop.
 */
import { DurableObject } from "cloudflare:workers";
import { createJob, type NewJob } from "../domain/create-job.ts";
import { decideJob } from "../domain/decide-job.ts";
import { alarmAt, dueWork, isOpen, nextTimerAt, workName, type Work } from "../domain/due-work.ts";
import type { JobEvent } from "../domain/job-events.ts";
import type { JobState } from "../domain/job-record.ts";
import type { JobSecrets } from "../domain/job-spec.ts";
import { jobView, metadataOf, metadataView, progressView } from "../domain/job-view.ts";
import { errorText, log } from "../log.ts";
import { parseMasterKey } from "../secrets/master-key.ts";
import { openJobStore, type JobStore } from "./job-store.ts";
import { runWork, type WorkShell } from "./run-work.ts";
import { seal } from "./seal.ts";

/** The platform may evict an object after 70 s of nothing but outgoing requests, so a run ends well before. */
const RUN_MS = 45_000;

/** Work that failed is not tried again at once: whatever broke needs a moment. */
const COOLDOWN_MS = 1_000;

/** Everything that customers' secrets are kept under in the object's own table. */
const SECRETS_KIND = "job-secrets";

/** What keeps encoders busy. It goes on beyond a run's time while anything else is still being finished. */
const ENCODER_WORK: readonly Work["type"][] = ["ask-fleet", "find-capacity", "start", "poll", "release"];

type Running = { type: Work["type"]; done: Promise<void>; abort: AbortController };

export class JobObject extends DurableObject<Env> {
  readonly #store: JobStore;
  #state: JobState | null = null;
  #wake: (() => void) | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = openJobStore(ctx.storage.sql);
  }

  /**
   * Makes the job and returns its first view as JSON text. When it returns, the job is durable and its first
   * alarm is set.
   */
  async create(job: NewJob, secrets: JobSecrets): Promise<string> {
    const sealed = await seal(parseMasterKey(this.env.COPRA_MASTER_KEY), job.id, SECRETS_KIND, secrets);
    const now = Date.now();
    const state = createJob(job, now);
    this.ctx.storage.transactionSync(() => {
      this.#store.createSchema();
      this.#store.save(null, state);
      this.#store.saveSecret(SECRETS_KIND, sealed);
      void this.ctx.storage.setAlarm(now);
    });
    this.#state = state;
    return JSON.stringify(jobView(state.record));
  }

  /** The job as `GET /v2/jobs/:id` shows it, as JSON text; null for a job of another account. */
  read(accountId: string): string | null {
    return this.#show(accountId, ({ record }) => jobView(record));
  }

  /** Copra's finer progress, one number per output; JSON text, null for a job of another account. */
  progress(accountId: string): string | null {
    return this.#show(accountId, ({ record, tasks }) => progressView(record, tasks));
  }

  /** ffprobe trees of the input and all outputs, or of the one that `key` names; null when there is none. */
  metadata(accountId: string, key: string | null): string | null {
    const stored = (name: string) => this.#store.metadata(name);
    return this.#show(accountId, ({ record }) =>
      key === null ? metadataView(record, stored) : metadataOf(record, key, stored),
    );
  }

  /** Sets the alarm again in case the platform lost it. */
  async nudge(): Promise<void> {
    if (this.#store.exists() && (await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(Date.now());
    }
  }

  /**
   * Acts until nothing is under way any more, at most for `RUN_MS`. A throwing alarm is retried six times and
   * then lost, so nothing may escape.
   */
  override async alarm(): Promise<void> {
    if (!this.#store.exists()) {
      return;
    }
    let isCutShort = false;
    try {
      this.#apply({ type: "resumed" });
      isCutShort = await this.#run(Date.now() + RUN_MS);
    } catch (error) {
      log("error", "job.run", { job: this.#state?.record.id, error: errorText(error) });
      // What is in memory may be half a decision; the rows are not.
      this.#state = null;
    }
    if (this.#store.exists()) {
      // The horizon is for crashes: with work in hand the next run follows at once.
      await (isCutShort ? this.ctx.storage.setAlarm(Date.now()) : this.#setAlarm(this.#load()));
    }
  }

  /** True when the time was over before the work was. */
  async #run(until: number): Promise<boolean> {
    const running = new Map<string, Running>();
    const coolUntil = new Map<string, number>();
    try {
      while (this.#store.exists()) {
        this.#apply({ type: "tick" });
        const now = Date.now();
        const state = this.#load();
        const due = dueWork(state, now);
        this.#startMissing(now < until ? due : lastWork(due, running), running, coolUntil);
        if (running.size === 0) {
          return now >= until && due.length > 0;
        }
        const wakeAt = [until, nextTimerAt(state, now) ?? until, ...coolUntil.values()].filter(
          (at) => at > now,
        );
        await this.#somethingHappens(running, Math.min(...wakeAt, now + RUN_MS) - now);
      }
      return false;
    } finally {
      for (const { abort } of running.values()) {
        abort.abort();
      }
    }
  }

  /** Starts due work that does not run yet, and stops polls that have nothing to say any more. */
  #startMissing(due: readonly Work[], running: Map<string, Running>, coolUntil: Map<string, number>): void {
    const names = new Set(due.map(workName));
    for (const [name, { type, abort }] of running) {
      if (type === "poll" && !names.has(name)) {
        abort.abort();
      }
    }
    for (const work of due) {
      const name = workName(work);
      if (running.has(name) || (coolUntil.get(name) ?? 0) > Date.now()) {
        continue;
      }
      const abort = new AbortController();
      const done = runWork(work, this.#shell(abort.signal))
        .catch((error: unknown) => {
          coolUntil.set(name, Date.now() + COOLDOWN_MS);
          log("warn", "job.work", { job: this.#state?.record.id, work: name, error: errorText(error) });
        })
        .finally(() => running.delete(name));
      running.set(name, { type: work.type, done, abort });
    }
  }

  /** Waits until some work ends, an event wakes the loop, or time is up. */
  async #somethingHappens(running: Map<string, Running>, timeoutMs: number): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = new AbortController();
    const timeUp = scheduler.wait(Math.max(0, timeoutMs), { signal: timer.signal }).catch(() => {});
    await Promise.race([woken, timeUp, ...[...running.values()].map(({ done }) => done)]);
    timer.abort();
    this.#wake = null;
  }

  #shell(signal: AbortSignal): WorkShell {
    return {
      env: this.env,
      store: this.#store,
      storage: this.ctx.storage,
      signal,
      state: () => this.#load(),
      apply: (event) => {
        this.#apply(event);
        this.#wake?.();
      },
      secretsKind: SECRETS_KIND,
    };
  }

  /** Synchronous from load to persist: nothing can come in between. */
  #apply(event: JobEvent): void {
    const previous = this.#load();
    const now = Date.now();
    const { state, metadata } = decideJob(previous, event, now);
    this.ctx.storage.transactionSync(() => {
      const changed = this.#store.save(previous, state);
      for (const { key, value } of metadata) {
        this.#store.saveMetadata(key, value);
      }
      if (changed > 0) {
        void this.#setAlarm(state);
      }
    });
    this.#state = state;
    logTransitions(previous, state);
  }

  async #setAlarm(state: JobState): Promise<void> {
    const at = alarmAt(state, Date.now());
    await (at === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(at));
  }

  #load(): JobState {
    this.#state ??= this.#store.load();
    return this.#state;
  }

  /** A job that was never made, is forgotten or belongs to another account is not found, all the same way. */
  #show(accountId: string, view: (state: JobState) => object | undefined): string | null {
    if (!this.#store.exists() || this.#load().record.accountId !== accountId) {
      return null;
    }
    const body = view(this.#load());
    return body === undefined ? null : JSON.stringify(body);
  }
}

/**
 * The due work of a run whose time is over: none, so that it ends; but while a slow receiver of webhooks is still
 * awaited, the encoders must not stand still.
 */
function lastWork(due: readonly Work[], running: ReadonlyMap<string, Running>): Work[] {
  const isAwaited = [...running.values()].some(({ type }) => !ENCODER_WORK.includes(type));
  return isAwaited ? due.filter(({ type }) => ENCODER_WORK.includes(type)) : [];
}

/** One line per change of status: what an operator follows a job by. */
function logTransitions(previous: JobState, state: JobState): void {
  const { id, status, outputs, input } = state.record;
  if (previous.record.input.status !== input.status) {
    log("info", "input.status", { job: id, status: input.status, code: input.failure?.code });
  }
  for (const [index, output] of outputs.entries()) {
    if (previous.record.outputs[index]?.status !== output.status) {
      log("info", "output.status", {
        job: id,
        output: index,
        status: output.status,
        code: output.failure?.code,
      });
    }
  }
  for (const [position, task] of state.tasks.entries()) {
    const before = previous.tasks[position];
    if (before !== undefined && before.status !== task.status) {
      const { taskId, attempt, encoder, failures } = task;
      log("info", "task.status", {
        job: id,
        task: taskId,
        attempt,
        encoder,
        status: task.status,
        code: failures.at(-1)?.code,
      });
    }
  }
  if (previous.record.status !== status) {
    log("info", "job.status", { job: id, status, open: isOpen(state) });
  }
}
