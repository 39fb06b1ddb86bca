/** What the key commands do to accounts and keys. The Worker only reads them (and notes when a key was used). */
import { asc, eq } from "drizzle-orm";
import { accounts, apiKeys } from "../db/schema.ts";
import { hashApiKey, newApiKey, newId, newWebhookSecret } from "./api-key.ts";
import { CliError } from "./cli-error.ts";
import type { KeyDatabase } from "./key-database.ts";

export type CreatedKey = {
  id: string;
  /** The key itself: exists nowhere else after this. */
  key: string;
  account: { id: string; name: string; webhookSecret: string; isNew: boolean };
};

/** One key with its account; `key` is null for an account without keys. */
export type ListedKey = {
  account: { id: string; name: string; webhookSecret: string };
  key: {
    id: string;
    label: string;
    createdAt: number;
    lastUsedAt: number | null;
    revokedAt: number | null;
  } | null;
};

/** Makes a key for the account of that name, and the account with it when there is none. */
export async function createKey(
  database: KeyDatabase,
  request: { accountName: string; label: string; now: number },
): Promise<CreatedKey> {
  const found = await findAccount(database, request.accountName);
  const account = found ?? {
    id: newId("acc"),
    name: request.accountName,
    webhookSecret: newWebhookSecret(),
    createdAt: request.now,
  };
  if (found === null) {
    await database.insert(accounts).values(account).run();
  }
  const key = newApiKey();
  const row = { id: newId("key"), accountId: account.id, label: request.label, keyHash: hashApiKey(key) };
  await database
    .insert(apiKeys)
    .values({ ...row, createdAt: request.now })
    .run();
  return { id: row.id, key, account: { ...account, isNew: found === null } };
}

/** Every account with every key, oldest first. */
export async function listKeys(database: KeyDatabase): Promise<ListedKey[]> {
  const allAccounts = await database
    .select()
    .from(accounts)
    .orderBy(asc(accounts.createdAt), asc(accounts.id))
    .all();
  // Hashes stay where they are.
  const keys = await database
    .select({
      id: apiKeys.id,
      accountId: apiKeys.accountId,
      label: apiKeys.label,
      createdAt: apiKeys.createdAt,
      lastUsedAt: apiKeys.lastUsedAt,
      revokedAt: apiKeys.revokedAt,
    })
    .from(apiKeys)
    .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id))
    .all();
  return allAccounts.flatMap((account): ListedKey[] => {
    const own = keys.filter((key) => key.accountId === account.id);
    return own.length === 0 ? [{ account, key: null }] : own.map((key) => ({ account, key }));
  });
}

/**
 * Ends a key for good. Returns when it was revoked and whether that was earlier.
 *
 * @throws CliError when no key has this id.
 */
export async function revokeKey(
  database: KeyDatabase,
  id: string,
  now: number,
): Promise<{ revokedAt: number; isRepeat: boolean }> {
  const [found] = await database
    .select({ revokedAt: apiKeys.revokedAt })
    .from(apiKeys)
    .where(eq(apiKeys.id, id))
    .all();
  if (found === undefined) {
    throw new CliError(`No key has the id "${id}"; "npm run keys -- list" shows them.`);
  }
  if (found.revokedAt !== null) {
    return { revokedAt: found.revokedAt, isRepeat: true };
  }
  await database.update(apiKeys).set({ revokedAt: now }).where(eq(apiKeys.id, id)).run();
  return { revokedAt: now, isRepeat: false };
}

async function findAccount(database: KeyDatabase, name: string) {
  const [account] = await database
    .select()
    .from(accounts)
    .where(eq(accounts.name, name))
    .orderBy(asc(accounts.createdAt))
    .limit(1)
    .all();
  return account ?? null;
}
