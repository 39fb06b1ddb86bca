/** Writes the boxes of one movie fragment of one track, up to its data (ISO 14496-12 §8.8). */
import type { StreamSample } from "./fragment-timeline.ts";

/** FFmpeg numbers the tracks of a file from 1. */
const TRACK_ID = 1;

/** Sample flags (ISO 14496-12 §8.8.3.1): depends on nothing; depends on others and is no place to enter. */
const KEY_FLAGS = 0x02_00_00_00;
const OTHER_FLAGS = 0x01_01_00_00;

/** `default-base-is-moof`, and a default for flags. */
const TFHD_FLAGS = 0x02_00_20;
/** Data offset, and of each sample duration, size and composition offset; with the flags of the first one. */
const TRUN_FLAGS = 0xb_01;
const TRUN_FIRST_FLAGS = 0x4;

const UINT32_MAX = 2 ** 32 - 1;

export type SegmentHead = {
  /** From 1, growing within a track. */
  sequenceNumber: number;
  startTicks: number;
  samples: readonly StreamSample[];
};

/**
 * The `moof` and the header of its `mdat`; the samples' data belongs behind them. Either all samples are keyframes, as in
 * sound, or the first one alone.
 *
 * @throws RangeError when the data does not fit into one box of 4 GiB
 */
export function segmentHead({ sequenceNumber, startTicks, samples }: SegmentHead): Uint8Array {
  const dataBytes = samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (dataBytes > UINT32_MAX / 2) {
    throw new RangeError(`a segment of ${dataBytes} bytes`);
  }
  const isAllKey = samples.every(({ isKey }) => isKey);
  const mfhd = box("mfhd", 0, [sequenceNumber]);
  const tfhd = box("tfhd", TFHD_FLAGS, [TRACK_ID, isAllKey ? KEY_FLAGS : OTHER_FLAGS]);
  const tfdt = box("tfdt", 0x01_00_00_00, [Math.floor(startTicks / 2 ** 32), startTicks % 2 ** 32]);
  const trunOf = (dataOffsetBytes: number): Uint8Array =>
    box("trun", 0x01_00_00_00 | TRUN_FLAGS | (isAllKey ? 0 : TRUN_FIRST_FLAGS), [
      samples.length,
      dataOffsetBytes,
      ...(isAllKey ? [] : [KEY_FLAGS]),
      ...samples.flatMap((sample) => [sample.durationTicks, sample.sizeBytes, sample.compositionTicks]),
    ]);
  const moofOf = (dataOffsetBytes: number): Uint8Array =>
    wrap("moof", [mfhd, wrap("traf", [tfhd, tfdt, trunOf(dataOffsetBytes)])]);
  const moofBytes = moofOf(0).length;
  const mdatHeader = wrap("mdat", [], dataBytes);
  return concat([moofOf(moofBytes + mdatHeader.length), mdatHeader]);
}

/** A full box: version and flags, and 32-bit numbers. */
function box(type: string, versionAndFlags: number, numbers: readonly number[]): Uint8Array {
  const body = new Uint8Array(4 + 4 * numbers.length);
  const view = new DataView(body.buffer);
  [versionAndFlags, ...numbers].forEach((number, index) => view.setInt32(4 * index, number));
  return wrap(type, [body]);
}

/** A box around others; `furtherBytes` of its content are written later. */
function wrap(type: string, content: readonly Uint8Array[], furtherBytes = 0): Uint8Array {
  const header = new Uint8Array(8);
  const sizeBytes = 8 + content.reduce((sum, { length }) => sum + length, 0) + furtherBytes;
  new DataView(header.buffer).setUint32(0, sizeBytes);
  header.set(
    Array.from(type, (letter) => letter.charCodeAt(0)),
    4,
  );
  return concat([header, ...content]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
