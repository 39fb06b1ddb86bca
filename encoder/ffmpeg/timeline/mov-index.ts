/**
 * The index of an MP4 or MOV file -> the frames of its picture, without reading the pictures. Times and shown frames
 * are those of FFmpeg's demuxer. Files with more to their index than is known here are left to ffprobe.
 */
import { MAX_TIMESTAMP, type FrameList } from "./frame-list.ts";
import { onlyChild, readChildren, readNonZero, readTable, type Box, type Table } from "./mov-boxes.ts";
import { applyEdit, type Edit } from "./mov-edit.ts";
import { readSamples } from "./mov-samples.ts";

/**
 * The frames of a track, from the body of the `moov` box. Null when the index is damaged, or says something that
 * only ffprobe can be asked about: fragments, several edits, several sample descriptions, partial keyframes.
 */
export function readMovIndex(moov: Uint8Array, trackId: number | null): FrameList | null {
  const children = readChildren(moov);
  const movieTimescale = readAfterDates(onlyChild(children, "mvhd"));
  if (children === null || movieTimescale === null || children.some(({ type }) => isElsewhere(type))) {
    return null;
  }
  const tracks = children.filter(({ type }) => type === "trak").map(({ body }) => readChildren(body));
  const found =
    trackId === null ? [] : tracks.filter((track) => readAfterDates(onlyChild(track, "tkhd")) === trackId);
  const [track] = found;
  const media = readChildren(onlyChild(track ?? null, "mdia") ?? new Uint8Array());
  const timescale = readAfterDates(onlyChild(media, "mdhd"));
  if (!track || found.length > 1 || timescale === null) {
    return null;
  }
  const edit = readEdit(track, { movieTimescale, timescale });
  const tables = readChildren(
    onlyChild(readChildren(onlyChild(media, "minf") ?? new Uint8Array()), "stbl") ?? new Uint8Array(),
  );
  const samples = tables && readSamples(tables);
  if (edit === undefined || samples === null) {
    return null;
  }
  const shown = applyEdit(samples, edit);
  return shown && { timeBase: { num: 1, den: timescale }, ...shown, largestFallback: 0 };
}

/** An index whose samples lie in fragments, or that is compressed. */
function isElsewhere(type: string): boolean {
  return type === "mvex" || type === "cmov";
}

/** The number behind the two dates of a header: a timescale in `mvhd` and `mdhd`, the track's number in `tkhd`. */
function readAfterDates(header: Uint8Array | null): number | null {
  const isLong = header?.[0] === 1;
  return readNonZero(header, isLong ? 20 : 12);
}

type Scales = { movieTimescale: number; timescale: number };

/** Null for a track without an edit; undefined for edits that are left to ffprobe. */
function readEdit(track: readonly Box[], { movieTimescale, timescale }: Scales): Edit | null | undefined {
  if (!track.some(({ type }) => type === "edts")) {
    return null;
  }
  const list = onlyChild(readChildren(onlyChild(track, "edts") ?? new Uint8Array()), "elst");
  const isLong = list?.[0] === 1;
  const table = readTable(list, isLong ? 5 : 3);
  if (table === null || table.rowCount < 1 || table.rowCount > 2) {
    return undefined;
  }
  const rows = Array.from({ length: table.rowCount }, (_, row) => readEditRow(table, row, isLong));
  const real = rows.at(-1);
  const empty = rows.length === 2 ? rows[0] : undefined;
  const isPlain = rows.every(({ duration, isUnit }) => isUnit && duration > 0 && duration < 2 ** 40);
  if (
    !real ||
    !isPlain ||
    real.mediaTime < 0 ||
    real.mediaTime > MAX_TIMESTAMP ||
    (empty && empty.mediaTime !== -1)
  ) {
    return undefined;
  }
  const rescale = (duration: number): number =>
    Number(
      (2n * BigInt(duration) * BigInt(timescale) + BigInt(movieTimescale)) / (2n * BigInt(movieTimescale)),
    );
  return {
    emptyDuration: empty ? rescale(empty.duration) : 0,
    mediaTime: real.mediaTime,
    duration: rescale(real.duration),
  };
}

function readEditRow(table: Table, row: number, isLong: boolean) {
  const long = (column: number): number => (table.at(row, column) | 0) * 2 ** 32 + table.at(row, column + 1);
  return {
    duration: isLong ? long(0) : table.at(row, 0),
    mediaTime: isLong ? long(2) : table.at(row, 1) | 0,
    isUnit: table.at(row, isLong ? 4 : 2) === 0x10000,
  };
}
