/** What `pssh` boxes and MPDs say of the systems that hand out keys of common encryption. */

/**
 * Their ids.
 *
 * @see https://dashif.org/identifiers/content_protection/
 */
export const PROTECTION_SYSTEMS = {
  widevine: "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
  playready: "9a04f079-9840-4286-ab92-e65be0885f95",
  clearkey: "e2719d58-a985-b3c9-781a-b030af78d30e",
} as const;

/**
 * Where the length of its data stands in a whole `pssh` box, the data behind it (ISO 23001-7 §8.1): version 1 lists key
 * ids before both.
 */
export function psshLengthByte(box: DataView): number {
  return box.getUint8(8) === 0 ? 28 : 32 + 16 * box.getUint32(28);
}
