/**
 * The account of everything that this process keeps on disk: blocks of sources and what tasks write. Nothing is
 * written that was not claimed, so the disk never fills up in the middle of a job. Whose bytes they are is not
 * known here; who keeps bytes that can be fetched again gives them back on request.
 */
import { statfsSync } from "node:fs";
import { TaskFailure } from "./task-failure.ts";

const MIB = 1024 ** 2;

/** What file systems and other processes take beside the files that are counted. */
const RESERVE_BYTES = 256 * MIB;

/** A share of the scratch space. */
export interface Claim {
  bytes(): number;
  /**
   * Raises or lowers the share to this total.
   * @throws TaskFailure `scratch_full` when there is no room; the share is then as it was.
   */
  resize(totalBytes: number): void;
  /** Gives the share back. Safe to call twice; a released claim can not grow again. */
  release(): void;
}

export interface ScratchSpace {
  readonly maxBytes: number;
  /**
   * Claims bytes before they are written; idle bytes of others make room.
   * @throws TaskFailure `scratch_full` when there is no room.
   */
  claim(bytes: number): Claim;
  usedBytes(): number;
  freeBytes(): number;
  /** `reclaim` is called when a claim lacks `bytes`: it releases claims of idle bytes at once, as far as it can. */
  onShortage(reclaim: (bytes: number) => void): void;
}

/** An account of `maxBytes`. */
export function createScratchSpace({ maxBytes }: { maxBytes: number }): ScratchSpace {
  const reclaimers: ((bytes: number) => void)[] = [];
  let usedBytes = 0;
  const grow = (bytes: number): void => {
    for (const reclaim of reclaimers) {
      if (usedBytes + bytes > maxBytes) {
        reclaim(usedBytes + bytes - maxBytes);
      }
    }
    if (usedBytes + bytes > maxBytes) {
      const log = `${bytes} bytes wanted, ${usedBytes} of ${maxBytes} in use`;
      throw new TaskFailure({ code: "scratch_full" }, { log });
    }
    usedBytes += bytes;
  };
  const claim = (firstBytes: number): Claim => {
    let ownBytes = 0;
    let isReleased = false;
    const resize = (totalBytes: number): void => {
      if (isReleased) {
        throw new Error("the claim is released");
      }
      if (totalBytes > ownBytes) {
        grow(totalBytes - ownBytes);
      } else {
        usedBytes -= ownBytes - totalBytes;
      }
      ownBytes = totalBytes;
    };
    resize(firstBytes);
    return {
      bytes: () => ownBytes,
      resize,
      release() {
        if (!isReleased) {
          resize(0);
          isReleased = true;
        }
      },
    };
  };
  return {
    maxBytes,
    claim,
    usedBytes: () => usedBytes,
    freeBytes: () => maxBytes - usedBytes,
    onShortage: (reclaim) => void reclaimers.push(reclaim),
  };
}

/**
 * How many bytes the process may take: what is configured, or less where the disk has less.
 * @throws Error with a sentence for the operator when the disk has nothing to give.
 */
export function scratchCapacityBytes(directory: string, configuredBytes: number): number {
  const { bavail, bsize } = statfsSync(directory);
  const freeBytes = bavail * bsize;
  const capacityBytes = Math.min(configuredBytes, freeBytes - RESERVE_BYTES);
  if (capacityBytes <= 0) {
    throw new Error(
      `${directory} has ${Math.floor(freeBytes / MIB)} MiB free; the encoder needs more than ${RESERVE_BYTES / MIB} MiB. ` +
        "Make room, or set ENCODER_SCRATCH_DIR to a directory on a larger disk.",
    );
  }
  return capacityBytes;
}
