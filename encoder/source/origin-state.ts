/**
 * What is known of one source: its version, the blocks that are there, who reads and what is being fetched. Only
 * small steps on it live here; fetching is fetch-origin.ts's and reading read-origin.ts's.
 */
import type { Dispatcher } from "undici";
import type { Claim, ScratchSpace } from "../run/scratch-space.ts";
import { TaskFailure } from "../run/task-failure.ts";
import type { BlockOwner, BlockStore } from "./block-store.ts";
import type { SourceLimits } from "./fetch-limits.ts";
import type { SourceVersion } from "./open-source.ts";
import { type FetchView, isWantedBlock, type ReaderView, type SourceView } from "./plan-fetches.ts";

export type OriginServices = {
  dispatcher: Dispatcher;
  limits: SourceLimits;
  scratch: ScratchSpace;
  store: BlockStore;
  blockBytes: number;
  maxReadAheadBytes: number;
  /** Connections to the server of one source. */
  maxFetches: number;
};

export type Reader = ReaderView & {
  /** Ends the wait; null while it does not wait. */
  wake: (() => void) | null;
};

export type Fetch = FetchView & { controller: AbortController };

export type Origin = BlockOwner & {
  readonly services: OriginServices;
  readonly url: string;
  /**
   * `opening` until the server has answered; then whether it gives ranges, or the whole file only, which is fetched
   * from its beginning to its end and kept.
   */
  mode: "opening" | "ranged" | "sequential";
  version: SourceVersion;
  /** Null while nobody knows. */
  sizeBytes: number | null;
  /** False for servers that answer If-Range with the whole of an unchanged file. */
  usesIfRange: boolean;
  /** Of a sequential source: the space for all of it, and how much of it is there. */
  claim: Claim | null;
  storedBytes: number;
  readers: Set<Reader>;
  waitCount: number;
  fetches: Set<Fetch>;
  running: Set<Promise<void>>;
  readsAhead: boolean;
  /** A reader waits for a connection: fetches end at their next block. */
  isStarved: boolean;
  isOpen: boolean;
  /** Resolves when the size is known and the first bytes are there. */
  opened: PromiseWithResolvers<void>;
  /** Aborted when the source has failed or was let go of; nothing is read or fetched afterwards. */
  ended: AbortController;
};

/** A source of which nothing is known. */
export function newOrigin(url: string, directory: string, services: OriginServices): Origin {
  const readers = new Set<Reader>();
  const opened = Promise.withResolvers<void>();
  // Whoever opens the source awaits it; the rejection must not count as unhandled when nobody is left.
  opened.promise.catch(() => undefined);
  const origin: Origin = {
    services,
    url,
    directory,
    blocks: new Map(),
    keepsBlocks: () => origin.mode !== "ranged",
    isWanted: (blockIndex) => isWantedBlock({ ...services, readers: [...readers] }, blockIndex),
    mode: "opening",
    version: { totalBytes: null, etag: null, lastModified: null },
    sizeBytes: null,
    usesIfRange: true,
    claim: null,
    storedBytes: 0,
    readers,
    waitCount: 0,
    fetches: new Set(),
    running: new Set(),
    readsAhead: true,
    isStarved: false,
    isOpen: false,
    opened,
    ended: new AbortController(),
  };
  return origin;
}

/** What the planner sees of a source whose size is known. */
export function viewOf(origin: Origin): SourceView {
  return {
    sizeBytes: origin.sizeBytes ?? 0,
    blockBytes: origin.services.blockBytes,
    readers: [...origin.readers],
    fetches: [...origin.fetches],
    filledBytes: (blockIndex) => origin.blocks.get(blockIndex)?.filledBytes ?? null,
    maxFetches: origin.services.maxFetches,
    maxReadAheadBytes: origin.services.maxReadAheadBytes,
    readsAhead: origin.readsAhead,
  };
}

/** Wakes the readers that wait for bytes of this block; all of them without one. */
export function wakeReaders(origin: Origin, blockIndex: number | null): void {
  const { blockBytes } = origin.services;
  for (const reader of origin.readers) {
    if (blockIndex === null || Math.floor(reader.position / blockBytes) === blockIndex) {
      reader.wake?.();
    }
  }
}

/** Bytes of a fetch and where they belong. */
export type Piece = { chunk: Buffer; position: number };

/** New bytes of a block are on disk. */
export function noteArrival(origin: Origin, blockIndex: number): void {
  if (origin.sizeBytes !== null && !origin.isOpen) {
    markOpen(origin);
  }
  wakeReaders(origin, blockIndex);
}

export function markOpen(origin: Origin): void {
  origin.isOpen = true;
  origin.opened.resolve();
}

/** Ends everything that goes on with the source. The first reason stays. */
export function endOrigin(origin: Origin, reason: unknown): void {
  if (!origin.ended.signal.aborted) {
    origin.ended.abort(reason);
    origin.opened.reject(reason);
    wakeReaders(origin, null);
  }
}

/** Bytes that it takes on disk, claimed ones included. */
export function bytesOf(origin: Origin): number {
  const ofBlocks = [...origin.blocks.values()].reduce((sum, block) => sum + (block.claim?.bytes() ?? 0), 0);
  return ofBlocks + (origin.claim?.bytes() ?? 0);
}

/** Errors of the file system and the like, as what a task reports. */
export function toTaskFailure(error: unknown): TaskFailure {
  if (error instanceof TaskFailure) {
    return error;
  }
  const code = error instanceof Error && "code" in error ? error.code : null;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  return new TaskFailure({ code: isFull ? "scratch_full" : "internal_error" }, { cause: error });
}
