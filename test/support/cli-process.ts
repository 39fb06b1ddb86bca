/** Commands as a person starts them, and the processes that belong to a state directory. Linux: reads /proc. */
import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export const PROJECT_ROOT = resolve(import.meta.dirname, "../..");

export type CliProcess = {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Settles when the process is gone and its output is complete. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Settles with the match once stdout matches; rejects when the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
};

/** Starts `node worker/cli/<script>.ts` with arguments; `command` starts something else instead. */
export function startCli(
  script: "dev" | "keys" | "demo",
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; command?: readonly [string, ...string[]] } = {},
): CliProcess {
  const [file, ...fileArgs] = options.command ?? [process.execPath, `worker/cli/${script}.ts`];
  const child = spawn(file, [...fileArgs, ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.on("close", (code, signal) => done({ code, signal }));
  });
  const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
    let isOver = false;
    void ended.then(() => (isOver = true));
    for (;;) {
      const match = pattern.exec(stdout);
      if (match !== null) {
        return match;
      }
      if (isOver) {
        throw new Error(`The process ended before it printed ${pattern}:\n${stdout}\n${stderr}`);
      }
      await delay(20);
    }
  };
  return { child, stdout: () => stdout, stderr: () => stderr, ended, printed };
}

/** Runs a command to its end. */
export async function runCli(
  script: "dev" | "keys" | "demo",
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
) {
  const started = startCli(script, args, { env });
  const { code } = await started.ended;
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}

/** Living processes whose command line or environment names the directory: everything a service started on it. */
export function processesOf(directory: string): { pid: number; commandLine: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        const environment = readFileSync(`/proc/${name}/environ`, "utf8");
        const isDead = /^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${name}/stat`, "latin1"));
        const isNamed = commandLine.includes(directory) || environment.includes(directory);
        return isNamed && !isDead ? [{ pid: Number(name), commandLine }] : [];
      } catch {
        // Gone between listing and looking, or somebody else's.
        return [];
      }
    });
}

/** Waits until no process names the directory; returns those that are left after `timeoutMs`. */
export async function leftoversOf(directory: string, timeoutMs: number): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const left = processesOf(directory).map((found) => found.commandLine);
    if (left.length === 0 || performance.now() > deadline) {
      return left;
    }
    await delay(20);
  }
}
