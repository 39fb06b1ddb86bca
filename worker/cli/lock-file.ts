/**
 * Keeps two services off one state directory. The lock is the operating system's, taken through SQLite on a file
 * of its own: it ends with the process that holds it, so nothing can be stale after a crash.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Takes the lock and returns the function that lets it go; null when another process (or caller) holds it. */
export function acquireLock(path: string): (() => void) | null {
  mkdirSync(dirname(path), { recursive: true });
  const file = new DatabaseSync(path, { timeout: 0 });
  try {
    // Nothing is ever written, so no journal file need lie beside the lock.
    file.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    if (isBusy(error)) {
      return null;
    }
    throw error;
  }
  return () => {
    if (file.isOpen) {
      file.close();
    }
  };
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}
