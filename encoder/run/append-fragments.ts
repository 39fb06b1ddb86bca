/** Fragmented MP4s by their boxes: what is in a file, and one appended to another. */
import { type FileHandle, open } from "node:fs/promises";
import { BOX_HEADER_BYTES } from "../ffmpeg/box-header.ts";
import { type Box, isJoined, readBox } from "../ffmpeg/chunk/fragment-boxes.ts";
import { writeFully } from "../write-fully.ts";
import { TaskFailure } from "./task-failure.ts";

const PIECE_BYTES = 1024 * 1024;

/**
 * Appends the file's fragments to `target`, which is empty or holds earlier fragments of the same rendition.
 *
 * @throws TaskFailure `output_check_failed` when the file is no fragmented MP4
 */
export async function appendFragments(path: string, target: FileHandle): Promise<void> {
  const file = await open(path, "r");
  try {
    const targetBytes = (await target.stat()).size;
    const boxes = (await listBoxes(file)).filter((box) => isJoined(box, targetBytes === 0));
    let atByte = targetBytes;
    for (const { startByte, endByte } of boxes) {
      await copyBytes(file, target, { startByte, endByte, atByte });
      atByte += endByte - startByte;
    }
  } finally {
    await file.close();
  }
}

/**
 * The top-level boxes of a file.
 *
 * @throws TaskFailure `output_check_failed` when it does not consist of boxes
 */
export async function listBoxes(file: FileHandle): Promise<Box[]> {
  const fileBytes = (await file.stat()).size;
  const boxes: Box[] = [];
  const header = Buffer.alloc(BOX_HEADER_BYTES);
  for (let startByte = 0; startByte < fileBytes;) {
    const { bytesRead } = await file.read(header, 0, BOX_HEADER_BYTES, startByte);
    const box = readBox(header.subarray(0, bytesRead), startByte, fileBytes);
    if (box === null) {
      throw new TaskFailure({ code: "output_check_failed" }, { log: `no box at byte ${startByte}` });
    }
    boxes.push(box);
    startByte = box.endByte;
  }
  return boxes;
}

/** Copies a range of one file to a place in another. */
export async function copyBytes(
  from: FileHandle,
  to: FileHandle,
  { startByte, endByte, atByte }: { startByte: number; endByte: number; atByte: number },
): Promise<void> {
  const piece = Buffer.alloc(Math.min(PIECE_BYTES, endByte - startByte));
  for (let offset = startByte; offset < endByte;) {
    const wanted = Math.min(piece.length, endByte - offset);
    const { bytesRead } = await from.read(piece, 0, wanted, offset);
    if (bytesRead === 0) {
      throw new Error("a file became shorter while it was read");
    }
    await writeFully(to, piece.subarray(0, bytesRead), atByte + offset - startByte);
    offset += bytesRead;
  }
}
