/**
 * The top-level boxes of a fragmented MP4 (ISO 14496-12 §4.2), and which of them go into a joined file. Sizes come
 * from the file and are believed only within it.
 */

export type Box = { type: string; startByte: number; endByte: number };

/** Bytes of a header that `readBox` may look at. */
export const BOX_HEADER_BYTES = 16;

const SHORT_HEADER_BYTES = 8;

/**
 * The box that begins at `startByte`, from the file's bytes there: at least `BOX_HEADER_BYTES`, or all that are left.
 * Null when what is there is no box that ends within the file.
 */
export function readBox(header: Uint8Array, startByte: number, fileBytes: number): Box | null {
  if (header.length < SHORT_HEADER_BYTES) {
    return null;
  }
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const type = String.fromCharCode(...header.subarray(4, 8));
  const shortSize = view.getUint32(0);
  if (shortSize === 0) {
    // It runs to the end of the file.
    return { type, startByte, endByte: fileBytes };
  }
  if (shortSize !== 1) {
    return within({ type, startByte, endByte: startByte + shortSize }, SHORT_HEADER_BYTES, fileBytes);
  }
  if (header.length < BOX_HEADER_BYTES) {
    return null;
  }
  const endByte = startByte + Number(view.getBigUint64(8));
  return within({ type, startByte, endByte }, BOX_HEADER_BYTES, fileBytes);
}

/**
 * True for the boxes of a file that the joined file takes: the first file's description, and the media of all. Indexes
 * of fragments would be wrong in the joined file.
 */
export function isJoined({ type }: Box, isFirstFile: boolean): boolean {
  return type === "moof" || type === "mdat" || (isFirstFile && (type === "ftyp" || type === "moov"));
}

function within(box: Box, headerBytes: number, fileBytes: number): Box | null {
  return box.endByte - box.startByte >= headerBytes && box.endByte <= fileBytes ? box : null;
}
