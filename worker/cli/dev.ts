/** `npm run dev`: the whole service on this machine until Ctrl-C. */
import { styleText } from "node:util";
import { UsageError } from "./cli-error.ts";
import { parseFlags, parseInteger } from "./command-flags.ts";
import { DEFAULT_STATE_DIR } from "./dev-state.ts";
import { runCommand, typedPath, type ExitCode } from "./run-command.ts";
import { DEFAULT_PORT, startService, type ServiceOptions } from "./service.ts";
import { aborted, stopRequest } from "./stop-request.ts";

const USAGE = `Usage: npm run dev [-- --port ${DEFAULT_PORT}] [--encoders 2] [--state DIR] [--fresh] [--verbose]

Starts the service on this machine until Ctrl-C and prints one line when it is ready:
  ready http://127.0.0.1:${DEFAULT_PORT}/v2 key k-...

  --port N       where the API listens on 127.0.0.1; 0 takes a free port (default ${DEFAULT_PORT})
  --encoders N   how many encoder processes run, 1 to 16 (default 2)
  --state DIR    where jobs, files and keys are kept (default .wrangler)
  --fresh        starts from nothing: removes what an earlier run kept there
  --verbose      shows the output of the Worker and the encoders (otherwise in DIR/logs)

COPRA_DEV_KEY replaces the development key. FFMPEG_PATH and FFPROBE_PATH name another FFmpeg than the one in PATH.
`;

async function dev(argv: string[]): Promise<ExitCode> {
  const signal = stopRequest();
  const service = await startService({ ...parseDevFlags(argv), signal, report: say }).catch(
    (error: unknown) => {
      if (signal.aborted) {
        return null;
      }
      throw error;
    },
  );
  if (service === null) {
    return 0;
  }
  process.stdout.write(`ready ${service.url}/v2 key ${service.key}\n`);
  const failure = await Promise.race([service.failed, aborted(signal)]);
  await service.stop();
  if (failure === undefined) {
    return 0;
  }
  say(failure);
  return 1;
}

function parseDevFlags(argv: string[]): ServiceOptions {
  const { values } = parseFlags(argv, {
    maxPositionals: 0,
    options: {
      port: { type: "string" },
      encoders: { type: "string" },
      state: { type: "string" },
      fresh: { type: "boolean" },
      verbose: { type: "boolean" },
    },
  });
  if (values.state === "") {
    throw new UsageError("--state: give a directory.");
  }
  return {
    port: parseInteger("port", values.port, { min: 0, max: 65_535, fallback: DEFAULT_PORT }),
    encoderCount: parseInteger("encoders", values.encoders, { min: 1, max: 16, fallback: 2 }),
    stateDir: values.state === undefined ? DEFAULT_STATE_DIR : typedPath(values.state, "dev"),
    fresh: values.fresh ?? false,
    ...(values.verbose === true ? { onLine: showLine } : {}),
  };
}

function showLine(name: string, line: string): void {
  process.stderr.write(`${styleText("dim", `[${name}]`, { stream: process.stderr })} ${line}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runCommand(USAGE, dev);
