/** Notices a transfer that crawls: slower than a minimum over a whole window. Pure; time is an argument. */

export type ThroughputLimit = {
  /** 0 switches the guard off. */
  minBytesPerSecond: number;
  /** Long enough that a short hiccup or a slow start does not count. */
  windowMs: number;
};

/** Called with each chunk; true as soon as a finished window held less than the minimum. */
export type ThroughputGuard = (now: number, bytes: number) => boolean;

/** A guard whose first window begins at `startedAt`. Windows follow each other without gaps. */
export function createThroughputGuard(limit: ThroughputLimit, startedAt: number): ThroughputGuard {
  let windowStartedAt = startedAt;
  let windowBytes = 0;
  return (now, bytes) => {
    windowBytes += bytes;
    const elapsedMs = now - windowStartedAt;
    if (elapsedMs < limit.windowMs) {
      return false;
    }
    const tooSlow = windowBytes < (limit.minBytesPerSecond * elapsedMs) / 1000;
    windowStartedAt = now;
    windowBytes = 0;
    return tooSlow;
  };
}
