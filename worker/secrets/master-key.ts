/**
 * The one secret of an installation. It is never used as a key itself: each purpose derives its own key from
 * it, so that no two uses can be mixed up and a leak of one derived key stays small.
 */
import { hex } from "@scure/base";

const KEY_BYTES = 32;

export type MasterKey = { readonly bytes: Uint8Array<ArrayBuffer> };

/**
 * Reads the text of `COPRA_MASTER_KEY`: 32 bytes in standard base64.
 * @throws Error with a sentence for the operator; it never repeats the value.
 */
export function parseMasterKey(text: string | undefined): MasterKey {
  const howTo = "Make one with `openssl rand -base64 32` and store it as the secret COPRA_MASTER_KEY.";
  if (text === undefined || text.trim() === "") {
    throw new Error(`COPRA_MASTER_KEY is not set. ${howTo}`);
  }
  const bytes = decodeStandardBase64(text.trim());
  if (bytes === null) {
    throw new Error(`COPRA_MASTER_KEY is not base64. ${howTo}`);
  }
  if (bytes.length !== KEY_BYTES) {
    throw new Error(
      `COPRA_MASTER_KEY holds ${bytes.length} bytes; it must hold exactly ${KEY_BYTES}. ${howTo}`,
    );
  }
  return { bytes };
}

/** Derives 32 bytes for one purpose (HKDF-SHA256). `purpose` names the use, its version and its subject. */
export async function deriveKeyBytes(masterKey: MasterKey, purpose: string): Promise<ArrayBuffer> {
  const base = await crypto.subtle.importKey("raw", masterKey.bytes, "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode(`copra/${purpose}`);
  return crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info },
    base,
    KEY_BYTES * 8,
  );
}

/**
 * Names a master key without giving it away: 8 hex digits. Stored beside everything made with the key, so that
 * after a change of the key the old material is recognised instead of looking damaged.
 */
export async function masterKeyVersion(masterKey: MasterKey): Promise<string> {
  const fingerprint = new Uint8Array(await deriveKeyBytes(masterKey, "key-version/v1")).subarray(0, 4);
  return hex.encode(fingerprint);
}

function decodeStandardBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}
