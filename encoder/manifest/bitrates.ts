/** The rates that manifests promise, in whole bits per second, measured from what was published. */
import type { Extent } from "./track-times.ts";

/** Mean rate of the whole (RFC 8216 §4.3.4.2, AVERAGE-BANDWIDTH). */
export function averageBitrate(extents: readonly Extent[]): number {
  return bitrate(total(extents));
}

/**
 * Peak rate as RFC 8216 §4.1 defines it: the highest of any run of segments that lasts between half and one and a half
 * target durations. So a last segment of two frames does not count by itself. A playlist shorter than that has one
 * run, all of it. Never below the average.
 */
export function peakBitrate(extents: readonly Extent[], targetDurationSeconds: number): number {
  const rates = extents.flatMap((_, from) => runRates(extents, from, targetDurationSeconds));
  return rates.reduce((peak, rate) => Math.max(peak, rate), averageBitrate(extents));
}

/** Rates of the runs that start at this segment and have a length that counts. */
function runRates(extents: readonly Extent[], from: number, targetDurationSeconds: number): number[] {
  const rates: number[] = [];
  const run = { sizeBytes: 0, durationSeconds: 0 };
  for (let index = from; index < extents.length; index++) {
    run.sizeBytes += extents[index]?.sizeBytes ?? 0;
    run.durationSeconds += extents[index]?.durationSeconds ?? 0;
    if (run.durationSeconds > 1.5 * targetDurationSeconds) {
      break;
    }
    if (run.durationSeconds >= 0.5 * targetDurationSeconds) {
      rates.push(bitrate(run));
    }
  }
  return rates;
}

/**
 * The least rate at which a client that has loaded for `bufferSeconds` before it plays never waits, wherever it begins
 * (ISO 23009-1 §5.3.5.2, `@bandwidth`).
 */
export function sustainingBitrate(extents: readonly Extent[], bufferSeconds: number): number {
  let insufficient = averageBitrate(extents) - 1;
  let sufficient = extents.reduce(
    (most, { sizeBytes }) => Math.max(most, Math.ceil((sizeBytes * 8) / bufferSeconds)),
    averageBitrate(extents),
  );
  while (!sustains(sufficient, extents, bufferSeconds)) {
    insufficient = sufficient;
    sufficient *= 2;
  }
  while (sufficient - insufficient > 1) {
    const middle = Math.floor((insufficient + sufficient) / 2);
    if (sustains(middle, extents, bufferSeconds)) {
      sufficient = middle;
    } else {
      insufficient = middle;
    }
  }
  return sufficient;
}

function sustains(bitsPerSecond: number, extents: readonly Extent[], bufferSeconds: number): boolean {
  // Bits that have to be there ahead of a segment's time, at worst, wherever playing began.
  let aheadBits = 0;
  return extents.every(({ sizeBytes, durationSeconds }) => {
    const neededBits = aheadBits + sizeBytes * 8;
    aheadBits = Math.max(0, neededBits - bitsPerSecond * durationSeconds);
    return neededBits <= bitsPerSecond * bufferSeconds;
  });
}

function total(extents: readonly Extent[]): Extent {
  return {
    sizeBytes: extents.reduce((sum, extent) => sum + extent.sizeBytes, 0),
    durationSeconds: extents.reduce((sum, extent) => sum + extent.durationSeconds, 0),
  };
}

function bitrate(extent: Extent): number {
  return Math.ceil((extent.sizeBytes * 8) / Math.max(extent.durationSeconds, 0.001));
}
