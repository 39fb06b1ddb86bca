/** Protection System Specific Header boxes (ISO 23001-7 §8.1), as far as they can be wrong for everyone. */
import { base64, hex } from "@scure/base";
import { PROTECTION_SYSTEMS, psshLengthByte } from "../../encoder/contract/protection-systems.ts";

/** Size, type, version and flags, system id, size of the data. */
const LEAST_BYTES = 32;
const MOST_BYTES = 64 * 1024;

/** Why it is not one whole box of the system, as the end of a sentence; null when it is. */
export function psshProblem(text: string, system: "widevine" | "playready"): string | null {
  const bytes = decodeBase64(text);
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
  if (hex.encode(bytes.subarray(12, 28)) !== PROTECTION_SYSTEMS[system].replaceAll("-", "")) {
    return `is a pssh box of another system than ${system === "widevine" ? "Widevine" : "PlayReady"}`;
  }
  return isFilled(view) ? null : "is a pssh box whose parts do not add up to its size";
}

function isFilled(view: DataView): boolean {
  const lengthByte = psshLengthByte(view);
  return lengthByte + 4 <= view.byteLength && lengthByte + 4 + view.getUint32(lengthByte) === view.byteLength;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(base64.decode(text));
  } catch {
    return null;
  }
}

function typeOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(4, 8));
}
