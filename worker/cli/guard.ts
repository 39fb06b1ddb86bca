/**
 * A process of its own between a command and one long-running child: `node guard.ts COMMAND [ARG...]`.
 * It leads the child's process group. When the command is gone, however it ended, the IPC channel closes and the
 * whole group is killed; when the child is gone, what it left behind in the group is killed.
 */
import { spawn } from "node:child_process";

/** What the guard tells the command over IPC. */
export type GuardMessage =
  | { type: "started"; pid: number }
  | { type: "ended"; code: number | null; signal: NodeJS.Signals | null }
  | { type: "unstartable"; reason: string };

function main(): void {
  const [command, ...args] = process.argv.slice(2);
  if (command === undefined || process.send === undefined) {
    process.stderr.write("guard.ts is started by the other commands only.\n");
    process.exit(2);
  }
  process.on("disconnect", killGroup);
  const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  // The child alone hears of a stop: what it started (an FFmpeg) is its own to end in order. The guard stays.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  child.on("spawn", () => tell({ type: "started", pid: child.pid ?? 0 }));
  child.on("error", (error) => tell({ type: "unstartable", reason: error.message }, killGroup));
  child.on("exit", (code, signal) => tell({ type: "ended", code, signal }, killGroup));
}

function tell(message: GuardMessage, then: () => void = () => undefined): void {
  process.send?.(message, then);
}

function killGroup(): void {
  process.kill(-process.pid, "SIGKILL");
}

main();
