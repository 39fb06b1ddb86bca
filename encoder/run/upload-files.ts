/** Uploads of a task's results, with its progress. */
import type { ObjectRef, ObjectStoreConfig, WrittenObject } from "../contract/object-store.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import { contentTypeOf } from "../storage/content-type.ts";
import type { TaskRun } from "./task-run.ts";

/** Small objects are bound by round trips, not by bandwidth; more at once runs into stores' rate limits. */
const OBJECTS_AT_ONCE = 4;

/** Uploads one file; its progress is the phase's. */
export async function uploadFile(file: string, target: ObjectRef, run: TaskRun): Promise<WrittenObject> {
  run.onProgress("uploading", 0);
  return run.services.objects.putFile(
    target,
    { path: file, contentType: contentTypeOf(target.key) },
    { signal: run.signal, onProgress: (fraction) => run.onProgress("uploading", fraction) },
  );
}

/** Uploads in any order, a few at once; results are in the order of `uploads`. */
export function uploadAll(
  uploads: readonly { path: string; key: string; contentType: string }[],
  store: ObjectStoreConfig,
  run: TaskRun,
  toFraction: (doneCount: number) => number,
): Promise<WrittenObject[]> {
  let doneCount = 0;
  return mapConcurrently(uploads, OBJECTS_AT_ONCE, run.signal, async ({ key, ...file }, _, signal) => {
    const object = await run.services.objects.putFile({ store, key }, file, { signal });
    doneCount += 1;
    run.onProgress("uploading", toFraction(doneCount));
    return object;
  });
}
