/** Finds and reads the index of an MP4 or MOV file, and nothing else of it. */
import { BOX_HEADER_BYTES, readBoxHeader } from "../ffmpeg/box-header.ts";

/** Reads bytes [startByte, endByte); fewer only at the end of the source. */
export type ReadBytes = (startByte: number, endByte: number, signal: AbortSignal) => Promise<Uint8Array>;

/** Ten hours at 60 frames a second, with sound, are a quarter of it. */
const MAX_MOOV_BYTES = 256 * 1024 * 1024;

/** Boxes of a file that is not fragmented: a handful. */
const MAX_TOP_BOXES = 64;

type BoxPlace = { type: string; bodyStart: number; end: number };

export type MoovReading =
  /** The box's body. */
  | { state: "read"; moov: Uint8Array }
  /** The file is fragmented, has no index or several, or one that is too large. */
  | { state: "unreadable" }
  /** The upload broke off: a box goes on past the end of the file. */
  | { state: "truncated" };

/**
 * Reads the file's `moov` box.
 *
 * @throws what `read` throws
 */
export async function readMoov(
  source: { sizeBytes: number; read: ReadBytes },
  signal: AbortSignal,
): Promise<MoovReading> {
  const boxes: BoxPlace[] = [];
  for (let at = 0; at < source.sizeBytes; at = boxes.at(-1)?.end ?? source.sizeBytes) {
    const headerEnd = Math.min(at + BOX_HEADER_BYTES, source.sizeBytes);
    const header = readBoxHeader(await source.read(at, headerEnd, signal));
    if (header === null || boxes.length === MAX_TOP_BOXES) {
      return { state: "unreadable" };
    }
    const end = header.sizeBytes === null ? source.sizeBytes : at + header.sizeBytes;
    if (end > source.sizeBytes) {
      return { state: "truncated" };
    }
    boxes.push({ type: header.type, bodyStart: at + header.headerBytes, end });
  }
  const place = findMoov(boxes);
  if (place === null) {
    return { state: "unreadable" };
  }
  const moov = await source.read(place.bodyStart, place.end, signal);
  return moov.length === place.end - place.bodyStart ? { state: "read", moov } : { state: "truncated" };
}

function findMoov(boxes: readonly BoxPlace[]): BoxPlace | null {
  const [moov, ...others] = boxes.filter(({ type }) => type === "moov");
  const isFragmented = boxes.some(({ type }) => type === "moof");
  const isSmall = moov !== undefined && moov.end - moov.bodyStart <= MAX_MOOV_BYTES;
  return moov && isSmall && !isFragmented && others.length === 0 ? moov : null;
}
