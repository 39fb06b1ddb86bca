/**
 * Whether two answers of a server are about the same version of a file. Pure. Pieces of two versions must never
 * be read as one source.
 */
import type { SourceVersion } from "./open-source.ts";

/** False as soon as something that both answers name differs. */
export function isSameVersion(known: SourceVersion, other: SourceVersion): boolean {
  return (
    agree(known.totalBytes, other.totalBytes) &&
    agree(known.etag, other.etag) &&
    agree(known.lastModified, other.lastModified)
  );
}

/** What If-Range may name (RFC 9110, 13.1.5): a strong ETag, else the date of last change; null without either. */
export function ifRangeOf({ etag, lastModified }: SourceVersion): string | null {
  return etag !== null && /^"[^"]*"$/.test(etag) ? etag : lastModified;
}

function agree<Value>(first: Value | null, second: Value | null): boolean {
  return first === null || second === null || first === second;
}
