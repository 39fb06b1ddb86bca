/** The Range header of a request, for one range. Pure. */

/** Bytes [startByte, endByte). */
export type ByteRange = { startByte: number; endByte: number };

/**
 * What a GET with this header is to be answered with: a range, `unsatisfiable` (416), or null for the whole file.
 * Headers that are malformed or ask for several ranges count as absent (RFC 9110, 14.2).
 */
export function parseByteRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | "unsatisfiable" | null {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") {
    return null;
  }
  if (first === "") {
    const startByte = Math.max(0, sizeBytes - Number(last));
    return startByte < sizeBytes ? { startByte, endByte: sizeBytes } : "unsatisfiable";
  }
  const startByte = Number(first);
  const endByte = last === "" ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (last !== "" && Number(last) < startByte) {
    return null;
  }
  return startByte < sizeBytes ? { startByte, endByte } : "unsatisfiable";
}
