/**
 * Which bytes of a source are fetched next. Pure. Readers that wait come first; the others are read ahead for, the
 * further the longer they have been reading in a row, so that a jump costs little and a film streams.
 */

export type ReaderView = {
  /** Where it began, and the next byte that it reads; `endByte` is where it will stop at the latest. */
  startByte: number;
  position: number;
  endByte: number;
  /** Order in which readers began to wait; null while it has something to read. */
  waitingSince: number | null;
};

/** A fetch under way: the next byte that it brings, and where it was asked to end. */
export type FetchView = { position: number; endByte: number };

export type SourceView = {
  sizeBytes: number;
  blockBytes: number;
  readers: readonly ReaderView[];
  fetches: readonly FetchView[];
  /** Bytes of a block that are there; null when there is no such block. */
  filledBytes: (blockIndex: number) => number | null;
  maxFetches: number;
  maxReadAheadBytes: number;
  /** Reading ahead makes no sense just now: there is no room, or the server has just refused. */
  readsAhead: boolean;
};

export type FetchPlan =
  | { kind: "fetch"; startByte: number; endByte: number }
  /** A reader waits for a connection, and this fetch is the one that nobody waits for. */
  | { kind: "giveWay"; fetch: FetchView }
  /** A reader waits for a connection, and all of them are waited for: each gives way at its next block. */
  | { kind: "starved" };

/** A reader this many blocks beyond a fetch does not wait for it but has its own. */
const JUMP_BLOCKS = 2;

/** The next thing to do; null when everything that is wanted is there or on its way. */
export function planFetch(view: SourceView): FetchPlan | null {
  const waiting = view.readers
    .filter(({ waitingSince, position }) => waitingSince !== null && !isThere(view, position))
    .sort((first, second) => (first.waitingSince ?? 0) - (second.waitingSince ?? 0));
  for (const reader of waiting) {
    if (view.fetches.some((fetch) => isOnItsWay(view, fetch, reader.position))) {
      continue;
    }
    if (view.fetches.length >= view.maxFetches) {
      const idle = view.fetches.find(
        (fetch) => !waiting.some(({ position }) => isOnItsWay(view, fetch, position)),
      );
      return idle === undefined ? { kind: "starved" } : { kind: "giveWay", fetch: idle };
    }
    return planFrom(view, reader, Math.floor(reader.position / view.blockBytes));
  }
  return view.readsAhead && view.fetches.length < view.maxFetches ? planAhead(view) : null;
}

/** Whether a fetch that has come to the start of this block goes on into it. */
export function goesOn(view: SourceView, blockIndex: number): boolean {
  return view.filledBytes(blockIndex) === null && isWantedBlock(view, blockIndex);
}

/** Whether a reader is in this block or comes to it within its read-ahead. */
export function isWantedBlock(
  view: Pick<SourceView, "blockBytes" | "readers" | "maxReadAheadBytes">,
  blockIndex: number,
): boolean {
  const startByte = blockIndex * view.blockBytes;
  return view.readers.some(
    (reader) =>
      reader.position < startByte + view.blockBytes &&
      startByte < Math.min(reader.endByte, reader.position + windowBytes(view, reader)),
  );
}

function planAhead(view: SourceView): FetchPlan | null {
  for (const reader of view.readers) {
    // The next fetch starts while half of the window is still there: no reader waits for a round trip.
    const untilByte = Math.min(reader.endByte, reader.position + windowBytes(view, reader) / 2);
    let index = Math.floor(reader.position / view.blockBytes);
    for (; index * view.blockBytes < untilByte; index += 1) {
      const missing = firstMissing(view, index);
      const isComing = view.fetches.some(({ position, endByte }) => position <= missing && missing < endByte);
      if (missing < Math.min(endOfBlock(view, index), reader.endByte) && !isComing) {
        return planFrom(view, reader, index);
      }
    }
  }
  return null;
}

/** From the first byte that this block lacks to the end of the reader's window, or the next block that is there. */
function planFrom(view: SourceView, reader: ReaderView, blockIndex: number): FetchPlan {
  const startByte = firstMissing(view, blockIndex);
  const wantedEnd = Math.min(reader.endByte, startByte + windowBytes(view, reader));
  let last = blockIndex;
  while ((last + 1) * view.blockBytes < wantedEnd && view.filledBytes(last + 1) === null) {
    last += 1;
  }
  return { kind: "fetch", startByte, endByte: endOfBlock(view, last) };
}

/** Grows with what was read in a row. The least is two blocks: one to read, one to come. */
function windowBytes(view: Pick<SourceView, "blockBytes" | "maxReadAheadBytes">, reader: ReaderView): number {
  const least = 2 * view.blockBytes;
  return Math.min(
    Math.max(least, view.maxReadAheadBytes),
    Math.max(least, 2 * (reader.position - reader.startByte)),
  );
}

function isOnItsWay(view: SourceView, fetch: FetchView, byte: number): boolean {
  const isNear = byte - fetch.position <= JUMP_BLOCKS * view.blockBytes;
  return fetch.position <= byte && byte < fetch.endByte && isNear;
}

function isThere(view: SourceView, byte: number): boolean {
  return byte < firstMissing(view, Math.floor(byte / view.blockBytes));
}

function firstMissing(view: SourceView, blockIndex: number): number {
  return blockIndex * view.blockBytes + (view.filledBytes(blockIndex) ?? 0);
}

function endOfBlock(view: SourceView, blockIndex: number): number {
  return Math.min(view.sizeBytes, (blockIndex + 1) * view.blockBytes);
}
