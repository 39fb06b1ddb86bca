/**
 * The only place that starts a program. It guards against the program: no shell, no inherited environment, its own
 * process group, limits of the kernel, a wall clock, bounded output. How the run ended comes back as a value.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";

/** Limits that the kernel enforces on the program (setrlimit(2)). */
export type ProcessLimits = {
  /** Address space, so that a hostile file meets ENOMEM and not the machine's out-of-memory killer. */
  memoryBytes: number;
  cpuSeconds: number;
  fileSizeBytes: number;
  openFiles: number;
};

export type ProcessRequest = {
  /** Absolute path of the program. */
  file: string;
  args: readonly string[];
  directory: string;
  signal: AbortSignal;
  wallLimitMs: number;
  /** Null starts the program bare: a package manager that is killed half-way leaves a broken system. */
  limits: ProcessLimits | null;
  /** The whole environment; empty by default, so no secret of the encoder can reach the program. */
  env?: Record<string, string>;
  /** Gets stdout line by line. Without it stdout is collected, up to `MAX_STDOUT_BYTES`. */
  onStdoutLine?: (line: string) => void;
};

export type ProcessEnd = {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** What ended it: its own exit (or a stranger's signal), or one of the limits kept here. */
  endedBy: "itself" | "wall_limit" | "stdout_limit";
  /** Empty when `onStdoutLine` took it. */
  stdout: string;
  /** The last `STDERR_TAIL_BYTES` of stderr. */
  stderrTail: string;
};

/** Ten times the ffprobe output of a file with 64 streams. */
const MAX_STDOUT_BYTES = 8 * 1024 * 1024;
const STDERR_TAIL_BYTES = 16 * 1024;

/** FFmpeg closes its files after SIGTERM within milliseconds; one that does not is stuck. */
const KILL_AFTER_MS = 2_000;

/** Programs of util-linux, essential in Debian, where every distribution has them. */
export const LAUNCHER_PATHS = { prlimit: "/usr/bin/prlimit", setpriv: "/usr/bin/setpriv" } as const;

/**
 * Runs a program to its end. Rejects with `signal.reason` when the signal is aborted, after the program is gone, and
 * with an Error when it could not be started. A bad exit status is a result.
 *
 * On Linux a program with limits dies with the encoder, even by SIGKILL: the kernel kills it when the thread that
 * started it ends. Elsewhere there are no limits and no such guarantee.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessEnd> {
  const { signal } = request;
  signal.throwIfAborted();
  const [file, ...args] = commandLine(request);
  const child = spawn(file, args, {
    cwd: request.directory,
    env: request.env ?? {},
    // Its own session and group: one kill reaches everything, and a terminal's Ctrl-C does not reach it first.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collectOutput(child, request, () => end("stdout_limit"));
  let endedBy: ProcessEnd["endedBy"] = "itself";
  let killTimer: NodeJS.Timeout | undefined;
  const end = (reason: ProcessEnd["endedBy"]) => {
    endedBy = reason;
    killGroup(child, "SIGTERM");
    killTimer ??= setTimeout(() => killGroup(child, "SIGKILL"), KILL_AFTER_MS);
  };
  const onAbort = () => end("itself");
  signal.addEventListener("abort", onAbort, { once: true });
  const wallTimer = setTimeout(() => end("wall_limit"), request.wallLimitMs);
  try {
    const { exitCode, exitSignal } = await waitForEnd(child);
    signal.throwIfAborted();
    return { exitCode, signal: exitSignal, endedBy, ...output() };
  } finally {
    clearTimeout(wallTimer);
    clearTimeout(killTimer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** The program behind the two launchers. Each replaces itself by the next, so there is one process with one pid. */
function commandLine({ file, args, limits }: ProcessRequest): [string, ...string[]] {
  if (process.platform !== "linux" || limits === null) {
    return [file, ...args];
  }
  return [
    LAUNCHER_PATHS.prlimit,
    `--as=${limits.memoryBytes}`,
    // The soft limit is a signal that FFmpeg catches, the hard one is a kill.
    `--cpu=${limits.cpuSeconds}:${limits.cpuSeconds + 5}`,
    `--fsize=${limits.fileSizeBytes}`,
    `--nofile=${limits.openFiles}`,
    // A core file would hold the customer's pictures.
    "--core=0",
    LAUNCHER_PATHS.setpriv,
    "--pdeathsig",
    "KILL",
    "--",
    file,
    ...args,
  ];
}

function waitForEnd(
  child: ChildProcess,
): Promise<{ exitCode: number | null; exitSignal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    // Whatever the program left behind in its group would keep the pipes open and `close` away.
    child.once("exit", () => killGroup(child, "SIGKILL"));
    child.once("close", (exitCode, exitSignal) => resolve({ exitCode, exitSignal }));
  });
}

function collectOutput(child: ChildProcess, request: ProcessRequest, onTooMuch: () => void) {
  const stdout: Buffer[] = [];
  let stdoutBytes = 0;
  let stderr = Buffer.alloc(0);
  if (child.stdout && request.onStdoutLine) {
    createInterface({ input: child.stdout }).on("line", request.onStdoutLine);
  } else {
    child.stdout?.on("data", (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > MAX_STDOUT_BYTES) {
        onTooMuch();
        return;
      }
      stdout.push(chunk);
    });
  }
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-STDERR_TAIL_BYTES);
  });
  return () => ({ stdout: Buffer.concat(stdout).toString(), stderrTail: stderr.toString() });
}

/** Signals the program and all that it started. A group that is already gone is what was wanted. */
function killGroup(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
  }
}

/** ESRCH, and on macOS EPERM for a group in which only the dead are left. */
function isGone(error: unknown): boolean {
  const { ESRCH, EPERM } = constants.errno;
  const gone = process.platform === "darwin" ? [-ESRCH, -EPERM] : [-ESRCH];
  return error instanceof Error && "errno" in error && gone.some((errno) => errno === error.errno);
}
