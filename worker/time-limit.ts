/**
 * Runs a call that must not take longer than `limitMs`; its signal aborts then. The timer ends with the call:
 * one that is left behind, as `AbortSignal.timeout` leaves it, keeps a Durable Object in memory.
 */
export async function withTimeLimit<Result>(
  limitMs: number,
  call: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new DOMException(`No answer within ${limitMs} ms.`, "TimeoutError")),
    limitMs,
  );
  try {
    return await call(limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The outcome of a call that takes no signal. When `limitMs` is over this rejects; the call itself goes on unheard. */
export function answerWithin<Result>(limitMs: number, call: () => Promise<Result>): Promise<Result> {
  return withTimeLimit(limitMs, (signal) => {
    const timeUp = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    return Promise.race([call(), timeUp]);
  });
}
