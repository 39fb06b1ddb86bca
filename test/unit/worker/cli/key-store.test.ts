import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { DEVELOPMENT_KEY, hashApiKey } from "../../../../worker/cli/api-key.ts";
import {
  developmentWebhookSecret,
  ensureDevelopmentKey,
} from "../../../../worker/cli/development-account.ts";
import { localKeyDatabase, textKeyDatabase, type KeyDatabase } from "../../../../worker/cli/key-database.ts";
import { createKey, listKeys, revokeKey } from "../../../../worker/cli/key-store.ts";
import { applyMigrations } from "../../../../worker/cli/local-database.ts";

const MIGRATIONS = `${import.meta.dirname}/../../../../migrations`;

type Opened = { file: DatabaseSync; database: KeyDatabase };

function migrated(): DatabaseSync {
  const file = new DatabaseSync(":memory:");
  applyMigrations(file, MIGRATIONS);
  return file;
}

function withBoundValues(): Opened {
  const file = migrated();
  return { file, database: localKeyDatabase(file) };
}

/** As `wrangler d1 execute` takes statements: text without parameters. */
function withValuesInText(): Opened {
  const file = migrated();
  const database = textKeyDatabase(async (sql) => {
    const statement = file.prepare(sql);
    statement.setReturnArrays(true);
    const rows: unknown[] = statement.all();
    return rows as unknown[][];
  });
  return { file, database };
}

describe.each([
  ["bound values", withBoundValues],
  ["values in the text", withValuesInText],
])("the key store with %s", (_, open) => {
  const HOSTILE = `O'Brien "; DROP TABLE api_keys; -- ? \u6F22`;

  it("creates a key whose hash alone is stored", async () => {
    const { file, database } = open();
    const created = await createKey(database, { accountName: "Acme", label: "website", now: 1_000 });
    expect(created.account).toMatchObject({ name: "Acme", isNew: true });
    expect(file.prepare("SELECT * FROM api_keys").all()).toEqual([
      {
        id: created.id,
        account_id: created.account.id,
        label: "website",
        key_hash: hashApiKey(created.key),
        created_at: 1_000,
        last_used_at: null,
        revoked_at: null,
      },
    ]);
    expect(JSON.stringify(file.prepare("SELECT * FROM api_keys, accounts").all())).not.toContain(
      created.key.slice(2),
    );
  });

  it("gives a second key of the same account the same account and secret", async () => {
    const { database } = open();
    const first = await createKey(database, { accountName: "Acme", label: "a", now: 1 });
    const second = await createKey(database, { accountName: "Acme", label: "b", now: 2 });
    expect(second.account).toMatchObject({
      id: first.account.id,
      webhookSecret: first.account.webhookSecret,
      isNew: false,
    });
    expect(second.key).not.toBe(first.key);
  });

  it("keeps names and labels with quotes, semicolons and question marks as they are", async () => {
    const { database } = open();
    await createKey(database, { accountName: HOSTILE, label: HOSTILE, now: 1 });
    await createKey(database, { accountName: HOSTILE, label: "second", now: 2 });
    const listed = await listKeys(database);
    expect(listed.map((entry) => [entry.account.name, entry.key?.label])).toEqual([
      [HOSTILE, HOSTILE],
      [HOSTILE, "second"],
    ]);
  });

  it("lists accounts without keys too", async () => {
    const { file, database } = open();
    file.exec("INSERT INTO accounts VALUES ('acc_1', 'Empty', 'whsec_x', 1)");
    expect(await listKeys(database)).toMatchObject([
      { account: { name: "Empty", webhookSecret: "whsec_x" }, key: null },
    ]);
  });

  it("revokes a key once and says so the second time", async () => {
    const { database } = open();
    const { id } = await createKey(database, { accountName: "Acme", label: "a", now: 1 });
    const other = await createKey(database, { accountName: "Acme", label: "b", now: 2 });
    expect(await revokeKey(database, id, 10)).toEqual({ revokedAt: 10, isRepeat: false });
    expect(await revokeKey(database, id, 20)).toEqual({ revokedAt: 10, isRepeat: true });
    expect((await listKeys(database)).map((entry) => [entry.key?.id, entry.key?.revokedAt])).toEqual([
      [id, 10],
      [other.id, null],
    ]);
  });

  it("refuses to revoke an id that does not exist", async () => {
    const { database } = open();
    await expect(revokeKey(database, "' OR 1=1 --", 1)).rejects.toThrow(`No key has the id "' OR 1=1 --"`);
  });

  it("keeps the development secret and replaces the development key", async () => {
    const { file, database } = open();
    const other = "k-0123456789abcdef0123456789abcdef";
    await ensureDevelopmentKey(database, DEVELOPMENT_KEY, 1);
    const secret = await developmentWebhookSecret(database);
    await ensureDevelopmentKey(database, other, 2);
    expect(await developmentWebhookSecret(database)).toBe(secret);
    expect(secret).toMatch(/^whsec_.{44}$/);
    expect(file.prepare("SELECT key_hash FROM api_keys").all()).toEqual([{ key_hash: hashApiKey(other) }]);
  });

  it("makes a revoked development key count again", async () => {
    const { database } = open();
    await ensureDevelopmentKey(database, DEVELOPMENT_KEY, 1);
    await revokeKey(database, "development", 2);
    await ensureDevelopmentKey(database, DEVELOPMENT_KEY, 3);
    expect((await listKeys(database))[0]?.key?.revokedAt).toBeNull();
  });

  it("refuses a development key that is another account's key", async () => {
    const { database } = open();
    const created = await createKey(database, { accountName: "Acme", label: "a", now: 1 });
    await expect(ensureDevelopmentKey(database, created.key, 2)).rejects.toThrow(
      `COPRA_DEV_KEY is the key ${created.id} already`,
    );
  });
});
