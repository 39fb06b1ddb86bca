/**
 * The claim of a directory that others write to: FFmpeg does not ask before it writes. It follows what is there,
 * and what is known to come can be claimed ahead.
 */
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import type { ScratchSpace } from "./scratch-space.ts";
import { TaskFailure } from "./task-failure.ts";

/** What is written in between must fit into the reserve that `scratchCapacityBytes` leaves. */
const MEASURE_INTERVAL_MS = 500;

export interface DirectoryClaim {
  /**
   * Claims at least this much in all, such as files that are about to be fetched.
   * @throws TaskFailure `scratch_full` when there is no room.
   */
  expect(totalBytes: number): void;
  /** Aborted with a TaskFailure `scratch_full` as its reason when the directory has outgrown the scratch space. */
  full: AbortSignal;
  /** Gives the space back and stops measuring, after the directory is gone. Safe to call twice. */
  release(): void;
}

/** Claims what `directory` holds from now on. */
export function claimDirectory(
  scratch: ScratchSpace,
  directory: string,
  intervalMs = MEASURE_INTERVAL_MS,
): DirectoryClaim {
  const claim = scratch.claim(0);
  const full = new AbortController();
  let expectedBytes = 0;
  let isReleased = false;
  let timer: NodeJS.Timeout | null = null;
  const measure = async (): Promise<void> => {
    const bytes = Math.max(expectedBytes, await sizeOf(directory));
    if (isReleased) {
      return;
    }
    try {
      claim.resize(bytes);
      timer = setTimeout(() => void measure(), intervalMs).unref();
    } catch (error) {
      full.abort(error instanceof TaskFailure ? error : new TaskFailure({ code: "scratch_full" }));
    }
  };
  timer = setTimeout(() => void measure(), intervalMs).unref();
  return {
    expect(totalBytes) {
      claim.resize(Math.max(claim.bytes(), totalBytes));
      expectedBytes = Math.max(expectedBytes, totalBytes);
    },
    full: full.signal,
    release() {
      isReleased = true;
      clearTimeout(timer ?? undefined);
      claim.release();
    },
  };
}

/** Bytes of all files below; files that vanish meanwhile count for nothing. */
async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      lstat(path.join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
