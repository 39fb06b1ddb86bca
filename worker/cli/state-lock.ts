/** One service per state directory: two runtimes on one state damage it and run every alarm twice. */
import { rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { CliError } from "./cli-error.ts";
import { readServiceNote, type StatePaths } from "./dev-state.ts";
import { acquireLock } from "./lock-file.ts";
import { isGroupAlive } from "./process-group.ts";

/** The guards of a service that was killed end its processes within a fraction of this. */
const LEFTOVER_WAIT_MS = 3_000;

/**
 * Takes the state for this process and waits for what a killed predecessor left running. Returns the function that
 * lets it go.
 *
 * @throws CliError when another service runs on it.
 */
export async function lockState(paths: StatePaths, stateDir: string): Promise<() => void> {
  const release = acquireLock(paths.lockPath);
  const note = readServiceNote(paths);
  if (release === null) {
    const who = note === null ? "" : ` (process ${note.pid}, ${note.url})`;
    throw new CliError(
      `Another Copra${who} runs on the state in ${stateDir}: stop it, or give this one its own with --state DIR.`,
    );
  }
  for (let waitedMs = 0; note !== null && waitedMs < LEFTOVER_WAIT_MS; waitedMs += 50) {
    if (!isGroupAlive(note.workerGroupId)) {
      break;
    }
    await delay(50);
  }
  return () => {
    rmSync(paths.servicePath, { force: true });
    release();
  };
}
