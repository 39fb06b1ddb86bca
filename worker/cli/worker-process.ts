/** The Worker under `wrangler dev`: its command line, its environment, its start. */
import { join } from "node:path";
import { childEnvironment } from "./child-environment.ts";
import { logPathOf, PROJECT_ROOT, type StatePaths } from "./dev-state.ts";
import { LOOPBACK } from "./ports.ts";
import { startProcessGroup, type ProcessGroup } from "./process-group.ts";

/** wrangler's program itself: its launcher would be one process more. */
export const WRANGLER_PATH = join(PROJECT_ROOT, "node_modules/wrangler/wrangler-dist/cli.js");

/** Keeps wrangler to this machine: no telemetry, no update check, no look-up of the machine's location. */
export const QUIET_WRANGLER = {
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
};

export type WorkerOptions = {
  port: number;
  encoderUrls: readonly string[];
  paths: StatePaths;
  onLine?: (name: string, line: string) => void;
};

/** Starts `wrangler dev`. The Worker answers some time after this settles. */
export function startWorker(options: WorkerOptions): Promise<ProcessGroup> {
  const name = "worker";
  const { onLine } = options;
  return startProcessGroup({
    name,
    command: process.execPath,
    args: [WRANGLER_PATH, ...wranglerArguments(options)],
    cwd: PROJECT_ROOT,
    env: childEnvironment(process.env, {
      ...QUIET_WRANGLER,
      WRANGLER_REGISTRY_PATH: options.paths.registryDir,
      // Both would offer this state's data to every page that reaches the port.
      X_LOCAL_EXPLORER: "false",
      X_LOCAL_OBSERVABILITY: "false",
    }),
    logPath: logPathOf(options.paths, name),
    ...(onLine === undefined ? {} : { onLine: (line: string) => onLine(name, line) }),
  });
}

/** The arguments of `wrangler dev`. Secrets go by file: a command line is everybody's to read. */
export function wranglerArguments(options: WorkerOptions): string[] {
  return [
    "dev",
    ...["--config", join(PROJECT_ROOT, "wrangler.toml")],
    ...["--ip", LOOPBACK],
    ...["--port", String(options.port)],
    // 0: a fixed one would be fought for by two services.
    ...["--inspector-port", "0"],
    ...["--persist-to", options.paths.persistDir],
    ...["--env-file", options.paths.secretsPath],
    ...["--var", `ENCODER_URLS:${options.encoderUrls.join(",")}`],
    ...["--var", `PUBLIC_URL:http://${LOOPBACK}:${options.port}`],
    ...["--var", "ALLOW_PRIVATE_NETWORK:true"],
    // The encoders are the processes above; without this wrangler asks for Docker.
    "--enable-containers=false",
    "--show-interactive-dev-session=false",
  ];
}
