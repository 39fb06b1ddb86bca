/** The service that the demo talks to: one that runs already, or one of its own. */
import { join } from "node:path";
import { developmentKey } from "../api-key.ts";
import { CliError } from "../cli-error.ts";
import { DEFAULT_STATE_DIR, readServiceNote, statePaths } from "../dev-state.ts";
import { developmentWebhookSecret } from "../development-account.ts";
import { isCopra, keyProbeStatus } from "../health.ts";
import { localKeyDatabase } from "../key-database.ts";
import { openLocalDatabase } from "../local-database.ts";
import { DEFAULT_PORT, LOOPBACK } from "../ports.ts";
import { startService } from "../service.ts";

export type DemoService = {
  url: string;
  key: string;
  /** Null when the service runs on a state that is not at hand. */
  webhookSecret: string | null;
  /** False for a service that was running before, and goes on afterwards. */
  isOwn: boolean;
  /** Settles with a sentence when the demo's own service ends by itself. */
  failed: Promise<string>;
  stop(): Promise<void>;
};

/**
 * Finds a running Copra at the port, or starts one with a state of its own below `directory`.
 *
 * @throws CliError when the person named a port that something else has, or the service cannot start.
 */
export async function demoService(options: {
  /** Null: a running service at the default port, else a new one at a free port. */
  port: number | null;
  directory: string;
  signal: AbortSignal;
  report: (line: string) => void;
}): Promise<DemoService> {
  const key = developmentKey(process.env["COPRA_DEV_KEY"]);
  const url = `http://${LOOPBACK}:${options.port ?? DEFAULT_PORT}`;
  if (await isCopra(url)) {
    if ((await keyProbeStatus(url, key)) === 404) {
      return runningService(url, key);
    }
    if (options.port !== null) {
      throw new CliError(
        `The Copra at ${url} does not take the development key: set COPRA_DEV_KEY to its own, or choose another --port.`,
      );
    }
  }
  const { signal, report } = options;
  const stateDir = join(options.directory, "state");
  const service = await startService({ port: options.port ?? 0, stateDir, devKey: key, signal, report });
  const { webhookSecret, failed } = service;
  return { url: service.url, key, webhookSecret, isOwn: true, failed, stop: () => service.stop() };
}

async function runningService(url: string, key: string): Promise<DemoService> {
  return {
    url,
    key,
    webhookSecret: await secretOfDefaultState(url),
    isOwn: false,
    failed: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

/** The webhook secret when the running service is the one of the default state. */
async function secretOfDefaultState(url: string): Promise<string | null> {
  const paths = statePaths(DEFAULT_STATE_DIR);
  if (readServiceNote(paths)?.url !== url) {
    return null;
  }
  const file = openLocalDatabase(paths);
  try {
    return await developmentWebhookSecret(localKeyDatabase(file));
  } finally {
    file.close();
  }
}
