/** The checksum of one decoded frame, from what FFmpeg's `framemd5` writes. */

/**
 * Time, size in bytes and checksum of the first frame, as one string to compare. Null when there is no frame. The time
 * tells two equal pictures apart.
 */
export function parseFrameChecksum(text: string): string | null {
  const line = text.split("\n").find((candidate) => /^\d+,/.test(candidate)) ?? "";
  const [, , pts, , sizeBytes, checksum] = line.split(",").map((field) => field.trim());
  return pts && sizeBytes && checksum ? `${pts}:${sizeBytes}:${checksum}` : null;
}
