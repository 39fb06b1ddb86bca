/** D1: who may call, and a read model of jobs. The truth about a job is its Durable Object. */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Written by the `keys` command only. */
export const accounts = sqliteTable("accounts", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  /** `whsec_` + base64: signs this account's webhooks (Standard Webhooks). */
  webhookSecret: text("webhook_secret").notNull(),
  createdAt: integer("created_at").notNull(),
});

/** Written by the `keys` command; `last_used_at` by the Worker. The key itself is never stored. */
export const apiKeys = sqliteTable("api_keys", {
  id: text("id").primaryKey(),
  accountId: text("account_id")
    .notNull()
    .references(() => accounts.id),
  label: text("label").notNull(),
  /** Lower-case hex SHA-256 of the whole key: enough for 128 random bits. */
  keyHash: text("key_hash").notNull().unique(),
  createdAt: integer("created_at").notNull(),
  lastUsedAt: integer("last_used_at"),
  revokedAt: integer("revoked_at"),
});

/** A copy for lists and for the sweep of open jobs; upserted by the job's object, newest version wins. */
export const jobs = sqliteTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    accountId: text("account_id").notNull(),
    status: text("status").notNull(),
    progressPercent: integer("progress_percent").notNull(),
    /** Version of the record this row was made from. */
    version: integer("version").notNull(),
    /** 1 while the job has work or webhooks left. */
    open: integer("open").notNull(),
    createdAt: integer("created_at").notNull(),
    completedAt: integer("completed_at"),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    index("jobs_open").on(table.open, table.updatedAt),
    index("jobs_account").on(table.accountId, table.createdAt),
  ],
);
