/**
 * The service as `npm run dev` runs it, on a state directory of its own, with everything that its processes write.
 * It can be made to lose its Worker, or everything, and be brought back on the same state.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { statePaths, type StatePaths } from "../../worker/cli/dev-state.ts";
import { isHealthy } from "../../worker/cli/health.ts";
import type { ProcessGroup } from "../../worker/cli/process-group.ts";
import { startService, type Service } from "../../worker/cli/service.ts";
import { startWorker } from "../../worker/cli/worker-process.ts";
import { eventually } from "./eventually.ts";

/** A line that the Worker logged when a task changed its status. */
type TaskChange = {
  job: string;
  task: string;
  attempt: number;
  /** Index in `encoderUrls`, as text. */
  encoder: string | null;
  status: "pending" | "leased" | "done" | "failed" | "cancelled";
  code?: string;
};

/** A line that an encoder logged when an attempt ended. A killed attempt has none. */
type AttemptEnd = { encoder: string; taskId: string; attempt: number; outcome: string };

export type TestService = {
  url: string;
  key: string;
  webhookSecret: string;
  paths: StatePaths;
  /** Of the encoder that the Worker's log calls by this index; waits for one that is being started again. */
  encoderPid: (index: string) => Promise<number>;
  /** Every change of the job's tasks so far, in order. */
  taskChanges: (jobId: string) => TaskChange[];
  /** All that the Worker logged so far, in order. */
  workerLog: () => Record<string, unknown>[];
  /** The job's attempts that encoders brought to an end so far, in order. */
  attemptEnds: (jobId: string) => AttemptEnd[];
  /** What is in the log files now. */
  logText: () => Promise<string>;
  /** Files that encoders hold on disk now, below the scratch directory. */
  scratchFiles: () => Promise<string[]>;
  /** SIGKILL to wrangler and both of its runtimes; the encoders live on. */
  killWorker: () => Promise<void>;
  /** A new Worker on the same state, port and encoders. */
  startWorkerAgain: () => Promise<void>;
  /** SIGKILL to Worker and encoders, then the whole service anew on the same state and port. */
  killEverythingAndRestart: () => Promise<void>;
  /** Ends every process; the state stays for who wants to look at it. */
  stop: () => Promise<void>;
  /** Ends every process and removes the state. */
  remove: () => Promise<void>;
};

type Line = { source: string; text: string };

/** Starts the service on a free port. */
export async function startTestService(options: { encoderCount?: number } = {}): Promise<TestService> {
  const stateDir = await mkdtemp(join(tmpdir(), "copra-e2e-"));
  const paths = statePaths(stateDir);
  const lines: Line[] = [];
  const onLine = (source: string, text: string) => lines.push({ source, text });
  const start = (port: number): Promise<Service> => startService({ ...options, stateDir, port, onLine });
  let service = await start(0);
  const port = Number(new URL(service.url).port);
  let laterWorker: ProcessGroup | null = null;

  const killWorker = async (): Promise<void> => {
    const groupId = laterWorker?.groupId ?? service.workerGroupId;
    process.kill(-groupId, "SIGKILL");
    await (laterWorker?.ended ?? service.failed);
  };
  const stop = async (): Promise<void> => {
    await laterWorker?.stop();
    await service.stop();
  };

  return {
    url: service.url,
    key: service.key,
    webhookSecret: service.webhookSecret,
    paths,
    encoderPid: (index) =>
      eventually(`encoder ${index} runs`, () => {
        const pids = service.encoderPids();
        return pids.length === service.encoderUrls.length ? pids[Number(index)] : null;
      }),
    taskChanges: (jobId) =>
      jsonLines(lines, "worker")
        .filter(({ json }) => json["event"] === "task.status" && json["job"] === jobId)
        .map(({ json }) => json as TaskChange),
    workerLog: () => jsonLines(lines, "worker").map(({ json }) => json),
    attemptEnds: (jobId) =>
      jsonLines(lines, "encoder")
        .filter(({ json }) => String(json["event"]).startsWith("task.") && json["jobId"] === jobId)
        .map(({ source, json }) => ({ ...(json as AttemptEnd), encoder: encoderIndex(source) })),
    logText: async () => {
      const names = await readdir(paths.logsDir);
      const texts = await Promise.all(names.map((name) => readFile(join(paths.logsDir, name), "utf8")));
      return texts.join("\n");
    },
    scratchFiles: async () => {
      const entries = await readdir(paths.scratchDir, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    },
    killWorker,
    startWorkerAgain: async () => {
      laterWorker = await startWorker({ port, encoderUrls: service.encoderUrls, paths, onLine });
      await eventually("the Worker answers again", () => isHealthy(service.url));
    },
    killEverythingAndRestart: async () => {
      await killWorker();
      service.encoderPids().forEach(killIfAlive);
      await stop();
      laterWorker = null;
      service = await start(port);
    },
    stop,
    remove: async () => {
      await stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Encoder processes are numbered from 1, their URLs from 0. */
function encoderIndex(source: string): string {
  return String(Number(/\d+$/.exec(source)?.[0]) - 1);
}

function jsonLines(
  lines: readonly Line[],
  source: string,
): { source: string; json: Record<string, unknown> }[] {
  return lines
    .filter((line) => line.source.startsWith(source) && line.text.startsWith("{"))
    .map((line) => ({ source: line.source, json: JSON.parse(line.text) as Record<string, unknown> }));
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // ESRCH: it died by itself in the meantime.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}
