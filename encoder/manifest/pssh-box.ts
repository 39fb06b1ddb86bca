/**
 * What players hand to a licence system to ask for a key: `pssh` boxes (ISO 23001-7 §8.1) as the customer gives them,
 * or made from the key id where that says enough.
 */
import { base64, hex } from "@scure/base";
import { PROTECTION_SYSTEMS } from "../contract/protection-systems.ts";
import type { Licenses } from "../contract/stream.ts";

/** Of the W3C's clear key in initialization data. */
const COMMON_SYSTEM = "1077efec-c0b2-4d02-ace3-3c1e52e2fb4b";

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

/** Version 1, with the key id in the open; base64. */
export function clearkeyPssh({ keyId }: Licenses): string {
  return base64.encode(psshBox(COMMON_SYSTEM, [], hex.decode(keyId)));
}

/** What a `pssh` box carries for its system: all after its header, ids of keys and length. Both in base64. */
export function psshData(box: string): string {
  const bytes = base64.decode(box);
  const at = bytes[8] === 0 ? 28 : 32 + 16 * uint32At(bytes, 28);
  return base64.encode(bytes.subarray(at + 4, at + 4 + uint32At(bytes, at)));
}

/** A box of one key at most, which makes it version 1. */
function psshBox(system: string, data: readonly number[], keyId: Uint8Array | null = null): Uint8Array {
  const keyIds = keyId === null ? [] : [...uint32(1), ...keyId];
  const body = [...hex.decode(system.replaceAll("-", "")), ...keyIds, ...uint32(data.length), ...data];
  const type = [...bytesOfAscii("pssh"), keyId === null ? 0 : 1, 0, 0, 0];
  return Uint8Array.from([...uint32(4 + type.length + body.length), ...type, ...body]);
}

/** A PlayReady object with one record, the rights management header in version 4.3, which knows both schemes. */
function playreadyObject({ keyId, scheme, playready }: Licenses): number[] {
  const algorithm = scheme === "cenc" ? "AESCTR" : "AESCBC";
  const address = playready?.licenseUrl ?? null;
  const header = [
    '<WRMHEADER xmlns="http://schemas.microsoft.com/DRM/2007/03/PlayReadyHeader" version="4.3.0.0"><DATA>',
    `<PROTECTINFO><KIDS><KID ALGID="${algorithm}" VALUE="${base64.encode(guidBytes(hex.decode(keyId)))}"></KID></KIDS>`,
    "</PROTECTINFO>",
    address === null ? "" : `<LA_URL>${address.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</LA_URL>`,
    "</DATA></WRMHEADER>",
  ].join("");
  const text = Array.from({ length: header.length }, (_, index) => uint16(header.charCodeAt(index))).flat();
  const record = [...uint16(1), ...uint16(text.length), ...text];
  return [...uint32(record.length + 6).toReversed(), ...uint16(1), ...record];
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

function uint32At(bytes: Uint8Array, at: number): number {
  return bytes.subarray(at, at + 4).reduce((value, byte) => value * 256 + byte, 0);
}

function bytesOfAscii(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
}
