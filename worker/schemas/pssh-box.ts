/** Protection System Specific Header boxes (ISO 23001-7 §8.1), as far as they can be wrong for everyone. */
import { hex } from "../hex.ts";

/** @see https://dashif.org/identifiers/content_protection/ */
const SYSTEM_IDS = {
  widevine: "edef8ba979d64acea3c827dcd51d21ed",
  playready: "9a04f07998404286ab92e65be0885f95",
} as const;

/** Size, type, version and flags, system id, size of the data. */
const LEAST_BYTES = 32;
const MOST_BYTES = 64 * 1024;

/** Why it is not one whole box of the system, as the end of a sentence; null when it is. */
export function psshProblem(base64: string, system: keyof typeof SYSTEM_IDS): string | null {
  const bytes = decodeBase64(base64);
  if (bytes === null) {
    return "must be base64";
  }
  if (bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES || typeOf(bytes) !== "pssh") {
    return "is not a pssh box";
  }
  const view = new DataView(bytes.buffer);
  if (view.getUint32(0) !== bytes.length) {
    return `is not one whole pssh box: it says that it has ${view.getUint32(0)} bytes, but has ${bytes.length}`;
  }
  const version = view.getUint8(8);
  if (version > 1) {
    return `is a pssh box of version ${version}, but only 0 and 1 exist`;
  }
  if (hex(bytes.subarray(12, 28)) !== SYSTEM_IDS[system]) {
    return `is a pssh box of another system than ${system === "widevine" ? "Widevine" : "PlayReady"}`;
  }
  return isFilled(view, version) ? null : "is a pssh box whose parts do not add up to its size";
}

/** Version 1 has a list of key ids before the data. */
function isFilled(view: DataView, version: number): boolean {
  const dataAt = version === 0 ? 28 : 32 + 16 * view.getUint32(28);
  return dataAt + 4 <= view.byteLength && dataAt + 4 + view.getUint32(dataAt) === view.byteLength;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    return null;
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function typeOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(4, 8));
}
