/** The fleet's rows: one per job that asks, one per encoder that is known. */
import type { FleetEncoder, FleetState, Ticket } from "../domain/fleet/fleet-encoders.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS ticket (job_id TEXT PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS encoder (name TEXT PRIMARY KEY, json TEXT NOT NULL);
`;

type JsonRow = { json: string };

export type FleetStore = ReturnType<typeof openFleetStore>;

/** Reads and writes; callers wrap writes that belong together in one transaction. */
export function openFleetStore(sql: SqlStorage) {
  const rows = <Row>(query: string): Row[] =>
    sql
      .exec<JsonRow>(query)
      .toArray()
      // SAFETY: only `save` writes these columns, from values of this type.
      .map(({ json }) => JSON.parse(json) as Row);
  return {
    createSchema: (): void => {
      sql.exec(SCHEMA);
    },

    load: (): FleetState => ({
      tickets: rows<Ticket>("SELECT json FROM ticket"),
      encoders: rows<FleetEncoder>("SELECT json FROM encoder"),
    }),

    /** Writes the rows of `next` that are not the very rows of `previous`, and deletes those that are gone. */
    save: (previous: FleetState, next: FleetState): void => {
      const tickets = changes(previous.tickets, next.tickets, (ticket) => ticket.jobId);
      const encoders = changes(previous.encoders, next.encoders, (encoder) => encoder.name);
      tickets.gone.forEach((jobId) => sql.exec("DELETE FROM ticket WHERE job_id = ?", jobId));
      encoders.gone.forEach((name) => sql.exec("DELETE FROM encoder WHERE name = ?", name));
      tickets.changed.forEach((ticket) =>
        sql.exec(
          "INSERT OR REPLACE INTO ticket (job_id, json) VALUES (?, ?)",
          ticket.jobId,
          JSON.stringify(ticket),
        ),
      );
      encoders.changed.forEach((encoder) =>
        sql.exec(
          "INSERT OR REPLACE INTO encoder (name, json) VALUES (?, ?)",
          encoder.name,
          JSON.stringify(encoder),
        ),
      );
    },
  };
}

function changes<Row>(
  previous: readonly Row[],
  next: readonly Row[],
  keyOf: (row: Row) => string,
): { gone: string[]; changed: Row[] } {
  const known = new Set(previous);
  const kept = new Set(next.map(keyOf));
  return {
    gone: previous.map(keyOf).filter((key) => !kept.has(key)),
    changed: next.filter((row) => !known.has(row)),
  };
}
