/** Base64 (RFC 4648 §4) without the platform: this folder runs anywhere. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let from = 0; from < bytes.length; from += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(from, from + 3);
    const bits = (first << 16) | (second << 8) | third;
    const letters = [18, 12, 6, 0].map((shift) => ALPHABET[(bits >> shift) & 63]).join("");
    const present = Math.min(3, bytes.length - from) + 1;
    groups.push(letters.slice(0, present).padEnd(4, "="));
  }
  return groups.join("");
}

/** Of text that is known to be base64: other characters count as the first of the alphabet. */
export function fromBase64(text: string): Uint8Array {
  const values = Array.from(text.replace(/=+$/, ""), (letter) => Math.max(0, ALPHABET.indexOf(letter)));
  const bytes = new Uint8Array(Math.floor((values.length * 3) / 4));
  bytes.forEach((_, index) => {
    const from = Math.floor((index * 8) / 6);
    const bits = ((values[from] ?? 0) << 6) | (values[from + 1] ?? 0);
    bytes[index] = (bits >> (4 - ((index * 8) % 6))) & 255;
  });
  return bytes;
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  );
}
