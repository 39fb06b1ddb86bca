/** Rates of segments, counted the plain way. */

type Extent = { seconds: number; bytes: number };

/** RFC 8216 §4.1: the highest rate of any run of half to one and a half target durations. */
export function peakRate(extents: readonly Extent[], targetSeconds: number): number {
  let peak = 0;
  for (let from = 0; from < extents.length; from++) {
    for (let to = from + 1; to <= extents.length; to++) {
      const run = extents.slice(from, to);
      const seconds = run.reduce((sum, extent) => sum + extent.seconds, 0);
      if (seconds > 1.5 * targetSeconds) {
        break;
      }
      if (seconds >= 0.5 * targetSeconds) {
        peak = Math.max(peak, meanRate(run));
      }
    }
  }
  return peak === 0 ? meanRate(extents) : peak;
}

export function meanRate(extents: readonly Extent[]): number {
  const seconds = extents.reduce((sum, extent) => sum + extent.seconds, 0);
  return extents.reduce((sum, extent) => sum + extent.bytes * 8, 0) / Math.max(seconds, 0.001);
}

/** True when a client at this rate, with so much loaded before it plays, never waits from wherever it begins. */
export function neverWaits(extents: readonly Extent[], rate: number, bufferSeconds: number): boolean {
  return extents.every((_, from) => {
    let bits = 0;
    let seconds = bufferSeconds;
    return extents.slice(from).every((extent) => {
      bits += extent.bytes * 8;
      const isInTime = bits <= rate * seconds * (1 + 1e-9) + 1;
      seconds += extent.seconds;
      return isInTime;
    });
  });
}
