/**
 * Disk space of one encoder process. Each process has its own directory inside the scratch directory, named by
 * its pid, so several encoders can share one and the leftovers of a killed process are recognised. Each attempt
 * of a task has a directory inside that, which is gone when the attempt ends, however it ends.
 */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";

export type ScratchDirectory = {
  /** For attempts. */
  tasks: string;
  /** For the source cache. */
  sources: string;
  /** Deletes everything of this process. */
  remove: () => void;
};

const PROCESS_DIRECTORY = /^process-(\d+)-[A-Za-z0-9]{6}$/;

/**
 * Makes this process's directory and deletes those of processes that are gone.
 * @throws Error with a sentence for the operator when the scratch directory cannot be used.
 */
export function openScratch(scratchDirectory: string): ScratchDirectory {
  mkdirSync(scratchDirectory, { recursive: true, mode: 0o700 });
  const found = lstatSync(scratchDirectory);
  // A directory in /tmp with a guessable name may be somebody else's trap.
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw new Error(
      `${scratchDirectory} is not a directory of this user. Set ENCODER_SCRATCH_DIR to a directory that it owns.`,
    );
  }
  removeStale(scratchDirectory);
  const own = mkdtempSync(path.join(scratchDirectory, `process-${process.pid}-`));
  const tasks = path.join(own, "tasks");
  const sources = path.join(own, "sources");
  mkdirSync(tasks);
  mkdirSync(sources);
  return {
    tasks,
    sources,
    remove: () => rmSync(own, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Runs `work` with a fresh directory that is deleted when it settles. */
export async function withWorkspace<Result>(
  parent: string,
  work: (directory: string) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(path.join(parent, "attempt-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function removeStale(scratchDirectory: string): void {
  for (const name of readdirSync(scratchDirectory)) {
    const pid = Number(PROCESS_DIRECTORY.exec(name)?.[1] ?? Number.NaN);
    // In a container the process before a restart had this process's own pid.
    if (!Number.isNaN(pid) && (pid === process.pid || !isAlive(pid))) {
      rmSync(path.join(scratchDirectory, name), { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
