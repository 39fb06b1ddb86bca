/** Looks callers up by their API key. Keys are random, so a plain SHA-256 is all the protection they need. */
import { hex } from "@scure/base";
import { and, eq, isNull } from "drizzle-orm";
import type { Database } from "./client.ts";
import { accounts, apiKeys } from "./schema.ts";

/** Writing every use would cost a row per request; a minute is near enough for "is this key still used?". */
const LAST_USED_RESOLUTION_MS = 60_000;

export type Caller = { accountId: string; keyId: string; lastUsedAt: number | null };

/**
 * The account of an unrevoked key, or null. Asked for by every request, so a passing fault of D1 is met by a
 * second try.
 */
export async function findCaller(db: Database, apiKey: string): Promise<Caller | null> {
  return readCaller(db, apiKey).catch(() => readCaller(db, apiKey));
}

async function readCaller(db: Database, apiKey: string): Promise<Caller | null> {
  const rows = await db
    .select({ accountId: apiKeys.accountId, keyId: apiKeys.id, lastUsedAt: apiKeys.lastUsedAt })
    .from(apiKeys)
    .where(and(eq(apiKeys.keyHash, await hashApiKey(apiKey)), isNull(apiKeys.revokedAt)))
    .limit(1);
  return rows[0] ?? null;
}

/** Notes that a key was used; writes at most once a minute. */
export async function touchApiKey(db: Database, caller: Caller, now: number): Promise<void> {
  if (caller.lastUsedAt === null || caller.lastUsedAt < now - LAST_USED_RESOLUTION_MS) {
    await db.update(apiKeys).set({ lastUsedAt: now }).where(eq(apiKeys.id, caller.keyId));
  }
}

/** The `whsec_` secret that signs an account's webhooks. */
export async function webhookSecret(db: Database, accountId: string): Promise<string | null> {
  const rows = await db
    .select({ secret: accounts.webhookSecret })
    .from(accounts)
    .where(eq(accounts.id, accountId))
    .limit(1);
  return rows[0]?.secret ?? null;
}

async function hashApiKey(apiKey: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(apiKey));
  return hex.encode(new Uint8Array(digest));
}
