/** The one place that opens D1 through drizzle. */
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

export type Database = DrizzleD1Database<typeof schema>;

export function openDatabase(db: D1Database): Database {
  return drizzle(db, { schema });
}
