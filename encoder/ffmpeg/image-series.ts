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
  if (count <= FEW_IMAGES || lastSeconds > count * DECODED_SECONDS_PER_IMAGE) {
    return null;
  }
  const spacingSeconds = (lastSeconds - firstSeconds) / (count - 1);
  const isRegular = atSeconds.every(
    (at, index) => Math.abs(at - (firstSeconds + index * spacingSeconds)) <= SAME_TIME_SECONDS,
  );
  return isRegular && spacingSeconds > SAME_TIME_SECONDS ? { firstSeconds, spacingSeconds, count } : null;
}

/** Containers with an index of keyframes, where a seek never lands after the time that it was given. */
const INDEXED_CONTAINERS = ["mov", "matroska"];

/** Far enough back to reach a keyframe in streams that are searched without an index. */
const UNINDEXED_MARGIN_SECONDS = 10;

/**
 * Where to start decoding for a picture at this time, best first. Null stands for the beginning of the file, which
 * always works. Each next one is tried when the one before found no frame.
 */
export function seekPoints(atSeconds: number, formatName: string): (number | null)[] {
  const names = formatName.split(",");
  const isIndexed = INDEXED_CONTAINERS.some((name) => names.includes(name));
  const points = isIndexed
    ? [atSeconds, atSeconds - UNINDEXED_MARGIN_SECONDS]
    : [atSeconds - UNINDEXED_MARGIN_SECONDS];
  return [...points.filter((point) => point > 0), null];
}
