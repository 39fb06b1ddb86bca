/** Bounded concurrency for uploads: a fixed number of workers over one list. */

/**
 * Runs `work` over `items`, at most `limit` at once, and returns the results in the order of `items`. The
 * first error aborts the signal that the others were given; it is thrown after all of them have settled, so
 * nothing runs on in the background.
 */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  limit: number,
  signal: AbortSignal,
  work: (item: Item, index: number, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const siblings = new AbortController();
  const shared = AbortSignal.any([signal, siblings.signal]);
  const results: Result[] = [];
  const queue = items.entries();
  let firstError: { error: unknown } | null = null;
  const runWorker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (shared.aborted) {
        return;
      }
      try {
        results[index] = await work(item, index, shared);
      } catch (error) {
        firstError ??= { error };
        siblings.abort(error);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, runWorker));
  // SAFETY: assigned inside the workers, which the compiler's flow analysis does not follow.
  const failed = firstError as { error: unknown } | null;
  if (failed !== null) {
    throw failed.error;
  }
  signal.throwIfAborted();
  return results;
}
