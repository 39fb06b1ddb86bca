/** The header of a box of an MP4 or MOV file (ISO 14496-12 §4.2). Whether the size fits is the reader's to judge. */

export type BoxHeader = {
  type: string;
  headerBytes: number;
  /** Of the whole box; null reaches to the end of the file. */
  sizeBytes: number | null;
};

/** Longest header: 32-bit size, type, 64-bit size. */
export const BOX_HEADER_BYTES = 16;

const SHORT_HEADER_BYTES = 8;

/** Reads a header from its first 16 bytes, or 8 at the end of a file; null when there is none. */
export function readBoxHeader(bytes: Uint8Array): BoxHeader | null {
  if (bytes.length < SHORT_HEADER_BYTES) {
    return null;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = String.fromCharCode(...bytes.subarray(4, 8));
  const size = view.getUint32(0);
  if (size === 0) {
    return { type, headerBytes: SHORT_HEADER_BYTES, sizeBytes: null };
  }
  if (size !== 1) {
    return size >= SHORT_HEADER_BYTES ? { type, headerBytes: SHORT_HEADER_BYTES, sizeBytes: size } : null;
  }
  const large = bytes.length < BOX_HEADER_BYTES ? 0 : Number(view.getBigUint64(8));
  return large >= BOX_HEADER_BYTES ? { type, headerBytes: BOX_HEADER_BYTES, sizeBytes: large } : null;
}
