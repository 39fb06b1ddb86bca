/** Brings the rows of an older Worker up to the shape of this one. Jobs that run through a deploy go on. */
import { RECORD_SCHEMA, type JobState } from "./job-record.ts";
import { fromVersion1, type StateV1 } from "./upgrade/version-1.ts";
import { fromVersion2, type StateV2 } from "./upgrade/version-2.ts";
import { fromVersion3, type StateV3 } from "./upgrade/version-3.ts";
import { fromVersion4, type StateV4 } from "./upgrade/version-4.ts";

/** A job as it is stored; its shape is that of `record.schema`. */
export type StoredState = { record: { schema: number }; tasks: readonly object[]; outbox: readonly object[] };

/** The state in the present shape; a state that has it already is returned as it is. */
export function upgradeState(stored: StoredState): JobState {
  switch (stored.record.schema) {
    case 1:
      // SAFETY: only the Worker that wrote schema 1 wrote these rows.
      return fromVersion3(fromVersion2(fromVersion1(stored as unknown as StateV1)));
    case 2:
      // SAFETY: the same of schema 2.
      return fromVersion3(fromVersion2(stored as unknown as StateV2));
    case 3:
      // SAFETY: the same of schema 3.
      return fromVersion3(stored as unknown as StateV3);
    case 4:
      // SAFETY: the same of schema 4.
      return fromVersion4(stored as unknown as StateV4);
    case RECORD_SCHEMA:
      // SAFETY: only this Worker's own shape carries this number.
      return stored as unknown as JobState;
    default:
      throw new RangeError(
        `A job of schema ${stored.record.schema} was written by a newer Worker; this one knows ${RECORD_SCHEMA}.`,
      );
  }
}
