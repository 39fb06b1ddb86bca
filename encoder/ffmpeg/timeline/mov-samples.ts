/** The sample tables of an MP4 track (ISO 14496-12 §8.6, §8.7), checked against each other before they are believed. */
import { MAX_FRAMES, MAX_TIMESTAMP } from "./frame-list.ts";
import { onlyChild, readNonZero, readTable, type Box, type Table } from "./mov-boxes.ts";
import type { Samples } from "./mov-edit.ts";

/** FFmpeg takes offsets beyond this for damage and then ignores all of them. */
const MAX_OFFSET = 2 ** 28;

/** All samples in the order in which they are stored; null for tables that contradict each other. */
export function readSamples(tables: readonly Box[]): Samples | null {
  const count = countSamples(tables);
  const steps = readTable(onlyChild(tables, "stts"), 2);
  if (count === null || steps === null || tables.some(({ type, body }) => isPartialSync(type, body))) {
    return null;
  }
  const samples = {
    pts: new Float64Array(count),
    dts: new Float64Array(count + 1),
    isKey: new Uint8Array(count),
  };
  const isWhole =
    fillDecodeTimes(samples, steps) && fillShownTimes(samples, tables) && fillKeyframes(samples, tables);
  return isWhole ? samples : null;
}

/** Keyframes that are described in other ways than by `stss`. */
function isPartialSync(type: string, body: Uint8Array): boolean {
  return type === "stps" || (type === "sbgp" && String.fromCharCode(...body.subarray(4, 8)) === "rap ");
}

/** The number of samples that `stsz` and the chunks agree on. */
function countSamples(tables: readonly Box[]): number | null {
  const sizes = onlyChild(tables, "stsz");
  const chunkRuns = readTable(onlyChild(tables, "stsc"), 3);
  const chunkCount =
    readTable(onlyChild(tables, "stco"), 1)?.rowCount ?? readTable(onlyChild(tables, "co64"), 2)?.rowCount;
  const descriptions = onlyChild(tables, "stsd");
  if (
    sizes === null ||
    sizes.length < 12 ||
    chunkRuns === null ||
    chunkCount === undefined ||
    descriptions === null
  ) {
    return null;
  }
  const view = new DataView(sizes.buffer, sizes.byteOffset, sizes.length);
  const [fixedSize, count] = [view.getUint32(4), view.getUint32(8)];
  const isSized = fixedSize > 0 || hasEverySize(readTable(sizes, 1, 4));
  const hasOneDescription = readNonZero(descriptions, 4) === 1;
  const isValid = isSized && hasOneDescription && count > 0 && count <= MAX_FRAMES;
  return isValid && countChunked(chunkRuns, chunkCount) === count ? count : null;
}

/** A sample without bytes is no frame. */
function hasEverySize(table: Table | null): boolean {
  for (let row = 0; row < (table?.rowCount ?? 0); row += 1) {
    if (table?.at(row, 0) === 0) {
      return false;
    }
  }
  return table !== null;
}

function countChunked(runs: Table, chunkCount: number): number | null {
  let total = 0;
  for (let row = 0; row < runs.rowCount; row += 1) {
    const first = runs.at(row, 0);
    const next = row + 1 < runs.rowCount ? runs.at(row + 1, 0) : chunkCount + 1;
    if (next <= first || (row === 0 && first !== 1)) {
      return null;
    }
    total += (next - first) * runs.at(row, 1);
  }
  return total;
}

function fillDecodeTimes({ dts }: Samples, steps: Table): boolean {
  let [sample, time] = [0, 0];
  for (let row = 0; row < steps.rowCount; row += 1) {
    const [run, step] = [steps.at(row, 0), steps.at(row, 1)];
    // Some writers give the very last sample no duration. FFmpeg takes steps of more than 31 bits for negative ones.
    if (run > dts.length - 1 - sample || step >= 2 ** 31 || (step === 0 && row < steps.rowCount - 1)) {
      return false;
    }
    for (let index = 0; index < run; index += 1) {
      dts[sample] = time;
      sample += 1;
      time += step;
    }
  }
  dts[sample] = time;
  return sample === dts.length - 1 && time <= MAX_TIMESTAMP;
}

function fillShownTimes({ pts, dts }: Samples, tables: readonly Box[]): boolean {
  pts.set(dts.subarray(0, pts.length));
  if (!tables.some(({ type }) => type === "ctts")) {
    return true;
  }
  const offsets = readTable(onlyChild(tables, "ctts"), 2);
  let sample = 0;
  for (let row = 0; row < (offsets?.rowCount ?? 0); row += 1) {
    // Signed in practice, whatever the version of the box says.
    const [run, offset] = [offsets?.at(row, 0) ?? 0, (offsets?.at(row, 1) ?? 0) | 0];
    if (run > pts.length - sample || Math.abs(offset) >= MAX_OFFSET) {
      return false;
    }
    for (let index = 0; index < run; index += 1) {
      pts[sample] = (pts[sample] ?? 0) + offset;
      sample += 1;
    }
  }
  return sample === pts.length;
}

function fillKeyframes({ isKey }: Samples, tables: readonly Box[]): boolean {
  if (!tables.some(({ type }) => type === "stss")) {
    isKey.fill(1);
    return true;
  }
  const keyframes = readTable(onlyChild(tables, "stss"), 1);
  let last = 0;
  for (let row = 0; row < (keyframes?.rowCount ?? 0); row += 1) {
    const number = keyframes?.at(row, 0) ?? 0;
    if (number <= last || number > isKey.length) {
      return false;
    }
    isKey[number - 1] = 1;
    last = number;
  }
  return isKey[0] === 1;
}
