/** Waiting for what another process does: a condition that is asked again until it holds. */
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;

/**
 * The first value of `check` that is neither null, undefined nor false.
 *
 * @throws Error that says `what` did not happen in time.
 */
export async function eventually<Value>(
  what: string,
  check: () => Value | null | undefined | false | Promise<Value | null | undefined | false>,
  timeoutMs = 60_000,
): Promise<Value> {
  const endAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== null && value !== undefined && value !== false) {
      return value;
    }
    if (Date.now() >= endAt) {
      throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    }
    await delay(POLL_MS);
  }
}
