/** How long to wait before the same request is sent again. Pure: randomness and time are arguments. */

/** `baseMs` is the first wait; each further one doubles, up to `maxMs`. */
export type RetryPace = { baseMs: number; maxMs: number };

/**
 * Exponential backoff with half jitter: between 50 % and 100 % of the doubled base, so that tasks which failed
 * together do not come back together. A server's own Retry-After is the least wait, but never beyond `maxMs`.
 * `failureCount` is 1-based; `random` is in [0, 1).
 */
export function retryDelayMs(
  failureCount: number,
  pace: RetryPace,
  random: number,
  retryAfterMs: number | null = null,
): number {
  const ceilingMs = Math.min(pace.maxMs, pace.baseMs * 2 ** Math.min(failureCount - 1, 30));
  const jitteredMs = Math.round(ceilingMs * (0.5 + random / 2));
  return Math.max(jitteredMs, Math.min(retryAfterMs ?? 0, pace.maxMs));
}

/**
 * Milliseconds that a Retry-After header asks for, in either of its two forms; null when there is none or it
 * is malformed. A date in the past gives 0.
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function parseRetryAfterMs(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) {
    return Number(text) * 1000;
  }
  // Date.parse accepts far more than an HTTP date, so the shape is checked first.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) {
    return null;
  }
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
