/**
 * The bytes of a source whose server gives no ranges: written from the first to the last, all kept, and compared
 * with what is there when a transfer has to begin anew.
 */
import { TaskFailure } from "../run/task-failure.ts";
import type { Block } from "./block-store.ts";
import type { BlockWriter } from "./block-writer.ts";
import { refuseBeyond } from "./open-origin.ts";
import { markOpen, noteArrival, type Origin, type Piece, wakeReaders } from "./origin-state.ts";

/**
 * Writes the next piece. A transfer that had to begin anew brings bytes that readers have seen already: they
 * must be the same.
 */
export async function takeWhole(
  origin: Origin,
  writer: BlockWriter,
  { chunk, position }: Piece,
): Promise<boolean> {
  const { limits, scratch } = origin.services;
  for (let taken = 0; taken < chunk.length;) {
    const at = position + taken;
    const index = Math.floor(at / origin.services.blockBytes);
    const block = await enterNext(origin, writer, index);
    const offset = at - block.startByte;
    const untilByte = block.filledBytes > offset ? block.filledBytes : origin.services.blockBytes;
    const piece = chunk.subarray(taken, taken + untilByte - offset);
    taken += piece.length;
    if (origin.sizeBytes === null) {
      refuseBeyond(at + piece.length, Math.min(limits.maxBytes, scratch.maxBytes));
    }
    if (block.filledBytes > offset) {
      if (!(await writer.holds(piece, offset))) {
        throw new TaskFailure({ code: "source_changed" });
      }
      continue;
    }
    await writer.write(piece, offset);
    block.filledBytes = offset + piece.length;
    origin.storedBytes = at + piece.length;
    noteArrival(origin, index);
  }
  return true;
}

async function enterNext(origin: Origin, writer: BlockWriter, index: number): Promise<Block> {
  const current = writer.block();
  if (current?.index === index) {
    return current;
  }
  origin.ended.signal.throwIfAborted();
  const { store, blockBytes, scratch } = origin.services;
  const startByte = index * blockBytes;
  let block = origin.blocks.get(index);
  if (block === undefined) {
    if (origin.sizeBytes === null) {
      origin.claim?.resize(Math.min(startByte + blockBytes, scratch.maxBytes));
    }
    block = store.addClaimed({ owner: origin, index, startByte, sizeBytes: blockBytes });
  }
  await writer.enter(block);
  return block;
}

/** The body of a source without ranges has ended as it should. */
export function finishWhole(origin: Origin, endByte: number): void {
  if (endByte === 0) {
    throw new TaskFailure({ code: "source_empty" });
  }
  if (endByte < origin.storedBytes) {
    throw new TaskFailure({ code: "source_changed" });
  }
  origin.sizeBytes = endByte;
  origin.claim?.resize(endByte);
  markOpen(origin);
  wakeReaders(origin, null);
}
