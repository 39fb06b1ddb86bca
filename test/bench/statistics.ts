/** Numbers of repeated runs. */

/** The middle value, or the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** `median (lowest-highest)` with two decimals. */
export function spread(values: readonly number[], unit = ""): string {
  const text = (value: number) => value.toFixed(2);
  return `${text(median(values))}${unit} (${text(Math.min(...values))}-${text(Math.max(...values))})`;
}
