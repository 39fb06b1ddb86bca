/** Decides how the pictures of an output are taken: one seek each, or one decode for all. */

export type RegularSeries = { firstSeconds: number; spacingSeconds: number; count: number };

/** Below this many pictures the seeks cost less than a second in all. */
const FEW_IMAGES = 30;

/**
 * A seek decodes about half a group of pictures, two to four seconds of media. While one decode of everything costs
 * no more than that per picture, it is the cheaper way.
 */
const DECODED_SECONDS_PER_IMAGE = 4;

/** Times computed as multiples of the spacing agree to this; ffmpeg counts in microseconds. */
const SAME_TIME_SECONDS = 1e-6;

/** The series when many pictures stand close together at exactly equal distances; null when to seek for each. */
export function findRegularSeries(atSeconds: readonly number[]): RegularSeries | null {
  const count = atSeconds.length;
  const [firstSeconds = 0] = atSeconds;
  const lastSeconds = atSeconds.at(-1) ?? 0;
  if (count <= FEW_IMAGES || lastSeconds - firstSeconds > count * DECODED_SECONDS_PER_IMAGE) {
    return null;
  }
  const spacingSeconds = (lastSeconds - firstSeconds) / (count - 1);
  const isRegular = atSeconds.every(
    (at, index) => Math.abs(at - (firstSeconds + index * spacingSeconds)) <= SAME_TIME_SECONDS,
  );
  return isRegular && spacingSeconds > SAME_TIME_SECONDS ? { firstSeconds, spacingSeconds, count } : null;
}
