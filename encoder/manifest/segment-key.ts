/** Which key and which IV a segment has under AES-128 (RFC 8216 §4.3.2.4): for the cipher and for the playlist alike. */

/** Place of a segment's key among `keyCount`: the last one serves all that follow. */
export function keyIndex(segmentNumber: number, keyCount: number, segmentsPerKey: number | null): number {
  return segmentsPerKey === null ? 0 : Math.min(Math.floor(segmentNumber / segmentsPerKey), keyCount - 1);
}

/** The number as 128 bits, the most significant first, in hexadecimal. */
export function segmentIv(segmentNumber: number): string {
  return segmentNumber.toString(16).padStart(32, "0");
}
