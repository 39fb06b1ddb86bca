/** The account "development" of a local state, and its one key. */
import { and, eq, ne } from "drizzle-orm";
import { accounts, apiKeys } from "../db/schema.ts";
import { hashApiKey, newWebhookSecret } from "./api-key.ts";
import { CliError } from "./cli-error.ts";
import type { KeyDatabase } from "./key-database.ts";

/** Id and name of the account, and id of its key. */
const DEVELOPMENT_ID = "development";

/**
 * Makes `key` the one development key: one of an earlier run under another COPRA_DEV_KEY ends with this.
 *
 * @throws CliError when the key belongs to another account already.
 */
export async function ensureDevelopmentKey(database: KeyDatabase, key: string, now: number): Promise<void> {
  const keyHash = hashApiKey(key);
  const [taken] = await database
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.keyHash, keyHash), ne(apiKeys.id, DEVELOPMENT_ID)))
    .all();
  if (taken !== undefined) {
    throw new CliError(`COPRA_DEV_KEY is the key ${taken.id} already: unset it, or choose another.`);
  }
  const account = {
    id: DEVELOPMENT_ID,
    name: DEVELOPMENT_ID,
    webhookSecret: newWebhookSecret(),
    createdAt: now,
  };
  await database.insert(accounts).values(account).onConflictDoNothing().run();
  const row = {
    id: DEVELOPMENT_ID,
    accountId: DEVELOPMENT_ID,
    label: "npm run dev",
    keyHash,
    createdAt: now,
  };
  await database
    .insert(apiKeys)
    .values(row)
    .onConflictDoUpdate({ target: apiKeys.id, set: { keyHash, revokedAt: null } })
    .run();
}

/** The secret that signs the development account's webhooks; null when the account does not exist. */
export async function developmentWebhookSecret(database: KeyDatabase): Promise<string | null> {
  const [account] = await database.select().from(accounts).where(eq(accounts.id, DEVELOPMENT_ID)).all();
  return account?.webhookSecret ?? null;
}
