/** `npm run dev`: the whole service on this machine until Ctrl-C. */
import { styleText } from "node:util";
import { parseDevRequest } from "./dev-request.ts";
import { DEFAULT_STATE_DIR } from "./dev-state.ts";
import { DEFAULT_PORT } from "./ports.ts";
import { runCommand, typedPath, type ExitCode } from "./run-command.ts";
import { startService } from "./service.ts";
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
  const request = parseDevRequest(argv);
  const signal = stopRequest();
  const service = await startService({
    ...request,
    stateDir: request.state === null ? DEFAULT_STATE_DIR : typedPath(request.state, "dev"),
    signal,
    report: say,
    ...(request.isVerbose ? { onLine: showLine } : {}),
  }).catch((error: unknown) => {
    if (signal.aborted) {
      return null;
    }
    throw error;
  });
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

function showLine(name: string, line: string): void {
  process.stderr.write(`${styleText("dim", `[${name}]`, { stream: process.stderr })} ${line}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await runCommand(USAGE, dev);
