/**
 * A job's rows in its object's SQLite: one per record, task, webhook event, delivery, metadata tree and secret.
 * The schema is made when the job is created and never by a read, so asking for an invented id writes nothing.
 */
import type { JobState } from "../domain/job-record.ts";
import type { Json } from "../domain/json.ts";
import { upgradeState, type StoredState } from "../domain/upgrade-state.ts";
import type { DeliveryResult } from "../webhooks/deliver.ts";
import type { Sealed } from "./seal.ts";

/** The platform refuses rows over 2 MB, a local run does not; so every write is measured here. */
const MAX_ROW_BYTES = 1_500_000;

const SCHEMA = `
  CREATE TABLE record (id INTEGER PRIMARY KEY CHECK (id = 1), json TEXT NOT NULL);
  CREATE TABLE task (task_id TEXT PRIMARY KEY, position INTEGER NOT NULL, json TEXT NOT NULL);
  CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE delivery (
    event_id TEXT NOT NULL, attempt INTEGER NOT NULL, at INTEGER NOT NULL, http_status INTEGER,
    latency_ms INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (event_id, attempt)
  );
  CREATE TABLE metadata (key TEXT PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE secret (kind TEXT PRIMARY KEY, iv BLOB NOT NULL, ciphertext BLOB NOT NULL, key_version TEXT NOT NULL);
`;

type JsonRow = { json: string };

export type JobStore = ReturnType<typeof openJobStore>;

/** Reads and writes; callers wrap writes that belong together in one transaction. */
export function openJobStore(sql: SqlStorage) {
  return { ...stateRows(sql), ...metadataRows(sql), ...secretRows(sql), ...deliveryRows(sql) };
}

/** What `decideJob` decides on. */
function stateRows(sql: SqlStorage) {
  /** Writes the rows of `next` that are not the very rows of `previous`; returns how many. */
  const save = (previous: JobState | null, next: JobState): number => {
    const record = previous?.record === next.record ? [] : [next.record];
    const tasks = [...next.tasks.entries()].filter(([position, task]) => previous?.tasks[position] !== task);
    const outbox = next.outbox.filter((event, index) => previous?.outbox[index] !== event);
    for (const changed of record) {
      sql.exec("INSERT OR REPLACE INTO record (id, json) VALUES (1, ?)", row(changed));
    }
    for (const [position, task] of tasks) {
      sql.exec(
        "INSERT OR REPLACE INTO task (task_id, position, json) VALUES (?, ?, ?)",
        task.taskId,
        position,
        row(task),
      );
    }
    for (const event of outbox) {
      sql.exec("INSERT OR REPLACE INTO outbox (sequence, json) VALUES (?, ?)", event.sequence, row(event));
    }
    return record.length + tasks.length + outbox.length;
  };

  return {
    exists: (): boolean => sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'record'").toArray().length > 0,

    createSchema: (): void => {
      sql.exec(SCHEMA);
    },

    /** The state in the present shape; rows of an older Worker are rewritten at once, all or none. */
    load: (): JobState => {
      const stored = {
        record: parse<StoredState["record"]>(sql.exec<JsonRow>("SELECT json FROM record").one()),
        tasks: sql
          .exec<JsonRow>("SELECT json FROM task ORDER BY position")
          .toArray()
          .map(parse<object>),
        outbox: sql
          .exec<JsonRow>("SELECT json FROM outbox ORDER BY sequence")
          .toArray()
          .map(parse<object>),
      };
      const state = upgradeState(stored);
      if (stored.record.schema !== state.record.schema) {
        save(null, state);
      }
      return state;
    },

    save,
  };
}

/** ffprobe's trees by key: `input`, `output-<index>`. */
function metadataRows(sql: SqlStorage) {
  return {
    saveMetadata: (key: string, value: Json): void => {
      sql.exec("INSERT OR REPLACE INTO metadata (key, json) VALUES (?, ?)", key, row(value));
    },

    /** The stored tree, or undefined. */
    metadata: (key: string): Json | undefined => {
      const [found] = sql.exec<JsonRow>("SELECT json FROM metadata WHERE key = ?", key).toArray();
      return found === undefined ? undefined : parse<Json>(found);
    },
  };
}

/** Sealed secrets by kind. */
function secretRows(sql: SqlStorage) {
  return {
    saveSecret: (kind: string, sealed: Sealed): void => {
      const { iv, ciphertext, keyVersion } = sealed;
      sql.exec(
        "INSERT OR REPLACE INTO secret (kind, iv, ciphertext, key_version) VALUES (?, ?, ?, ?)",
        kind,
        iv,
        ciphertext,
        keyVersion,
      );
    },

    /** The sealed secret, or null once it is wiped. */
    secret: (kind: string): Sealed | null => {
      const [found] = sql
        .exec<{ iv: ArrayBuffer; ciphertext: ArrayBuffer; key_version: string }>(
          "SELECT iv, ciphertext, key_version FROM secret WHERE kind = ?",
          kind,
        )
        .toArray();
      return found === undefined
        ? null
        : { iv: found.iv, ciphertext: found.ciphertext, keyVersion: found.key_version };
    },

    wipeSecrets: (): void => {
      sql.exec("DELETE FROM secret");
    },
  };
}

/** The log of webhook attempts. */
function deliveryRows(sql: SqlStorage) {
  return {
    logDelivery: (eventId: string, attempt: number, at: number, result: DeliveryResult): void => {
      sql.exec(
        "INSERT OR REPLACE INTO delivery (event_id, attempt, at, http_status, latency_ms, note) VALUES (?, ?, ?, ?, ?, ?)",
        eventId,
        attempt,
        at,
        result.httpStatus,
        result.latencyMs,
        result.note,
      );
    },
  };
}

function row(value: unknown): string {
  const json = JSON.stringify(value);
  // A UTF-16 unit takes at most three bytes in UTF-8; only texts that may be too long are measured exactly.
  if (json.length * 3 > MAX_ROW_BYTES && new TextEncoder().encode(json).length > MAX_ROW_BYTES) {
    throw new RangeError(`A row of ${json.length} characters is too large to store.`);
  }
  return json;
}

function parse<Value>({ json }: { json: string }): Value {
  // SAFETY: only `row` writes these columns, from values of this type.
  return JSON.parse(json) as Value;
}
