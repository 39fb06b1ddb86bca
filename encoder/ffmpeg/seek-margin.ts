/** How far before a wanted time a seek must aim, so that decoding starts at a keyframe before it. */

/** Containers with an index of keyframes, where a seek never lands after the time that it was given. */
const INDEXED_CONTAINERS = ["mov", "matroska"];

/**
 * The others are searched by guesswork and may be entered in the middle of a group of pictures, whose frames are then
 * lost up to the next keyframe. Ten seconds is more than any usual group; three were too few for damaged streams.
 */
const UNINDEXED_MARGIN_SECONDS = 10;

/** Seconds to aim before the wanted time; 0 where the container knows its keyframes. */
export function seekMarginSeconds(formatName: string): number {
  const names = formatName.split(",");
  return INDEXED_CONTAINERS.some((name) => names.includes(name)) ? 0 : UNINDEXED_MARGIN_SECONDS;
}

/**
 * Where to start decoding for one frame at this time, best first. Null stands for the beginning of the file, which
 * always works. Each next one is tried when the one before found no frame.
 */
export function seekPoints(atSeconds: number, formatName: string): (number | null)[] {
  const margins = new Set([seekMarginSeconds(formatName), UNINDEXED_MARGIN_SECONDS]);
  const points = [...margins].map((margin) => atSeconds - margin);
  return [...points.filter((point) => point > 0), null];
}
