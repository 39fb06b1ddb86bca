/** Sizes, durations and times as people read them. */

const SIZE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** "84 kB", "1.2 MB": decimal units, at most three digits. */
export function formatBytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${SIZE_UNITS[unit]}`;
}

/** "20.0 s", "1:05", "2:03:04". */
export function formatDuration(durationSeconds: number): string {
  if (durationSeconds < 59.95) {
    return `${durationSeconds.toFixed(1)} s`;
  }
  const whole = Math.round(durationSeconds);
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = twoDigits(whole % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}
