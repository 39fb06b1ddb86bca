/**
 * S3 credentials for one prefix and a few hours, without a table: what is granted is written in the access key
 * id, and the secret is an HMAC over that id. An altered id has another secret, which nobody knows.
 */
import { decodeBase64Url, encodeBase64Url } from "hono/utils/encode";
import { type MasterKey, deriveKeyBytes, masterKeyVersion } from "../secrets/master-key.ts";

/** Marks the ids of this gateway and this layout of the grant. */
const ID_PREFIX = "COPRA1";

export type GatewayGrant = {
  /** Every key that may be touched starts with this; ends with a slash. */
  prefix: string;
  /** `r` reads; `rw` also writes and deletes. */
  access: "r" | "rw";
  /** Epoch milliseconds; refused from then on. */
  expiresAt: number;
};

export type GatewayCredentials = { accessKeyId: string; secretAccessKey: string };

/**
 * Makes credentials for Copra's own S3 endpoint. The same grant always gives the same credentials.
 * @throws RangeError when the prefix is empty or does not end with a slash: `work/ab` would also open `work/abc`.
 */
export async function mintGatewayCredentials(
  options: GatewayGrant & { masterKey: MasterKey },
): Promise<GatewayCredentials> {
  const { masterKey, prefix, access, expiresAt } = options;
  if (!/^[^/].*\/$/s.test(prefix)) {
    throw new RangeError(
      `The prefix "${prefix}" of gateway credentials must be a folder such as "work/job/".`,
    );
  }
  const grant = [await masterKeyVersion(masterKey), access, Math.trunc(expiresAt), prefix].join(".");
  const accessKeyId = ID_PREFIX + toBase64Url(new TextEncoder().encode(grant).buffer);
  return { accessKeyId, secretAccessKey: await deriveGatewaySecret(masterKey, accessKeyId) };
}

/**
 * Reads the grant out of an access key id, or null when this installation, with this master key, never made it.
 * The grant is not to be trusted before the request's signature has been checked with the derived secret.
 */
export async function readGatewayGrant(
  masterKey: MasterKey,
  accessKeyId: string,
): Promise<GatewayGrant | null> {
  if (!accessKeyId.startsWith(ID_PREFIX)) {
    return null;
  }
  const text = decodeText(accessKeyId.slice(ID_PREFIX.length));
  const match = /^([0-9a-f]{8})\.(r|rw)\.(\d{1,15})\.([^/].*\/)$/s.exec(text ?? "");
  const [, keyVersion, access, expiresAt, prefix] = match ?? [];
  if (keyVersion !== (await masterKeyVersion(masterKey)) || prefix === undefined) {
    return null;
  }
  return { prefix, access: access === "rw" ? "rw" : "r", expiresAt: Number(expiresAt) };
}

/** The secret that belongs to an access key id. */
export async function deriveGatewaySecret(masterKey: MasterKey, accessKeyId: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const keyBytes = await deriveKeyBytes(masterKey, "s3-gateway/v1");
  const key = await crypto.subtle.importKey("raw", keyBytes, algorithm, false, ["sign"]);
  return toBase64Url(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(accessKeyId)));
}

function toBase64Url(bytes: ArrayBufferLike): string {
  return encodeBase64Url(bytes).replaceAll("=", "");
}

function decodeText(base64Url: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decodeBase64Url(base64Url));
  } catch {
    return null;
  }
}
