/**
 * Blocks of sources on disk, one file each, so that a block can be dropped by itself and fetched again. Owns the
 * files, their share of the scratch space and the order in which they are given up. What is in them, and when a
 * block is wanted, is their owner's.
 */
import { mkdirSync, rmSync, unlinkSync } from "node:fs";
import path from "node:path";
import type { Claim, ScratchSpace } from "../run/scratch-space.ts";

export type Block = {
  readonly owner: BlockOwner;
  readonly index: number;
  readonly startByte: number;
  /** Bytes that the block has when it is complete. */
  readonly sizeBytes: number;
  readonly path: string;
  /** Bytes from its start that are on disk. */
  filledBytes: number;
  isWriting: boolean;
  /** Readers and writers that are in it now: it is not dropped under them. */
  pins: number;
  /** Null while its owner has claimed the space for all of its blocks together. */
  readonly claim: Claim | null;
};

/** Whose blocks they are. */
export interface BlockOwner {
  readonly directory: string;
  readonly blocks: Map<number, Block>;
  /** Blocks that can not be fetched again one by one are never dropped one by one. */
  keepsBlocks(): boolean;
  /** A reader is in it or will soon come to it. */
  isWanted(blockIndex: number): boolean;
}

type NewBlock = { owner: BlockOwner; index: number; startByte: number; sizeBytes: number };

export interface BlockStore {
  /**
   * An empty block whose space is claimed. With `urgent` blocks that other readers will come to make room too;
   * without it there may be none, and null comes back.
   * @throws TaskFailure `scratch_full` when it is urgent and there is no room.
   */
  add(block: NewBlock, options: { urgent: boolean }): Block | null;
  /** The same for a block whose space its owner has claimed. */
  addClaimed(block: NewBlock): Block;
  /** Marks a block as just used. */
  touch(block: Block): void;
  /** Deletes a block. Safe to call twice. */
  drop(block: Block): void;
  /** Deletes everything of an owner. */
  dropAll(owner: BlockOwner): void;
  /** Makes the directory of an owner. */
  open(owner: BlockOwner): void;
}

export function createBlockStore({ scratch }: { scratch: ScratchSpace }): BlockStore {
  /** Least recently used first. */
  const byAge = new Set<Block>();
  const drop = (block: Block): void => {
    if (!byAge.delete(block)) {
      return;
    }
    block.owner.blocks.delete(block.index);
    unlink(block.path);
    block.claim?.release();
  };
  const reclaim = (bytes: number, mayDrop: (block: Block) => boolean): void => {
    let reclaimed = 0;
    for (const block of byAge) {
      if (reclaimed >= bytes) {
        return;
      }
      if (block.pins === 0 && !block.owner.keepsBlocks() && mayDrop(block)) {
        reclaimed += block.sizeBytes;
        drop(block);
      }
    }
  };
  const isUnwanted = (block: Block): boolean => !block.owner.isWanted(block.index);
  const add = (block: NewBlock, claim: Claim | null): Block => {
    const file = path.join(block.owner.directory, String(block.index));
    const added = { ...block, path: file, filledBytes: 0, isWriting: false, pins: 0, claim };
    block.owner.blocks.set(block.index, added);
    byAge.add(added);
    return added;
  };
  scratch.onShortage((bytes) => {
    const freeBefore = scratch.freeBytes();
    reclaim(bytes, isUnwanted);
    reclaim(bytes - (scratch.freeBytes() - freeBefore), () => true);
  });
  return {
    add(block, { urgent }) {
      reclaim(block.sizeBytes - scratch.freeBytes(), isUnwanted);
      if (!urgent && scratch.freeBytes() < block.sizeBytes) {
        return null;
      }
      return add(block, scratch.claim(block.sizeBytes));
    },
    addClaimed: (block) => add(block, null),
    touch(block) {
      if (byAge.delete(block)) {
        byAge.add(block);
      }
    },
    drop,
    dropAll(owner) {
      [...owner.blocks.values()].forEach(drop);
      rmSync(owner.directory, { recursive: true, force: true });
    },
    open: (owner) => mkdirSync(owner.directory),
  };
}

function unlink(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    // Somebody has tidied up already, or the block was dropped before its file was made.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
      throw error;
    }
  }
}
