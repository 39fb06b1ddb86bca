/** API keys, webhook secrets and ids of accounts: their shapes and how they are made. */
import { createHash, randomBytes } from "node:crypto";
import { CliError } from "./cli-error.ts";

/** The key of a local service. It is worth nothing elsewhere: only a development state ever holds it. */
export const DEVELOPMENT_KEY = "k-00000000000000000000000000000000";

const KEY_PATTERN = /^k-[0-9a-f]{32}$/;

/** A new key of 128 random bits. Only its hash is ever stored. */
export function newApiKey(): string {
  return `k-${randomBytes(16).toString("hex")}`;
}

/** Lower-case hex SHA-256 of the whole key: what `api_keys.key_hash` holds. */
export function hashApiKey(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** A secret for signing webhooks: `whsec_` and 32 random bytes in base64. @see https://www.standardwebhooks.com */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** An id such as `acc_5f0c…`: 64 random bits. */
export function newId(prefix: "acc" | "key"): string {
  return `${prefix}_${randomBytes(8).toString("hex")}`;
}

/** The development key: the fixed one, or what COPRA_DEV_KEY says. @throws CliError when that is not shaped like a key. */
export function developmentKey(override: string | undefined): string {
  if (override === undefined || override === "") {
    return DEVELOPMENT_KEY;
  }
  if (!KEY_PATTERN.test(override)) {
    throw new CliError(
      "COPRA_DEV_KEY is not an API key: give k- and 32 lower-case hexadecimal digits, or unset it.",
    );
  }
  return override;
}
