/** The limits within which sources are fetched, and how their sizes are worded. */
import type { RetryPace } from "../retry-delay.ts";
import type { ThroughputLimit } from "./throughput-guard.ts";

const GIB = 1024 ** 3;

export type SourceLimits = {
  maxBytes: number;
  /** For one fetch, all its tries together: of a range, or of the whole source where the server knows no ranges. */
  timeoutMs: number;
  stallTimeoutMs: number;
  throughput: ThroughputLimit;
  /** Tries in a row without progress before the fetch fails; the Worker then has its own attempts. */
  maxTries: number;
  pace: RetryPace;
};

export const DEFAULT_SOURCE_LIMITS: SourceLimits = {
  maxBytes: 100 * GIB,
  timeoutMs: 3_600_000,
  stallTimeoutMs: 30_000,
  throughput: { minBytesPerSecond: 16 * 1024, windowMs: 30_000 },
  maxTries: 4,
  pace: { baseMs: 500, maxMs: 15_000 },
};

/** Binary units with at most one decimal, such as `10 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  return `${Math.round((bytes / 1024 ** power) * 10) / 10} ${units[power]}`;
}
