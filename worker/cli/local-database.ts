/**
 * The D1 database of a state directory, opened as the SQLite file it is. Safe beside a running `wrangler dev`:
 * both sides use write-ahead logging and wait for each other's locks.
 */
import { createHash, createHmac } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PROJECT_ROOT, type StatePaths } from "./dev-state.ts";

/** How long a statement waits for a lock of the Worker, whose own transactions take milliseconds. */
const LOCK_TIMEOUT_MS = 5_000;

/** The table of wrangler's `d1 migrations apply`, letter for letter, so that either tool continues the other's work. */
const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "d1_migrations"(
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT UNIQUE,
  applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
)`;

/** True once a service or a `keys create` has used this state. */
export function hasLocalDatabase(paths: StatePaths): boolean {
  return existsSync(databasePath(paths));
}

/** Opens the database with all migrations applied; the caller closes it. Makes it when it does not exist. */
export function openLocalDatabase(paths: StatePaths): DatabaseSync {
  const path = databasePath(paths);
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: LOCK_TIMEOUT_MS });
  try {
    // The Worker does not wait for locks, so ours must be short: no fsync and no checkpoint while one is held.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0");
    applyMigrations(database, join(PROJECT_ROOT, "migrations"));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Runs the migrations that this database has not seen, in the order of their names, each as one transaction. */
export function applyMigrations(database: DatabaseSync, migrationsDir: string): void {
  const names = readdirSync(migrationsDir)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
  database.exec(MIGRATIONS_TABLE);
  const isApplied = (name: string) =>
    database.prepare("SELECT 1 FROM d1_migrations WHERE name = ?").get(name) !== undefined;
  for (const name of names.filter((candidate) => !isApplied(candidate))) {
    // Looked again under the lock: another process may be applying the same migration.
    database.exec("BEGIN IMMEDIATE");
    try {
      if (!isApplied(name)) {
        database.exec(readFileSync(join(migrationsDir, name), "utf8"));
        database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").run(name);
      }
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }
}

function databasePath(paths: StatePaths): string {
  const id = databaseId(readFileSync(join(PROJECT_ROOT, "wrangler.toml"), "utf8"));
  return join(paths.persistDir, "v3/d1/miniflare-D1DatabaseObject", `${objectId(id)}.sqlite`);
}

/** The id under which wrangler keeps the local database: the preview id, else the id, else the binding's name. */
export function databaseId(wranglerToml: string): string {
  const table =
    /^\[\[d1_databases\]\]\n(?<body>(?:(?!\[).*\n?)*)/m.exec(wranglerToml)?.groups?.["body"] ?? "";
  const value = (name: string) => new RegExp(`^\\s*${name}\\s*=\\s*"([^"]+)"`, "m").exec(table)?.[1];
  return value("preview_database_id") ?? value("database_id") ?? value("binding") ?? "DB";
}

/** The Durable Object id that Miniflare derives from a database id: 16 bytes of the name's HMAC, and their own HMAC. */
export function objectId(name: string): string {
  const key = createHash("sha256").update("miniflare-D1DatabaseObject").digest();
  const hmac = (data: string | Buffer) => createHmac("sha256", key).update(data).digest().subarray(0, 16);
  const nameHmac = hmac(name);
  return Buffer.concat([nameHmac, hmac(nameHmac)]).toString("hex");
}
