/**
 * Ids of the systems that hand out keys of common encryption, in `pssh` boxes and MPDs.
 *
 * @see https://dashif.org/identifiers/content_protection/
 */
export const PROTECTION_SYSTEMS = {
  widevine: "edef8ba9-79d6-4ace-a3c8-27dcd51d21ed",
  playready: "9a04f079-9840-4286-ab92-e65be0885f95",
  clearkey: "e2719d58-a985-b3c9-781a-b030af78d30e",
} as const;
