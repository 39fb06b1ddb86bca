/** Jobs of record schema 4, brought up to the present one: the sounds of a stream spanned what its pictures span. */
import {
  RECORD_SCHEMA,
  type JobRecord,
  type JobState,
  type PackageWork,
  type TaskRecord,
  type TaskWork,
} from "../job-record.ts";
import type { Stream } from "../stream-record.ts";

type PackageWorkV4 = Omit<PackageWork, "stream"> & { stream: Omit<Stream, "soundSpan"> };
type WorkV4 = Exclude<TaskWork, PackageWork> | PackageWorkV4;
export type StateV4 = {
  record: Omit<JobRecord, "schema"> & { schema: 4 };
  tasks: (Omit<TaskRecord, "work"> & { work: WorkV4 })[];
  outbox: JobState["outbox"];
};

export function fromVersion4({ record, tasks, outbox }: StateV4): JobState {
  return {
    record: { ...record, schema: RECORD_SCHEMA },
    tasks: tasks.map(({ work, ...task }) => ({
      ...task,
      work:
        work.kind === "package" ? { ...work, stream: { ...work.stream, soundSpan: work.stream.span } } : work,
    })),
    outbox,
  };
}
