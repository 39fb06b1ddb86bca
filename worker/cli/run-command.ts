/** What every command does around its own work: usage, errors as sentences, exit codes, a closed pipe. */
import { resolve } from "node:path";
import { CliError, UsageError } from "./cli-error.ts";

/** Exit codes: 0 done, 1 it could not be done, 2 the command line is wrong. */
export type ExitCode = number;

/**
 * Runs a command to its exit code and ends the process with it. Child processes are guarded, so ending the
 * process is always enough to end them.
 */
export async function runCommand(
  usage: string,
  command: (argv: string[]) => Promise<ExitCode>,
): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that went away (`| head`) is no reason to stop the service.
    stream.on("error", () => undefined);
  }
  const argv = process.argv.slice(2);
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(usage);
    process.exit(0);
  }
  try {
    process.exit(await command(argv));
  } catch (error) {
    process.exit(printError(error, usage));
  }
}

/** A path as the person typed it: npm runs scripts in the project's root and leaves the person's own directory in INIT_CWD. */
export function typedPath(path: string, script: string): string {
  const isRunByNpm = process.env["npm_lifecycle_event"] === script;
  return resolve((isRunByNpm ? process.env["INIT_CWD"] : undefined) ?? process.cwd(), path);
}

function printError(thrown: unknown, usage: string): ExitCode {
  // A library's wrapper may repeat what it was working on, and that may be a secret: the cause alone is told.
  const error = rootCause(thrown);
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (error instanceof CliError) {
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

/** The innermost cause, or the first on the way to it that is meant for people. */
function rootCause(error: unknown): unknown {
  if (error instanceof CliError || !(error instanceof Error) || error.cause === undefined) {
    return error;
  }
  return rootCause(error.cause);
}
