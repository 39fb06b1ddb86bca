/** When a command is to end: a signal, Ctrl-C, or the death of whoever started it. */
import { readFileSync } from "node:fs";

const PARENT_POLL_MS = 250;

/**
 * A signal that is aborted by SIGTERM, SIGINT, SIGHUP, or when the process that started this one is gone: npm dies
 * of a signal without passing it on. A second Ctrl-C ends the process at once; the guards see to the children.
 */
export function stopRequest(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) {
      process.exit(130);
    }
    controller.abort();
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, stop);
  }
  const starters = currentStarters();
  const watch = setInterval(() => {
    if (currentStarters() !== starters && !controller.signal.aborted) {
      controller.abort();
    }
  }, PARENT_POLL_MS);
  watch.unref();
  return controller.signal;
}

/**
 * Who this process hangs on: its parent and, below npm, the parent's parent. npm starts scripts through a shell that
 * waits, and the shell outlives an npm that is killed.
 */
function currentStarters(): string {
  const isBelowNpm = process.env["npm_lifecycle_event"] !== undefined && process.platform === "linux";
  return `${process.ppid} ${isBelowNpm ? parentOf(process.ppid) : ""}`;
}

function parentOf(pid: number): string {
  try {
    return /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  } catch {
    // Gone: the parent itself changes with it.
    return "";
  }
}

/** Settles when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) {
      resolve();
    }
  });
}
