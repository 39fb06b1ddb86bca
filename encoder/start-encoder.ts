/** Wiring of the encoder process: configuration, the tasks' services, the server, signals. */
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { Hono } from "hono";
import { Agent } from "undici";
import { type Config, readConfig } from "./config.ts";
import type { EncoderStatus } from "./contract/report.ts";
import { CONTRACT_VERSION } from "./contract/version.ts";
import { createLog, type Log } from "./log.ts";
import type { FfmpegTools } from "./run/ffmpeg.ts";
import { runTask } from "./run/run-task.ts";
import { createScratchSpace, scratchCapacityBytes } from "./run/scratch-space.ts";
import { createTaskRunner, type TaskRunner } from "./run/task-runner.ts";
import { openScratch, type ScratchDirectory } from "./run/workspace.ts";
import { createServer } from "./server.ts";
import { DEFAULT_SOURCE_LIMITS, type SourceLimits } from "./source/fetch-limits.ts";
import { type LoopbackServer, startLoopbackServer } from "./source/loopback-server.ts";
import { createPublicDialer } from "./source/public-dialer.ts";
import { createSourceCache } from "./source/source-cache.ts";
import { createS3Store } from "./storage/s3-store.ts";

/** Whoever stops an encoder waits 10 s before killing it. */
const STOP_DEADLINE_MS = 9_000;
/** After the tasks have ended: time for a poll that was just being renewed to come and read how. */
const STOP_LINGER_MS = 1_500;

/**
 * Starts the encoder and resolves when it takes tasks. From then on signals end the process.
 * @throws Error with a sentence for the operator: of the configuration, the scratch directory, FFmpeg, the port.
 */
export async function startEncoder(env: NodeJS.ProcessEnv, located: Promise<FfmpegTools>): Promise<void> {
  const log = createLog((line) => process.stderr.write(line), Date.now);
  const config = readConfig(env);
  const directory = openScratch(config.scratchDirectory);
  process.once("exit", directory.remove);
  if (config.allowPrivateNetwork) {
    const detail = "ALLOW_PRIVATE_NETWORK=true: sources and storages may be on private addresses.";
    log({ event: "encoder.warning", detail });
  }
  const loopback = await startLoopbackServer();
  const runner = createRunner(config, { directory, loopback, located, log });
  const bootId = randomUUID();
  const status = async (): Promise<EncoderStatus> => ({
    contract: CONTRACT_VERSION,
    bootId,
    ffmpegVersion: (await located).version,
    slots: config.slots,
    slotsFree: runner.slotsFree(),
  });
  const app = createServer({ runner, status, token: config.token, log });
  const address = await listen(app, config);
  await located;
  stopOnSignals(runner, log);
  announce(address);
}

function listen(app: Hono, config: Config): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: config.host, port: config.port }, resolve);
    server.once("error", (cause) =>
      reject(
        new Error(`The encoder cannot listen on ${config.host}:${config.port}: ${cause.message}`, { cause }),
      ),
    );
  });
}

type Surroundings = {
  directory: ScratchDirectory;
  loopback: LoopbackServer;
  located: Promise<FfmpegTools>;
  log: Log;
};

function createRunner(config: Config, { directory, loopback, located, log }: Surroundings): TaskRunner {
  const publicDispatcher = createPublicDialer({ allowPrivateNetwork: config.allowPrivateNetwork });
  const ownDispatcher = new Agent({ allowH2: false });
  const maxBytes = scratchCapacityBytes(config.scratchDirectory, config.scratchMaxBytes);
  const scratch = createScratchSpace({ maxBytes });
  const sources = createSourceCache({
    directory: directory.sources,
    scratch,
    loopback,
    dispatcher: publicDispatcher,
    limits: sourceLimits(config),
    idleMs: config.source.cacheIdleMs,
  });
  const objects = createS3Store({ publicDispatcher, ownDispatcher, budgetMs: config.uploadBudgetMs });
  return createTaskRunner({
    slots: config.slots,
    releaseJob: (jobId) => sources.releaseJob(jobId),
    run: async (task, signal, onProgress) => {
      const tools = await located;
      const sourceMaxSeconds = config.source.maxSeconds;
      const services = { tools, sources, objects, scratch, sourceMaxSeconds };
      return runTask(task, { services, directory: directory.tasks, signal, onProgress, log });
    },
  });
}

function sourceLimits({ source }: Config): SourceLimits {
  return {
    ...DEFAULT_SOURCE_LIMITS,
    maxBytes: source.maxBytes,
    timeoutMs: source.timeoutMs,
    stallTimeoutMs: source.stallTimeoutMs,
    throughput: { ...DEFAULT_SOURCE_LIMITS.throughput, minBytesPerSecond: source.minBytesPerSecond },
  };
}

/** SIGTERM and SIGINT fail the running tasks as `encoder_stopping`, let polls read that, and end the process. */
function stopOnSignals(runner: TaskRunner, log: Log): void {
  const stop = (signal: string): void => {
    if (runner.state() !== "taking") {
      return;
    }
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    const startedAt = performance.now();
    void runner.stop().then((stoppedCount) => {
      const durationMs = Math.round(performance.now() - startedAt);
      log({ event: "encoder.stop", outcome: signal, durationMs, stoppedCount });
      setTimeout(() => process.exit(0), stoppedCount === 0 ? 0 : STOP_LINGER_MS);
    });
  };
  process.on("SIGTERM", stop).on("SIGINT", stop);
}

/** The one line on stdout: whoever started the process waits for it. */
function announce({ address, family, port }: AddressInfo): void {
  const host = family === "IPv6" ? `[${address}]` : address;
  process.stdout.write(`encoder listening on http://${host}:${port}\n`);
}
