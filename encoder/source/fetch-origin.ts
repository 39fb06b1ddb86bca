/**
 * The fetches of a source: starts those that its readers need, writes what they bring into blocks, and decides
 * what a fetch that failed means for the source. How a source without ranges is written is take-whole.ts's.
 */
import type { Block } from "./block-store.ts";
import { type BlockWriter, createBlockWriter } from "./block-writer.ts";
import { openOrigin } from "./open-origin.ts";
import {
  endOrigin,
  type Fetch,
  noteArrival,
  type Origin,
  type Piece,
  toTaskFailure,
  viewOf,
} from "./origin-state.ts";
import { goesOn, planFetch } from "./plan-fetches.ts";
import { streamSource } from "./stream-source.ts";
import { finishWhole, takeWhole } from "./take-whole.ts";

/** Starts every fetch that the readers of a source with ranges need now. Cheap when there is nothing to do. */
export function scheduleFetches(origin: Origin): void {
  while (origin.mode === "ranged" && !origin.ended.signal.aborted) {
    const plan = planFetch(viewOf(origin));
    if (plan?.kind === "fetch") {
      startFetch(origin, plan);
      continue;
    }
    origin.isStarved = plan?.kind === "starved";
    if (plan?.kind === "giveWay" && ![...origin.fetches].some(isGivingWay)) {
      [...origin.fetches].find((fetch) => fetch === plan.fetch)?.controller.abort();
    }
    return;
  }
}

/** Ends the fetches of a source that nobody uses just now. One without ranges could not go on later: it is let be. */
export function pauseFetches(origin: Origin): void {
  if (origin.mode === "ranged") {
    origin.fetches.forEach((fetch) => fetch.controller.abort());
  }
}

/** Fetches [startByte, endByte), or less if nobody wants it any more. */
export function startFetch(origin: Origin, range: { startByte: number; endByte: number }): void {
  const fetch: Fetch = {
    position: range.startByte,
    endByte: range.endByte,
    controller: new AbortController(),
  };
  origin.fetches.add(fetch);
  const running = run(origin, fetch)
    .catch((error: unknown) => judgeEnd(origin, fetch, error))
    .finally(() => {
      origin.fetches.delete(fetch);
      origin.running.delete(running);
      scheduleFetches(origin);
    });
  origin.running.add(running);
}

async function run(origin: Origin, fetch: Fetch): Promise<void> {
  const writer = createBlockWriter(origin.services.store);
  try {
    await streamSource({
      startByte: fetch.position,
      limits: origin.services.limits,
      signal: AbortSignal.any([origin.ended.signal, fetch.controller.signal]),
      async open(startByte, signal) {
        const opened = await openOrigin(origin, { startByte, endByte: fetch.endByte }, signal);
        // The first fetch asks for a block before anybody knows whether there is that much.
        fetch.endByte = Math.min(fetch.endByte, origin.sizeBytes ?? fetch.endByte);
        return opened;
      },
      take: (chunk, position) =>
        origin.mode === "ranged"
          ? takePart(origin, fetch, writer, { chunk, position })
          : takeWhole(origin, writer, { chunk, position }),
      isEnough: (endByte) => {
        if (origin.mode === "sequential") {
          finishWhole(origin, endByte);
          return true;
        }
        return endByte >= fetch.endByte;
      },
    });
  } finally {
    await writer.leave();
  }
}

/** What a fetch that ended with an error means: a failed read-ahead is forgotten, since it may never be needed. */
function judgeEnd(origin: Origin, fetch: Fetch, error: unknown): void {
  if (isGivingWay(fetch) || origin.ended.signal.aborted) {
    return;
  }
  const failure = toTaskFailure(error);
  const isAwaited = [...origin.readers].some(
    ({ waitingSince, position }) =>
      waitingSince !== null && fetch.position <= position && position < fetch.endByte,
  );
  if (isAwaited || origin.mode !== "ranged" || !origin.isOpen || failure.failure.code === "source_changed") {
    endOrigin(origin, failure);
  } else {
    origin.readsAhead = false;
  }
}

function isGivingWay(fetch: Fetch): boolean {
  return fetch.controller.signal.aborted;
}

/** Of a source with ranges. False when the fetch ends here. */
async function takePart(
  origin: Origin,
  fetch: Fetch,
  writer: BlockWriter,
  { chunk, position }: Piece,
): Promise<boolean> {
  for (let taken = 0; taken < chunk.length;) {
    const at = position + taken;
    if (at >= fetch.endByte) {
      return false;
    }
    const index = Math.floor(at / origin.services.blockBytes);
    if (writer.block()?.index !== index && !(await enterBlock(origin, writer, index, at))) {
      return false;
    }
    const block = writer.block();
    if (block === null) {
      return false;
    }
    const piece = chunk.subarray(taken, taken + block.startByte + block.sizeBytes - at);
    await writer.write(piece, at - block.startByte);
    block.filledBytes = at + piece.length - block.startByte;
    fetch.position = at + piece.length;
    taken += piece.length;
    noteArrival(origin, index);
  }
  return true;
}

/** Goes on into a block; false when somebody else has it, nobody wants it, or there is no room to read ahead. */
async function enterBlock(origin: Origin, writer: BlockWriter, index: number, at: number): Promise<boolean> {
  origin.ended.signal.throwIfAborted();
  const { store, blockBytes } = origin.services;
  const known = origin.blocks.get(index);
  const startByte = index * blockBytes;
  const isFirst = writer.block() === null;
  if (isFirst ? known !== undefined && !isResumed(known, at) : isEnd(origin, index)) {
    return false;
  }
  const isAwaited = [...origin.readers].some(
    ({ waitingSince, position }) =>
      waitingSince !== null && startByte <= position && position < startByte + blockBytes,
  );
  const sizeBytes = Math.min(blockBytes, (origin.sizeBytes ?? 0) - startByte);
  const block =
    known ??
    store.add({ owner: origin, index, startByte, sizeBytes }, { urgent: isAwaited || !origin.isOpen });
  if (block === null) {
    origin.readsAhead = false;
    return false;
  }
  await writer.enter(block);
  return true;
}

function isResumed(block: Block, at: number): boolean {
  return !block.isWriting && block.startByte + block.filledBytes === at;
}

function isEnd(origin: Origin, index: number): boolean {
  return origin.isStarved || !goesOn(viewOf(origin), index);
}
