/** The one edit of an MP4 track: which of its samples are shown, and when. As FFmpeg's `mov_fix_index` does it. */
import { packFrame, unpackFrames } from "./frame-list.ts";

/** In the order of storage, in the track's own time. `dts` has one entry more, the end of the last sample. */
export type Samples = { pts: Float64Array; dts: Float64Array; isKey: Uint8Array };

/** In the track's own time. */
export type Edit = {
  /** Before the picture begins. */
  emptyDuration: number;
  mediaTime: number;
  duration: number;
};

type Shown = { pts: Float64Array; isKey: Uint8Array; lastDuration: number };

/**
 * The shown frames in rising order. Without an edit that is every sample, at its own time. Null when frames are shown
 * before the keyframe with which decoding begins: whether they can be decoded, the codec knows.
 */
export function applyEdit(samples: Samples, edit: Edit | null): Shown | null {
  const { pts, dts, isKey } = samples;
  const packed = new Float64Array(pts.length);
  const end = edit ? edit.mediaTime + edit.duration : Number.POSITIVE_INFINITY;
  const shift = edit ? shiftOf(samples, edit) : 0;
  const entry = edit ? entryOf(samples, edit.mediaTime) : 0;
  let count = 0;
  let last = { pts: Number.NEGATIVE_INFINITY, duration: 0 };
  for (let index = entry; index < pts.length; index += 1) {
    const time = pts[index] ?? 0;
    if (edit && (time < edit.mediaTime || time >= end)) {
      continue;
    }
    if (time < (pts[entry] ?? 0)) {
      return null;
    }
    packed[count] = packFrame(time + shift, isKey[index] === 1);
    count += 1;
    if (time > last.pts) {
      last = { pts: time, duration: (dts[index + 1] ?? 0) - (dts[index] ?? 0) };
    }
  }
  return { ...unpackFrames(packed.slice(0, count)), lastDuration: Math.max(0, last.duration) };
}

/** The keyframe from which the edit is decoded: what is stored before it is not shown, whatever its time. */
function entryOf({ pts, dts, isKey }: Samples, mediaTime: number): number {
  let entry = 0;
  for (let index = 0; index < pts.length && (dts[index] ?? 0) <= mediaTime; index += 1) {
    if (isKey[index] === 1 && (pts[index] ?? 0) <= mediaTime) {
      entry = index;
    }
  }
  return entry;
}

/**
 * What the edit adds to times. The sample that is stored first of those shown counts from the end of the empty edit
 * with its offset; then all move back until the earliest one is shown right after the empty edit.
 */
function shiftOf(samples: Samples, { emptyDuration, mediaTime, duration }: Edit): number {
  const { pts, dts } = samples;
  let shift: number | null = null;
  let earliest = -1;
  for (let index = entryOf(samples, mediaTime); index < pts.length; index += 1) {
    const time = pts[index] ?? 0;
    if (time < mediaTime || time >= mediaTime + duration) {
      continue;
    }
    shift ??= emptyDuration - (dts[index] ?? 0);
    // Also when it is -1 because a frame was that early: FFmpeg does not tell the two apart.
    earliest = earliest < 0 ? time + shift : Math.min(earliest, time + shift);
  }
  return (shift ?? 0) - Math.max(0, earliest - emptyDuration);
}
