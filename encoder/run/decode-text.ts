/** Bytes of a text file of any usual charset -> text. Node's decoder knows the charsets; this file guesses which it is. */

/** What subtitles that are neither UTF-8 nor UTF-16 are most often stored in: Latin-1 with Windows' additions. */
const LEGACY_CHARSET = "windows-1252";

/** How much of a file shows whether it is UTF-16 without a byte order mark. */
const SAMPLE_BYTES = 4_096;

/**
 * Reads UTF-8 and UTF-16 with or without a byte order mark, and takes everything else for Windows-1252, which knows
 * every byte. The text has no byte order mark and no NUL.
 */
export function decodeText(bytes: Uint8Array): string {
  const charset = wideCharset(bytes) ?? (isUtf8(bytes) ? "utf-8" : LEGACY_CHARSET);
  return new TextDecoder(charset).decode(bytes).replaceAll("\0", "");
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** By its mark, else by where the zeros are: half of the bytes of western text in UTF-16, none of any other text. */
function wideCharset(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) {
    return "utf-16le";
  }
  if (first === 0xfe && second === 0xff) {
    return "utf-16be";
  }
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const zeros = (parity: number) =>
    sample.reduce((count, byte, index) => count + (byte === 0 && index % 2 === parity ? 1 : 0), 0);
  const [even, odd] = [zeros(0), zeros(1)];
  const isWide =
    bytes.length % 2 === 0 && Math.max(even, odd) > sample.length / 8 && Math.min(even, odd) === 0;
  return isWide ? (odd > even ? "utf-16le" : "utf-16be") : null;
}
