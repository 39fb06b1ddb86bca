import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { applyMigrations, databaseId, objectId } from "../../../../worker/cli/local-database.ts";

const MIGRATIONS = `${import.meta.dirname}/../../../../migrations`;

describe("applyMigrations", () => {
  it("makes every table once, however often it runs", () => {
    const database = new DatabaseSync(":memory:");
    applyMigrations(database, MIGRATIONS);
    database.exec("INSERT INTO accounts VALUES ('acc_1', 'Acme', 'whsec_x', 1)");
    applyMigrations(database, MIGRATIONS);
    expect(database.prepare("SELECT name FROM accounts").all()).toEqual([{ name: "Acme" }]);
    expect(database.prepare("SELECT id, name FROM d1_migrations").all()).toEqual([
      { id: 1, name: "0000_init.sql" },
    ]);
  });

  it("leaves a database as it was when a migration fails", () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE jobs (id text)");
    expect(() => applyMigrations(database, MIGRATIONS)).toThrow(/jobs/);
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE name IN ('accounts', 'api_keys')")
      .all();
    expect(tables).toEqual([]);
    expect(database.isTransaction).toBe(false);
  });
});

describe("databaseId", () => {
  it("prefers the preview id, then the id, then the binding", () => {
    const toml = (lines: string) =>
      `[vars]\ndatabase_id = "no"\n\n[[d1_databases]]\nbinding = "DB"\n${lines}\n[[r2_buckets]]\n`;
    expect(databaseId(toml(`database_id = "a"\npreview_database_id = "b"`))).toBe("b");
    expect(databaseId(toml(`database_id = "a"`))).toBe("a");
    expect(databaseId(toml(""))).toBe("DB");
  });
});

describe("objectId", () => {
  it("is the file name that wrangler 4.155 gives the database", () => {
    expect(objectId("00000000-0000-0000-0000-000000000000")).toBe(
      "9ba2b04bf514d9facfd57ed57d849e77241a7adc99d1c1545d06688b43d84248",
    );
  });
});
