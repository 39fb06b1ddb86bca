/** Which moments of the source an image output shows. */
import type { Failure } from "../../../encoder/contract/failure-catalogue.ts";
import type { StillsRequest } from "../job-spec.ts";
import type { Resolved } from "./resolved.ts";

type Sampling = StillsRequest["sampling"];

/** The most pictures that one image task takes. */
const MAX_IMAGES = 10_000;

/**
 * `interval: 0` lets Coconut choose: the first row whose length covers the source.
 * @see http://coconut.co/docs/api/config/previews
 */
const AUTO_INTERVALS = [
  { upToSeconds: 2 * 60, everySeconds: 2 },
  { upToSeconds: 10 * 60, everySeconds: 5 },
  { upToSeconds: 30 * 60, everySeconds: 10 },
  { upToSeconds: 60 * 60, everySeconds: 20 },
];
const AUTO_INTERVAL_OF_LONG_SOURCES_SECONDS = 30;

/**
 * Source times in seconds, ascending but for `offsets`, which keep the order they were asked in.
 * - `number` N: duration * i / (N + 1), so that neither the first nor the last frame, often black, is taken;
 * - `interval` I: 0, I, 2I ... before the end;
 * - `offsets`: as they are. One beyond the end fails the output: a picture of another time, or a shorter list,
 *   would not be what was asked for.
 */
export function imageTimes(
  sampling: Sampling,
  durationSeconds: number | null,
): Resolved<{ seconds: number[] }> {
  switch (sampling.by) {
    case "number":
      return evenlySpaced(sampling.count, durationSeconds);
    case "offsets":
      return durationSeconds !== null &&
        sampling.seconds.some((offset) => isBeyondEnd(offset, durationSeconds))
        ? { ok: false, failure: beyondEnd(durationSeconds) }
        : { ok: true, seconds: sampling.seconds };
    case "interval":
      return regular(sampling.seconds, durationSeconds);
  }
}

/** Start itself always exists, even in a source of no length such as a still picture. */
export function isBeyondEnd(offsetSeconds: number, durationSeconds: number): boolean {
  return offsetSeconds > 0 && offsetSeconds >= durationSeconds;
}

/** The failure of a time that the source does not reach. */
export function beyondEnd(durationSeconds: number): Failure {
  return { code: "offset_beyond_end", limit: `${Number(durationSeconds.toFixed(3))} s` };
}

function evenlySpaced(count: number, durationSeconds: number | null): Resolved<{ seconds: number[] }> {
  if (durationSeconds === null) {
    return count === 1
      ? { ok: true, seconds: [0] }
      : { ok: false, failure: { code: "input_duration_unknown" } };
  }
  const seconds = Array.from({ length: count }, (_, index) => (durationSeconds * (index + 1)) / (count + 1));
  return { ok: true, seconds };
}

function regular(intervalSeconds: number, durationSeconds: number | null): Resolved<{ seconds: number[] }> {
  if (durationSeconds === null) {
    return { ok: false, failure: { code: "input_duration_unknown" } };
  }
  const every = intervalSeconds === 0 ? autoInterval(durationSeconds) : intervalSeconds;
  const count = Math.max(1, Math.ceil(durationSeconds / every));
  if (count > MAX_IMAGES) {
    return { ok: false, failure: { code: "too_many_images", limit: String(MAX_IMAGES) } };
  }
  return { ok: true, seconds: Array.from({ length: count }, (_, index) => index * every) };
}

function autoInterval(durationSeconds: number): number {
  const row = AUTO_INTERVALS.find(({ upToSeconds }) => durationSeconds <= upToSeconds);
  return row?.everySeconds ?? AUTO_INTERVAL_OF_LONG_SOURCES_SECONDS;
}
