/** Ids of the service and their shapes. Randomness comes from the caller. */

/** 14 letters and digits, as Coconut's own: about 83 random bits. */
export const JOB_ID_PATTERN = /^[A-Za-z0-9]{14}$/;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * Makes a job id of random bytes. Bytes of 248 and more are skipped, so that every letter is equally likely;
 * 32 bytes are enough but once in about 10^20 calls.
 *
 * @throws RangeError when the bytes run out before 14 letters are found.
 */
export function jobIdFrom(bytes: Uint8Array): string {
  const letters = [...bytes].filter((byte) => byte < 248).map((byte) => ALPHABET[byte % ALPHABET.length]);
  if (letters.length < 14) {
    throw new RangeError("Too few random bytes for a job id.");
  }
  return letters.slice(0, 14).join("");
}
