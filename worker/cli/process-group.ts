/** Starts and stops long-running children, each with all of its descendants in a process group under a guard. */
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, readdirSync, readFileSync, type WriteStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CliError } from "./cli-error.ts";
import type { GuardMessage } from "./guard.ts";

/** How long a child may take over an orderly end; a busy encoder needs about two seconds. */
const STOP_GRACE_MS = 5_000;

/** How much of a child's output is kept for the sentence that reports its end. */
const TAIL_LENGTH = 4_000;

export type ProcessGroupOptions = {
  /** Used in logs and sentences: "encoder 1". */
  name: string;
  command: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The child's stdout and stderr are appended here. */
  logPath: string;
  /** Also receives the output, a line at a time. */
  onLine?: (line: string) => void;
};

export type ProcessEnd = { code: number | null; signal: NodeJS.Signals | null };

export type ProcessGroup = {
  name: string;
  /** Id of the group: a signal to `-groupId` reaches the child and everything it started. */
  groupId: number;
  /** The child itself, not its guard. */
  pid: number;
  /** Settles when the child is gone and its group has been swept. */
  ended: Promise<ProcessEnd>;
  /** Asks the child to end, waits 5 s, kills the group. Safe to call twice and after the end. */
  stop(): Promise<void>;
  /** The last lines the child wrote. */
  outputTail(): string;
};

/** Starts a child under a guard. @throws CliError when the command cannot be started. */
export async function startProcessGroup(options: ProcessGroupOptions): Promise<ProcessGroup> {
  const guard = spawn(
    process.execPath,
    [`${import.meta.dirname}/guard.ts`, options.command, ...options.args],
    // Detached: the guard leads a group (and a session), so a terminal's Ctrl-C reaches the command only.
    { cwd: options.cwd, env: options.env, detached: true, stdio: ["ignore", "pipe", "pipe", "ipc"] },
  );
  const output = collectOutput(guard, options);
  const messages = followMessages(guard, options.name);
  const ended = followEnd(guard, messages.end, output.log);
  const pid = await messages.started;
  const groupId = guard.pid ?? pid;
  return {
    name: options.name,
    groupId,
    pid,
    ended,
    stop: () => stopGroup(guard, ended),
    outputTail: output.tail,
  };
}

/** "exit code 1" or "SIGKILL". */
export function describeEnd(end: ProcessEnd): string {
  return end.signal ?? `exit code ${end.code ?? "unknown"}`;
}

/** True while a process of the group runs; one that is dead and waits to be reaped does not count where `/proc` tells. */
export function isGroupAlive(groupId: number): boolean {
  // 0 and 1 would address this process's own group and everybody.
  if (!Number.isInteger(groupId) || groupId <= 1) {
    return false;
  }
  try {
    process.kill(-groupId, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") {
    return true;
  }
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && isLivingMember(name, groupId));
}

function isLivingMember(pid: string, groupId: number): boolean {
  try {
    // After the parenthesised command name, which may hold anything: state, parent, group.
    const [state, , group] = (readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").pop() ?? "").split(" ");
    return Number(group) === groupId && state !== "Z" && state !== "X";
  } catch {
    return false;
  }
}

function followMessages(guard: ChildProcess, name: string) {
  const end: ProcessEnd = { code: null, signal: null };
  const started = new Promise<number>((resolveStarted, reject) => {
    guard.on("message", (message: GuardMessage) => {
      switch (message.type) {
        case "started":
          return resolveStarted(message.pid);
        case "unstartable":
          return reject(new CliError(`The ${name} could not be started: ${message.reason}.`));
        case "ended":
          Object.assign(end, { code: message.code, signal: message.signal });
      }
    });
    guard.on("error", (error) => reject(new CliError(`The ${name} could not be started: ${error.message}.`)));
    guard.on("exit", () => reject(new CliError(`The ${name} ended before it ran.`)));
  });
  return { started, end };
}

async function followEnd(guard: ChildProcess, end: ProcessEnd, log: WriteStream): Promise<ProcessEnd> {
  // The pipes close with the last process of the group.
  const closed = new Promise((done) => guard.on("close", done));
  await new Promise<void>((done) => {
    guard.on("exit", () => done());
    guard.on("error", () => done());
  });
  // The guard itself may have been killed: then its child is still there.
  signalGroup(guard.pid, "SIGKILL");
  await Promise.race([closed, delay(1_000, undefined, { ref: false })]);
  log.end();
  return end.code === null && end.signal === null ? { code: guard.exitCode, signal: guard.signalCode } : end;
}

async function stopGroup(guard: ChildProcess, ended: Promise<ProcessEnd>): Promise<void> {
  // The guard passes it on to the child.
  guard.kill("SIGTERM");
  const isEnded = await Promise.race([ended.then(() => true), delay(STOP_GRACE_MS, false, { ref: false })]);
  if (!isEnded) {
    signalGroup(guard.pid, "SIGKILL");
    await ended;
  }
}

function signalGroup(groupId: number | undefined, signal: NodeJS.Signals): void {
  if (groupId === undefined) {
    return;
  }
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    // ESRCH: nobody is left, which is what a stop wants.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) {
      throw error;
    }
  }
}

function collectOutput(guard: ChildProcess, options: ProcessGroupOptions) {
  const log = createWriteStream(options.logPath, { flags: "a", mode: 0o600 });
  // A full disk must not end the service for the sake of its log.
  log.on("error", () => undefined);
  let tail = "";
  for (const stream of [guard.stdout, guard.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8").on("data", (text: string) => {
      log.write(text);
      tail = (tail + text).slice(-TAIL_LENGTH);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach((line) => options.onLine?.(line));
    });
  }
  return { log, tail: () => tail };
}
