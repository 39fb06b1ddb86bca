/** Uploads of a task's results, with its progress. */
import { rm } from "node:fs/promises";
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

/**
 * Makes a file of each item, uploads and removes it, a few at once: the disk holds no more of them. Results are in the
 * order of `items`; `onProgress` gets the share of what is done.
 */
export function uploadEach<Item, File extends { path: string; key: string }>(
  items: readonly Item[],
  store: ObjectStoreConfig,
  run: TaskRun,
  onProgress: (fraction: number) => void,
  makeFile: (item: Item, signal: AbortSignal) => Promise<File>,
): Promise<File[]> {
  let doneCount = 0;
  return mapConcurrently(items, OBJECTS_AT_ONCE, run.signal, async (item, _, signal) => {
    const file = await makeFile(item, signal);
    const { path, key } = file;
    await run.services.objects.putFile({ store, key }, { path, contentType: contentTypeOf(key) }, { signal });
    await rm(path);
    doneCount += 1;
    onProgress(doneCount / items.length);
    return file;
  });
}
