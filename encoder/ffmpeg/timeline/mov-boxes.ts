/**
 * Boxes in the index of MP4 and MOV files. Nothing here trusts a size: a box that does not fit into the one
 * around it ends the reading.
 */
import { BOX_HEADER_BYTES, readBoxHeader } from "../box-header.ts";

/** Boxes in one box. Real ones have a dozen, an index of 65 tracks some seventy. */
const MAX_CHILDREN = 1_000;

export type Box = { type: string; body: Uint8Array };

/** The boxes in a box's body; null when they do not fit into it. */
export function readChildren(body: Uint8Array): Box[] | null {
  const children: Box[] = [];
  let at = 0;
  // QuickTime ends some containers with four zero bytes.
  while (body.length - at >= 8) {
    const header = readBoxHeader(body.subarray(at, at + BOX_HEADER_BYTES));
    const size = header?.sizeBytes ?? (header && body.length - at);
    if (header === null || size === null || size > body.length - at || children.length === MAX_CHILDREN) {
      return null;
    }
    children.push({ type: header.type, body: body.subarray(at + header.headerBytes, at + size) });
    at += size;
  }
  return children;
}

/** The body of the one box of that type; null when there is none or more than one. */
export function onlyChild(children: readonly Box[] | null, type: string): Uint8Array | null {
  const found = (children ?? []).filter((child) => child.type === type);
  return found.length === 1 ? (found[0]?.body ?? null) : null;
}

/** A table of rows of 32-bit numbers after its count, as most boxes hold one. */
export type Table = { rowCount: number; /** Unsigned. */ at: (row: number, column: number) => number };

/**
 * The table of a full box: `skip` bytes after version and flags, the count of rows, the rows.
 * Null when the box is shorter than its count says.
 */
export function readTable(body: Uint8Array | null, columns: number, skip = 0): Table | null {
  const countAt = 4 + skip;
  if (body === null || body.length < countAt + 4) {
    return null;
  }
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const rowCount = view.getUint32(countAt);
  if (rowCount > (body.length - countAt - 4) / (4 * columns)) {
    return null;
  }
  return { rowCount, at: (row, column) => view.getUint32(countAt + 4 + 4 * (row * columns + column)) };
}

/** A 32-bit number of a body; null when it is 0 or not there. */
export function readNonZero(body: Uint8Array | null, at: number): number | null {
  if (body === null || body.length < at + 4) {
    return null;
  }
  return new DataView(body.buffer, body.byteOffset).getUint32(at) || null;
}
