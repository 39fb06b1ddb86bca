/** Reading of a source: yields what is there, has the rest fetched and waits for it. */
import { type FileHandle, open } from "node:fs/promises";
import { TaskFailure } from "../run/task-failure.ts";
import type { Block } from "./block-store.ts";
import { scheduleFetches } from "./fetch-origin.ts";
import { endOrigin, type Origin, type Reader } from "./origin-state.ts";

/** Large enough for disk and socket, small enough that many readers take no memory to speak of. */
const READ_BYTES = 256 * 1024;

/**
 * Bytes [startByte, endByte) of an open source, in order.
 * @throws the reason for which the source has ended; the signal's reason when it is aborted.
 */
export async function* readOrigin(
  origin: Origin,
  { startByte, endByte }: { startByte: number; endByte: number },
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const reader: Reader = { startByte, endByte, position: startByte, waitingSince: null, wake: null };
  let current: OpenBlock | null = null;
  origin.readers.add(reader);
  try {
    while (reader.position < endByte) {
      const index = Math.floor(reader.position / origin.services.blockBytes);
      if (current !== null && current.block.index !== index) {
        // Let go of before the next one is waited for: the room may be needed for it.
        await leaveBlock(current);
        current = null;
        origin.readsAhead = true;
      }
      const block = await untilFilled(origin, reader, index, signal);
      current ??= await enterBlock(origin, block);
      const bytes = current && (await readSome(current, reader));
      if (bytes === null) {
        current = await giveUp(origin, current, block);
        continue;
      }
      reader.position += bytes.length;
      yield bytes;
    }
  } finally {
    origin.readers.delete(reader);
    if (current !== null) {
      await leaveBlock(current);
    }
  }
}

type OpenBlock = { block: Block; handle: FileHandle };

/** The block that holds the reader's next byte, once it is there. */
async function untilFilled(
  origin: Origin,
  reader: Reader,
  index: number,
  signal: AbortSignal,
): Promise<Block> {
  const ended = origin.ended.signal;
  scheduleFetches(origin);
  for (;;) {
    ended.throwIfAborted();
    signal.throwIfAborted();
    const block = origin.blocks.get(index);
    if (block !== undefined && block.startByte + block.filledBytes > reader.position) {
      return block;
    }
    await untilWoken(origin, reader, signal);
  }
}

async function untilWoken(origin: Origin, reader: Reader, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = (): void => {
    reader.wake = null;
    reader.waitingSince = null;
    resolve();
  };
  reader.wake = wake;
  reader.waitingSince = origin.waitCount;
  origin.waitCount += 1;
  signal.addEventListener("abort", wake, { once: true });
  scheduleFetches(origin);
  await promise;
  signal.removeEventListener("abort", wake);
}

async function enterBlock(origin: Origin, block: Block): Promise<OpenBlock | null> {
  block.pins += 1;
  origin.services.store.touch(block);
  try {
    return { block, handle: await open(block.path, "r") };
  } catch {
    block.pins -= 1;
    return null;
  }
}

async function leaveBlock({ block, handle }: OpenBlock): Promise<void> {
  block.pins -= 1;
  await handle.close();
}

/** Null when the file does not hold what was written to it. */
async function readSome({ block, handle }: OpenBlock, reader: Reader): Promise<Buffer | null> {
  const offset = reader.position - block.startByte;
  const length = Math.min(READ_BYTES, block.filledBytes - offset, reader.endByte - reader.position);
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  return bytesRead === 0 ? null : bytes.subarray(0, bytesRead);
}

/** Somebody has deleted files of the scratch directory: what can be fetched again is. */
async function giveUp(origin: Origin, current: OpenBlock | null, block: Block): Promise<null> {
  if (current !== null) {
    await leaveBlock(current);
  }
  if (origin.keepsBlocks()) {
    const log = `${block.path} has disappeared`;
    endOrigin(origin, new TaskFailure({ code: "source_interrupted" }, { log }));
  }
  origin.services.store.drop(block);
  return null;
}
