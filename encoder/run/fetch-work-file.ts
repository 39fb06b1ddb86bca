/** Reads a part back that another task has stored, and makes sure that it is what was stored. */
import { rm } from "node:fs/promises";
import type { ObjectStoreConfig, WorkFile } from "../contract/object-store.ts";
import type { ObjectStore, TransferOptions } from "../storage/object-store.ts";
import { hashFile } from "./hash-file.ts";
import { TaskFailure } from "./task-failure.ts";

/**
 * Fetches the part to `path`.
 *
 * @throws TaskFailure `work_file_lost` that names the key when the part is missing or has other bytes
 * @throws as `ObjectStore.getToFile` does
 */
export async function fetchWorkFile(
  objects: ObjectStore,
  { store, file, path }: { store: ObjectStoreConfig; file: WorkFile; path: string },
  options: TransferOptions,
): Promise<void> {
  await objects.getToFile({ store, key: file.key }, path, options).catch((error: unknown) => {
    throw isMissing(error) ? lost(file, "it is missing") : error;
  });
  const found = await hashFile(path);
  if (found.sizeBytes !== file.sizeBytes || found.sha256 !== file.sha256) {
    await rm(path);
    throw lost(file, `${found.sizeBytes} bytes of ${found.sha256}`);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof TaskFailure && error.failure.httpStatus === 404;
}

function lost({ key }: WorkFile, log: string): TaskFailure {
  return new TaskFailure({ code: "work_file_lost", lostKeys: [key] }, { log: `${key}: ${log}` });
}
