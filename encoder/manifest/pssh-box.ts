/**
 * What players hand to a licence system to ask for a key: `pssh` boxes (ISO 23001-7 §8.1) as the customer gives them,
 * or made from the key id where that says enough.
 */
import { base64, hex } from "@scure/base";
import { PROTECTION_SYSTEMS, psshLengthByte } from "../contract/protection-systems.ts";
import type { Licenses } from "../contract/stream.ts";

/** The customer's box, or one that names the key id and nothing else; base64. */
export function widevinePssh({ widevine, keyId, scheme }: Licenses): string {
  // WidevinePsshData: field 2 is a key id, field 9 the scheme's four characters as a number.
  const schemeNumber = scheme === "cenc" ? 0x63656e63n : 0x63626373n;
  const data = [0x12, 16, ...hex.decode(keyId), 0x48, ...varint(schemeNumber)];
  return widevine?.pssh ?? base64.encode(psshBox(PROTECTION_SYSTEMS.widevine, data));
}

/** The customer's box, or one with a header of the key id and the licence server's address; base64. */
export function playreadyPssh(licenses: Licenses): string {
  return (
    licenses.playready?.pssh ??
    base64.encode(psshBox(PROTECTION_SYSTEMS.playready, playreadyObject(licenses)))
  );
}

/** What a `pssh` box carries for its system: all after its header, ids of keys and length. Both in base64. */
export function psshData(box: string): string {
  const bytes = base64.decode(box);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const lengthByte = psshLengthByte(view);
  return base64.encode(bytes.subarray(lengthByte + 4, lengthByte + 4 + view.getUint32(lengthByte)));
}

/** Version 0, without a list of key ids. */
function psshBox(system: string, data: readonly number[]): Uint8Array {
  const body = [...hex.decode(system.replaceAll("-", "")), ...uint32(data.length), ...data];
  const type = [...bytesOfAscii("pssh"), 0, 0, 0, 0];
  return Uint8Array.from([...uint32(4 + type.length + body.length), ...type, ...body]);
}

/** A PlayReady object with one record, the rights management header. */
function playreadyObject(licenses: Licenses): number[] {
  const header = playreadyHeader(licenses);
  const text = Array.from({ length: header.length }, (_, index) => uint16(header.charCodeAt(index))).flat();
  const record = [...uint16(1), ...uint16(text.length), ...text];
  return [...uint32(record.length + 6).toReversed(), ...uint16(1), ...record];
}

/**
 * Version 4.0, which all clients know, for `cenc`; version 4.3, for clients from PlayReady 4 on, is the first with the
 * algorithm of `cbcs`. Clients check it as text: no white space, and attributes in alphabetical order.
 *
 * @see https://learn.microsoft.com/en-us/playready/specifications/playready-header-specification
 */
function playreadyHeader({ keyId, scheme, playready }: Licenses): string {
  const id = base64.encode(guidBytes(hex.decode(keyId)));
  const [version, protection] =
    scheme === "cenc"
      ? ["4.0.0.0", `<PROTECTINFO><KEYLEN>16</KEYLEN><ALGID>AESCTR</ALGID></PROTECTINFO><KID>${id}</KID>`]
      : ["4.3.0.0", `<PROTECTINFO><KIDS><KID ALGID="AESCBC" VALUE="${id}"></KID></KIDS></PROTECTINFO>`];
  const address = playready?.licenseUrl ?? null;
  return [
    `<WRMHEADER xmlns="http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader" version="${version}"><DATA>`,
    protection,
    address === null ? "" : `<LA_URL>${address.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</LA_URL>`,
    "</DATA></WRMHEADER>",
  ].join("");
}

/** PlayReady writes the first three groups of an id as little-endian numbers. */
function guidBytes(id: Uint8Array): Uint8Array {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.from(order, (from) => id[from] ?? 0);
}

function varint(value: bigint): number[] {
  return value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
}

/** Little-endian, as PlayReady writes. */
function uint16(value: number): number[] {
  return [value & 255, value >> 8];
}

function uint32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

function bytesOfAscii(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}
