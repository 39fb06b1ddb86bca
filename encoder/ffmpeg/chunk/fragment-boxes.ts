/**
 * The top-level boxes of a fragmented MP4 (ISO 14496-12 §4.2), and which of them go into a joined file. Sizes come
 * from the file and are believed only within it.
 */
import { readBoxHeader } from "../box-header.ts";

export type Box = { type: string; startByte: number; endByte: number };

/**
 * The box that begins at `startByte`, from the file's bytes there: at least `BOX_HEADER_BYTES`, or all that are left.
 * Null when what is there is no box that ends within the file.
 */
export function readBox(header: Uint8Array, startByte: number, fileBytes: number): Box | null {
  const read = readBoxHeader(header);
  if (read === null) {
    return null;
  }
  const endByte = read.sizeBytes === null ? fileBytes : startByte + read.sizeBytes;
  return endByte <= fileBytes ? { type: read.type, startByte, endByte } : null;
}

/**
 * True for the boxes of a file that the joined file takes: the first file's description, and the media of all. Indexes
 * of fragments would be wrong in the joined file.
 */
export function isJoined({ type }: Box, isFirstFile: boolean): boolean {
  return type === "moof" || type === "mdat" || (isFirstFile && (type === "ftyp" || type === "moov"));
}
