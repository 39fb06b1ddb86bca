/** The Range header of HTTP as far as Copra serves it: one range of bytes. */

/** A range as asked for, before the object's size is known. */
export type ByteRangeRequest = { firstByte: number; lastByte: number | null } | { suffixBytes: number };

export type ByteRange = { offsetBytes: number; lengthBytes: number };

/**
 * Reads a Range header. Null means "answer with the whole object": no header, another unit, several ranges or a
 * malformed one, all of which RFC 9110 §14.2 lets a server ignore.
 */
export function parseByteRange(header: string | null): ByteRangeRequest | null {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") {
    return null;
  }
  if (first === "") {
    return { suffixBytes: toByteCount(last) };
  }
  const firstByte = toByteCount(first);
  const lastByte = last === "" ? null : toByteCount(last);
  return lastByte !== null && lastByte < firstByte ? null : { firstByte, lastByte };
}

/** Fits a range to an object of `sizeBytes`; null when no byte of it exists (status 416). */
export function resolveByteRange(range: ByteRangeRequest, sizeBytes: number): ByteRange | null {
  if ("suffixBytes" in range) {
    const lengthBytes = Math.min(range.suffixBytes, sizeBytes);
    return lengthBytes === 0 ? null : { offsetBytes: sizeBytes - lengthBytes, lengthBytes };
  }
  if (range.firstByte >= sizeBytes) {
    return null;
  }
  const lastByte = Math.min(range.lastByte ?? sizeBytes - 1, sizeBytes - 1);
  return { offsetBytes: range.firstByte, lengthBytes: lastByte - range.firstByte + 1 };
}

/** Any number of digits is legal; no object is larger than what a double holds exactly. */
function toByteCount(digits: string): number {
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
}
