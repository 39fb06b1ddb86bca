/**
 * How the bits of a bitrate output are shared out among its chunks: by what each is worth, so that easy scenes leave
 * bits to hard ones and the whole file lands on its rate. Depends on the measured weights only, so that every
 * attempt of a chunk gets the same budget.
 */

/** What one chunk is worth in bits against the others, and how long it is. */
type WeighedChunk = { weight: number; seconds: number };

/**
 * Least share of the target. A scene that weighs next to nothing still gets enough for its first picture; what it
 * leaves unused is lost, so the share is small.
 */
const FLOOR = 0.03;

/** Most of the ceiling that a chunk may be asked to fill on average: rate control needs the rest for its peaks. */
const CEILING = 0.9;

/**
 * Average rate of each chunk in bit/s. Weighted by seconds they add up to `targetBps`, unless every chunk is at its
 * ceiling.
 */
export function chunkBudgets(
  chunks: readonly WeighedChunk[],
  targetBps: number,
  maxrateBps: number,
): number[] {
  const floorBps = FLOOR * targetBps;
  const ceilingBps = Math.max(CEILING * maxrateBps, targetBps);
  const rateOf = ({ weight, seconds }: WeighedChunk, scale: number) =>
    Math.min(ceilingBps, Math.max(floorBps, (scale * weight) / seconds));
  const wantedBits = targetBps * chunks.reduce((sum, { seconds }) => sum + seconds, 0);
  const bits = (scale: number) =>
    chunks.reduce((sum, chunk) => sum + rateOf(chunk, scale) * chunk.seconds, 0);
  const scale = findScale(bits, wantedBits, chunks, ceilingBps);
  return chunks.map((chunk) => Math.max(1, Math.round(rateOf(chunk, scale))));
}

/** Bits grow with the scale and stop at the ceilings, so the right scale is found by halving. */
function findScale(
  bits: (scale: number) => number,
  wantedBits: number,
  chunks: readonly WeighedChunk[],
  ceilingBps: number,
): number {
  let low = 0;
  let high = Math.max(...chunks.map(({ weight, seconds }) => (ceilingBps * seconds) / weight));
  // A double has 53 binary digits; after as many steps there is nothing left to halve.
  for (let step = 0; step < 64; step += 1) {
    const middle = (low + high) / 2;
    if (bits(middle) < wantedBits) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high;
}
