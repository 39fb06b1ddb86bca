/** Small but whole `pssh` boxes, as licence services make them. */

export const SYSTEM_IDS = {
  widevine: "edef8ba979d64acea3c827dcd51d21ed",
  playready: "9a04f07998404286ab92e65be0885f95",
} as const;

/** Base64 of a box with four bytes of data; version 1 lists key ids before it. */
export function aPssh(system: keyof typeof SYSTEM_IDS, keyIds: readonly string[] | null = null): string {
  const bytes = (value: number) => {
    const four = Buffer.alloc(4);
    four.writeUInt32BE(value);
    return four;
  };
  const body = Buffer.concat([
    Buffer.from("pssh"),
    Buffer.from([keyIds === null ? 0 : 1, 0, 0, 0]),
    Buffer.from(SYSTEM_IDS[system], "hex"),
    ...(keyIds === null ? [] : [bytes(keyIds.length), ...keyIds.map((id) => Buffer.from(id, "hex"))]),
    bytes(4),
    Buffer.from("data"),
  ]);
  return Buffer.concat([bytes(body.length + 4), body]).toString("base64");
}
