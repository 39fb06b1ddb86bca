/** How long a transfer puts up with a store that accepts nothing. */

/** How long a store may go without accepting anything. Success renews it; `now` is a monotonic clock. */
export type Patience = { remainingMs: () => number; renew: () => void };

export function createPatience(budgetMs: number, now: () => number = () => performance.now()): Patience {
  let deadline = now() + budgetMs;
  return {
    remainingMs: () => deadline - now(),
    renew: () => {
      deadline = now() + budgetMs;
    },
  };
}
