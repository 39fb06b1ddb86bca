/**
 * Seals what a job must keep secret at rest: AES-256-GCM under a key of that job alone. The key is derived
 * from the master key and never stored, so the database by itself gives nothing away, not even its backups.
 */
import { type MasterKey, deriveKeyBytes, masterKeyVersion } from "../secrets/master-key.ts";

/** The size that AES-GCM is specified for; anything else costs an extra hash and gains nothing. */
const IV_BYTES = 12;

/** One sealed value, in the shape of a row: two blobs and the name of the master key it was made with. */
export type Sealed = { iv: ArrayBuffer; ciphertext: ArrayBuffer; keyVersion: string };

/**
 * Seals a JSON value. `kind` says which secret of the job it is, such as `credentials`. Sealing the same value
 * twice gives different bytes.
 * @throws TypeError when the value has no JSON form.
 */
export async function seal(
  masterKey: MasterKey,
  jobId: string,
  kind: string,
  value: unknown,
): Promise<Sealed> {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) {
    throw new TypeError(`The secret "${kind}" of job ${jobId} has no JSON form.`);
  }
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const ciphertext = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: sealLabel(jobId, kind) },
    await jobKey(masterKey, jobId, "encrypt"),
    new TextEncoder().encode(json),
  );
  return { iv: iv.buffer, ciphertext, keyVersion: await masterKeyVersion(masterKey) };
}

/**
 * Opens what `seal` made for the same job and kind. The caller parses the value.
 * @throws Error when the master key has changed since, or when the bytes are not this job's or were altered.
 */
export async function unseal(
  masterKey: MasterKey,
  jobId: string,
  kind: string,
  sealed: Sealed,
): Promise<unknown> {
  const currentVersion = await masterKeyVersion(masterKey);
  if (sealed.keyVersion !== currentVersion) {
    throw new Error(
      `The secret "${kind}" of job ${jobId} was sealed with another COPRA_MASTER_KEY ` +
        `(version ${sealed.keyVersion}, the current one is ${currentVersion}). Restore the old key to finish the job.`,
    );
  }
  const key = await jobKey(masterKey, jobId, "decrypt");
  let plaintext: ArrayBuffer;
  try {
    plaintext = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv: sealed.iv, additionalData: sealLabel(jobId, kind) },
      key,
      sealed.ciphertext,
    );
  } catch (cause) {
    throw new Error(`The secret "${kind}" of job ${jobId} was altered or belongs elsewhere.`, { cause });
  }
  return JSON.parse(new TextDecoder().decode(plaintext));
}

async function jobKey(masterKey: MasterKey, jobId: string, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  const bytes = await deriveKeyBytes(masterKey, `job-seal/v1/${jobId}`);
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [usage]);
}

/** Binds the ciphertext to its place, so that a row copied to another job or kind does not open. */
function sealLabel(jobId: string, kind: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([jobId, kind]));
}
