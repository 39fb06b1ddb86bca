/** Drizzle over the two places where accounts and keys live: a local SQLite file and a D1 database at Cloudflare. */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { drizzle, type SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy";
import { inlineParameters } from "./inline-parameters.ts";

/** What the key commands are written against. */
export type KeyDatabase = SqliteRemoteDatabase;

/** Runs SQL text without parameters and returns its rows, columns in order. */
export type SqlRunner = (sql: string, kind: "read" | "write") => Promise<unknown[][]>;

/** Queries an open SQLite file; values are bound. */
export function localKeyDatabase(file: DatabaseSync): KeyDatabase {
  return drizzle(async (sql, params: SQLInputValue[], method) => {
    const statement = file.prepare(sql);
    statement.setReturnArrays(true);
    const rows: unknown[] = statement.all(...params);
    return { rows: method === "get" ? (rows[0] as unknown[]) : rows };
  });
}

/** Queries through a runner that takes text only; values are written into it as SQL literals. */
export function textKeyDatabase(run: SqlRunner): KeyDatabase {
  return drizzle(async (sql, params: unknown[], method) => {
    const rows = await run(inlineParameters(sql, params), method === "run" ? "write" : "read");
    return { rows: method === "get" ? (rows[0] as unknown[]) : rows };
  });
}
