/** When a command is to end: a signal, Ctrl-C, or the death of whoever started it. */

const PARENT_POLL_MS = 250;

/**
 * A signal that is aborted by SIGTERM, SIGINT, SIGHUP, or when the parent process is gone: npm dies of a signal
 * without passing it on. A second Ctrl-C ends the process at once; the guards see to the children.
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
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent && !controller.signal.aborted) {
      controller.abort();
    }
  }, PARENT_POLL_MS);
  watch.unref();
  return controller.signal;
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
