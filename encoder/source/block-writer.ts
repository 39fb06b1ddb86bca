/** Writes blocks one after the other, keeping at most one file open. */
import { type FileHandle, open } from "node:fs/promises";
import { writeFully } from "../write-fully.ts";
import type { Block, BlockStore } from "./block-store.ts";

export interface BlockWriter {
  block(): Block | null;
  /** Leaves the present block and opens another; what it holds stays. */
  enter(block: Block): Promise<void>;
  write(bytes: Buffer, offset: number): Promise<void>;
  /** Whether these bytes are on disk at this place of the block. */
  holds(bytes: Buffer, offset: number): Promise<boolean>;
  /** Leaves the present block; an empty one is dropped. */
  leave(): Promise<void>;
}

export function createBlockWriter(store: BlockStore): BlockWriter {
  let current: { block: Block; handle: FileHandle } | null = null;
  const present = (): { block: Block; handle: FileHandle } => {
    if (current === null) {
      throw new Error("no block is open");
    }
    return current;
  };
  const leave = async (): Promise<void> => {
    const left = current;
    current = null;
    if (left !== null) {
      await left.handle.close();
      release(store, left.block);
    }
  };
  return {
    block: () => current?.block ?? null,
    async enter(block) {
      // Pinned before anything is awaited: no other writer may take it and nothing may drop it.
      block.pins += 1;
      block.isWriting = true;
      store.touch(block);
      try {
        await leave();
        current = { block, handle: await open(block.path, block.filledBytes === 0 ? "w+" : "r+") };
      } catch (error) {
        release(store, block);
        throw error;
      }
    },
    write: (bytes, offset) => writeFully(present().handle, bytes, offset),
    async holds(bytes, offset) {
      const found = Buffer.allocUnsafe(bytes.length);
      const { bytesRead } = await present().handle.read(found, 0, found.length, offset);
      return bytesRead === bytes.length && found.equals(bytes);
    },
    leave,
  };
}

function release(store: BlockStore, block: Block): void {
  block.pins -= 1;
  block.isWriting = false;
  if (block.filledBytes === 0) {
    store.drop(block);
  }
}
