/**
 * What to ask a source's server for, and what its answer says: whether it gives ranges, how large the file is and
 * whether it is still the same one.
 */
import { TaskFailure } from "../run/task-failure.ts";
import { formatBytes } from "./fetch-limits.ts";
import { type OpenedSource, openSource, type RefusedRange, type WantedRange } from "./open-source.ts";
import type { Origin } from "./origin-state.ts";
import { SourceSetback } from "./source-setback.ts";
import { ifRangeOf, isSameVersion } from "./source-version.ts";

/**
 * Opens a connection that brings bytes from `startByte` to `endByte`, or the whole file from a server that gives no
 * ranges. The first answer decides which of the two the source is.
 * @throws SourceSetback, TaskFailure
 */
export function openOrigin(
  origin: Origin,
  range: { startByte: number; endByte: number },
  signal: AbortSignal,
): Promise<OpenedSource> {
  switch (origin.mode) {
    case "opening":
      return openFirst(origin, signal);
    case "ranged":
      return openRange(origin, range, signal);
    case "sequential":
      return openAgain(origin, signal);
  }
}

async function openFirst(origin: Origin, signal: AbortSignal): Promise<OpenedSource> {
  const { blockBytes } = origin.services;
  let opened = await ask(origin, { startByte: 0, endByte: blockBytes, ifRange: null }, signal);
  if (opened.kind === "refused") {
    opened = await askForAll(origin, signal);
  }
  try {
    const { totalBytes, etag, lastModified } = opened;
    origin.version = { totalBytes, etag, lastModified };
    const isRanged =
      opened.kind === "part" ||
      (opened.offersRanges && (totalBytes ?? 0) > blockBytes && (await provesRanges(origin, signal)));
    admit(origin, totalBytes, isRanged);
    origin.sizeBytes = totalBytes;
    origin.mode = isRanged ? "ranged" : "sequential";
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** A server may answer a range that begins with the file's first byte with all of it, and still know ranges. */
async function provesRanges(origin: Origin, signal: AbortSignal): Promise<boolean> {
  const range = { startByte: 1, endByte: 2, ifRange: null };
  const opened = await ask(origin, range, signal).catch(() => null);
  signal.throwIfAborted();
  if (opened === null || opened.kind === "refused") {
    return false;
  }
  opened.close();
  return opened.kind === "part" && isSameVersion(origin.version, opened);
}

/** Judges the size and claims the space of what has to be kept as a whole. */
function admit(origin: Origin, totalBytes: number | null, isRanged: boolean): void {
  const { limits, scratch } = origin.services;
  if (totalBytes === 0) {
    throw new TaskFailure({ code: "source_empty" });
  }
  refuseBeyond(totalBytes ?? 0, limits.maxBytes);
  if (!isRanged) {
    refuseBeyond(totalBytes ?? 0, scratch.maxBytes);
    origin.claim = scratch.claim(totalBytes ?? 0);
  }
}

/** @throws TaskFailure `source_too_large` */
export function refuseBeyond(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new TaskFailure({ code: "source_too_large", limit: formatBytes(maxBytes) });
  }
}

async function openRange(
  origin: Origin,
  { startByte, endByte }: { startByte: number; endByte: number },
  signal: AbortSignal,
): Promise<OpenedSource> {
  const ifRange = origin.usesIfRange ? ifRangeOf(origin.version) : null;
  const opened = await ask(origin, { startByte, endByte, ifRange }, signal);
  const isSame = isSameVersion(origin.version, opened);
  if (opened.kind === "part" && isSame) {
    return opened;
  }
  if (opened.kind !== "refused") {
    opened.close();
  }
  // A file that does not reach this far any more has become another one.
  if (!isSame || (opened.kind === "refused" && opened.httpStatus === 416 && opened.totalBytes === null)) {
    throw new TaskFailure({ code: "source_changed" });
  }
  if (opened.kind === "whole" && ifRange !== null) {
    origin.usesIfRange = false;
    return openRange(origin, { startByte, endByte }, signal);
  }
  const httpStatus = opened.kind === "refused" ? opened.httpStatus : 200;
  throw new SourceSetback({ code: "source_http_error", httpStatus }, { mayRetry: true });
}

async function openAgain(origin: Origin, signal: AbortSignal): Promise<OpenedSource> {
  const opened = await askForAll(origin, signal);
  if (!isSameVersion(origin.version, opened)) {
    opened.close();
    throw new TaskFailure({ code: "source_changed" });
  }
  return opened;
}

function ask(
  origin: Origin,
  range: WantedRange | null,
  signal: AbortSignal,
): Promise<OpenedSource | RefusedRange> {
  const { dispatcher, limits } = origin.services;
  return openSource(origin.url, { dispatcher, signal, range, stallTimeoutMs: limits.stallTimeoutMs });
}

async function askForAll(origin: Origin, signal: AbortSignal): Promise<OpenedSource> {
  const opened = await ask(origin, null, signal);
  if (opened.kind === "refused") {
    throw new SourceSetback(
      { code: "source_http_error", httpStatus: opened.httpStatus },
      { mayRetry: false },
    );
  }
  return opened;
}
