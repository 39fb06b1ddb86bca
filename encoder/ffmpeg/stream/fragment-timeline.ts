/**
 * The samples of a segment on its stream's clock. Storage times are made anew from the times of showing: the n-th sample is
 * stored at the n-th time of showing. So a segment begins at the time of its first picture, its length is the sum of its
 * samples' and ends where the next one begins, whatever delay the encoder had.
 */
import type { Sample } from "./read-fragment.ts";

/** A sample of a segment; its storage time is the segment's start plus the durations before it. */
export type StreamSample = {
  durationTicks: number;
  /** From its storage time to its time of showing; may be below zero. */
  compositionTicks: number;
  sizeBytes: number;
  isKey: boolean;
};

/** When the samples are shown, in rising order. */
export function shownTicks(samples: readonly Sample[]): number[] {
  return samples.map(({ ptsTicks }) => ptsTicks).sort((one, other) => one - other);
}

/** The samples of one fragment, shown until `endTicks`, on the clock of their times of showing. */
export function retimeSamples(samples: readonly Sample[], endTicks: number): StreamSample[] {
  const times = shownTicks(samples);
  return samples.map(({ ptsTicks, sizeBytes, isKey }, index) => {
    const storedTicks = times[index] ?? ptsTicks;
    return {
      durationTicks: (times[index + 1] ?? endTicks) - storedTicks,
      compositionTicks: ptsTicks - storedTicks,
      sizeBytes,
      isKey,
    };
  });
}
