/** The keys of encrypted packages as tasks get them. Nothing of this is stored or logged. */
import { hex } from "@scure/base";
import type {
  CommonEncryption,
  Licenses,
  SegmentEncryption,
  TransportKeys,
} from "../../encoder/contract/stream.ts";
import type { JobSecrets } from "../domain/job-spec.ts";
import type { FragmentsPackage, TransportPackage } from "../domain/stream-record.ts";

const KEY_BYTES = 16;

/** Keys beside the media, as its folders see them. */
const keyFile = (number: number): string => `keys/${number}.key`;

/** What segments are encrypted with; null for none. */
export async function segmentEncryption(
  { encryption }: TransportPackage,
  secrets: JobSecrets,
): Promise<SegmentEncryption | null> {
  if (encryption === null) {
    return null;
  }
  const { keys: place, segmentsPerKey, keyCount } = encryption;
  const secret = secretAt(secrets, place);
  const keys =
    segmentsPerKey === null
      ? [secret]
      : await Promise.all(Array.from({ length: keyCount }, (_, number) => deriveKey(secret, number)));
  return { keys, segmentsPerKey };
}

/**
 * What playlists say of the keys.
 *
 * @param prefix of the package in its store, without a trailing slash.
 */
export async function transportKeys(
  place: TransportPackage,
  prefix: string,
  secrets: JobSecrets,
): Promise<TransportKeys | null> {
  const encryption = await segmentEncryption(place, secrets);
  if (encryption === null) {
    return null;
  }
  const { keys, segmentsPerKey } = encryption;
  const keyUri = place.encryption?.keyUri ?? null;
  return keyUri === null
    ? {
        uris: keys.map((_key, number) => `../${keyFile(number)}`),
        values: keys,
        segmentsPerKey,
        stored: keys.map((value, number) => ({
          key: [prefix, keyFile(number)].filter((part) => part !== "").join("/"),
          value,
        })),
      }
    : { uris: [keyUri], values: keys, segmentsPerKey, stored: [] };
}

/** What fragments are encrypted with; null for none. */
export function commonEncryption(
  { encryption }: FragmentsPackage,
  secrets: JobSecrets,
): CommonEncryption | null {
  if (encryption === null) {
    return null;
  }
  const { scheme, keys, keyId, widevine, playready } = encryption;
  const pssh = [widevine, playready].flatMap((system) => system?.pssh ?? []);
  return { scheme, key: secretAt(secrets, keys), keyId, pssh };
}

/** How players get a licence; null for plain media. */
export function licenses({ encryption }: FragmentsPackage): Licenses | null {
  if (encryption === null) {
    return null;
  }
  const { scheme, keyId, widevine, playready, fairplay, clearkey } = encryption;
  return { scheme, keyId, widevine, playready, fairplay, clearkey };
}

function secretAt({ streamKeys }: JobSecrets, place: number): string {
  const secret = streamKeys[place]?.[0];
  if (secret === undefined) {
    throw new Error(`The job has no stream key ${place}.`);
  }
  return secret;
}

/** Key number i of a stream that changes its key, as `JobSecrets.streamKeys` says. */
async function deriveKey(seed: string, number: number): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Uint8Array.from(hex.decode(seed)), algorithm, false, [
    "sign",
  ]);
  const signature = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`key-${number}`));
  return hex.encode(new Uint8Array(signature).slice(0, KEY_BYTES));
}
