/**
 * The whole service on this machine: N encoder processes and the Worker under `wrangler dev`, on one state directory.
 * `npm run dev`, `npm run demo` and the end-to-end tests start it through here.
 */
import { localFfmpeg } from "./local-ffmpeg.ts";
import { developmentKey } from "./api-key.ts";
import { clearState, DEFAULT_STATE_DIR, loadSecrets, prepareDirectories, statePaths } from "./dev-state.ts";
import { writeServiceNote, type DevSecrets, type StatePaths } from "./dev-state.ts";
import { developmentWebhookSecret, ensureDevelopmentKey } from "./development-account.ts";
import { startEncoder, type LocalEncoder } from "./encoder-process.ts";
import { localKeyDatabase } from "./key-database.ts";
import { openLocalDatabase } from "./local-database.ts";
import { claimPort, DEFAULT_PORT, freePorts, LOOPBACK } from "./ports.ts";
import { describeEnd, type ProcessGroup } from "./process-group.ts";
import { lockState } from "./state-lock.ts";
import { unlessCalledOff, waitUntilReady } from "./wait-until-ready.ts";
import { startWorker } from "./worker-process.ts";

export type ServiceOptions = {
  /** Absolute. Default: `.wrangler` in the project. */
  stateDir?: string;
  /** Default 8787; 0 takes a free one. */
  port?: number;
  /** Default 2. */
  encoderCount?: number;
  /** Tasks that each encoder runs at once. Default: one per core. */
  encoderSlots?: number;
  /** Starts from nothing: what an earlier run left in the state directory is removed. */
  fresh?: boolean;
  /** Default: COPRA_DEV_KEY of the environment, else the fixed development key. */
  devKey?: string;
  /** Calls the start off: everything is stopped and `startService` rejects. */
  signal?: AbortSignal;
  /** Told in sentences what happens to the children. */
  report?: (line: string) => void;
  /** Receives every line that a child writes. */
  onLine?: (name: string, line: string) => void;
};

export type Service = {
  /** Origin, such as `http://127.0.0.1:8787`; the API is below `/v2`. */
  url: string;
  key: string;
  /** `whsec_…` of the development account. */
  webhookSecret: string;
  stateDir: string;
  encoderUrls: string[];
  encoderToken: string;
  /** Pids of the encoders at this moment, in the order of their URLs; one that is being started again is absent. */
  encoderPids(): number[];
  /** Process group of wrangler and its workerds: a signal to `-workerGroupId` reaches them all. */
  workerGroupId: number;
  /** Settles with a sentence when the service ends by itself; never after `stop`. */
  failed: Promise<string>;
  /** Ends every process, then lets the state go. Safe to call twice. */
  stop(): Promise<void>;
};

/** What runs so far. */
type Parts = {
  encoders: LocalEncoder[];
  worker: ProcessGroup | null;
  unlock: () => void;
  isStopping: boolean;
};

/**
 * Starts the service and returns when the Worker and every encoder answer, and the Worker takes the key.
 *
 * @throws CliError when it cannot run; nothing is left behind then.
 */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const stateDir = options.stateDir ?? DEFAULT_STATE_DIR;
  const paths = statePaths(stateDir);
  const key = developmentKey(options.devKey ?? process.env["COPRA_DEV_KEY"]);
  const unlock = await lockState(paths, stateDir);
  const parts: Parts = { encoders: [], worker: null, unlock, isStopping: false };
  const stop = stopOnce(parts);
  try {
    const port = await claimPort(options.port ?? DEFAULT_PORT);
    const url = `http://${LOOPBACK}:${port}`;
    const ffmpeg = await unlessCalledOff(localFfmpeg(), options.signal);
    const { secrets, webhookSecret } = await prepareState(paths, key, options.fresh ?? false);
    parts.encoders = await startEncoders(options, { token: secrets.encoderToken, ffmpeg, paths });
    const encoderUrls = parts.encoders.map((encoder) => encoder.url);
    const worker = await startWorker({ port, encoderUrls, paths, ...outputOf(options) });
    parts.worker = worker;
    writeServiceNote(paths, { url, pid: process.pid, workerGroupId: worker.groupId });
    const failed = failureOf(parts, worker);
    await waitUntilReady({
      ...{ url, key, failed, signal: options.signal, report: options.report ?? (() => undefined) },
      encodersReady: parts.encoders.map((encoder) => encoder.ready),
    });
    return {
      ...{ url, key, webhookSecret, stateDir, encoderUrls, encoderToken: secrets.encoderToken },
      ...{ workerGroupId: worker.groupId, failed, stop },
      encoderPids: () => parts.encoders.map((encoder) => encoder.pid()).filter((pid) => pid !== null),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepareState(
  paths: StatePaths,
  key: string,
  fresh: boolean,
): Promise<{ secrets: DevSecrets; webhookSecret: string }> {
  if (fresh) {
    clearState(paths);
  }
  prepareDirectories(paths);
  const secrets = loadSecrets(paths);
  const file = openLocalDatabase(paths);
  try {
    const database = localKeyDatabase(file);
    await ensureDevelopmentKey(database, key, Date.now());
    return { secrets, webhookSecret: (await developmentWebhookSecret(database)) ?? "" };
  } finally {
    file.close();
  }
}

async function startEncoders(
  options: ServiceOptions,
  shared: { token: string; ffmpeg: { ffmpegPath: string; ffprobePath: string }; paths: StatePaths },
): Promise<LocalEncoder[]> {
  const encoderCount = options.encoderCount ?? 2;
  const ports = await freePorts(encoderCount);
  return ports.map((port, index) =>
    startEncoder({
      ...shared,
      ...outputOf(options),
      ...(options.encoderSlots === undefined ? {} : { slots: options.encoderSlots }),
      encoderNumber: index + 1,
      port,
      report: options.report ?? (() => undefined),
    }),
  );
}

/** Settles with the first reason for which the service cannot go on, unless it is being stopped. */
async function failureOf(parts: Parts, worker: ProcessGroup): Promise<string> {
  const workerFailure = worker.ended.then(
    (end) =>
      `The worker ended (${describeEnd(end)}), and the service with it. Its last words:\n${worker.outputTail().trim()}`,
  );
  const sentence = await Promise.race([workerFailure, ...parts.encoders.map((encoder) => encoder.givenUp)]);
  return parts.isStopping ? new Promise(() => undefined) : sentence;
}

function stopOnce(parts: Parts): () => Promise<void> {
  let stopping: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    parts.isStopping = true;
    // The Worker first: a job must not count this as the failure of an encoder.
    await parts.worker?.stop();
    await Promise.all(parts.encoders.map((encoder) => encoder.stop()));
    parts.unlock();
  };
  return () => (stopping ??= run());
}

function outputOf(options: ServiceOptions): Pick<ServiceOptions, "onLine"> {
  return options.onLine === undefined ? {} : { onLine: options.onLine };
}
