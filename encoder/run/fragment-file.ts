/** A fragmented MP4 with one track on the disk, read fragment by fragment. */
import { open, type FileHandle } from "node:fs/promises";
import type { Box } from "../ffmpeg/chunk/fragment-boxes.ts";
import { readBoxHeader } from "../ffmpeg/box-header.ts";
import { readFragment, type Sample } from "../ffmpeg/stream/read-fragment.ts";
import { readTrackInit, type SampleDefaults, type TrackInit } from "../ffmpeg/stream/track-init.ts";
import { listBoxes } from "./append-fragments.ts";
import { checkFailed } from "./task-failure.ts";

/** A `moof` and where the data of its samples lies. */
type FileFragment = {
  samples: [Sample, ...Sample[]];
  startByte: number;
  dataByte: number;
  dataBytes: number;
  /** Of the last box that belongs to it. */
  endByte: number;
};

export type FragmentFile = {
  file: FileHandle;
  init: TrackInit;
  /** `ftyp` and `moov`, which come before all fragments. */
  initBytes: number;
  fragments: () => AsyncIterable<FileFragment>;
};

/**
 * Opens the file for `work` and closes it afterwards.
 *
 * @throws TaskFailure `output_check_failed` when it is something else
 */
export async function withFragmentFile<Result>(
  path: string,
  work: (file: FragmentFile) => Promise<Result>,
): Promise<Result> {
  const file = await open(path, "r");
  try {
    const boxes = await listBoxes(file);
    const moov = boxes.find(({ type }) => type === "moov");
    const init = moov ? readTrackInit(await readBody(file, moov)) : null;
    if (moov === undefined || init === null) {
      throw checkFailed("a file has no description of one track of a codec for streams");
    }
    const fragments = () => readFragments(file, boxes, init.defaults);
    return await work({ file, init, initBytes: moov.endByte, fragments });
  } finally {
    await file.close();
  }
}

/**
 * The fragments among the top-level boxes of a file.
 *
 * @throws TaskFailure `output_check_failed` when one is not what it says
 */
export async function* readFragments(
  file: FileHandle,
  boxes: readonly Box[],
  defaults: SampleDefaults,
): AsyncGenerator<FileFragment, void> {
  for (const [index, moof] of boxes.entries()) {
    if (moof.type !== "moof") {
      continue;
    }
    const body = await readBody(file, moof);
    const fragment = readFragment(body, moof.endByte - moof.startByte - body.length, defaults);
    const mdat = boxes[index + 1];
    if (fragment === null || mdat?.type !== "mdat") {
      throw checkFailed(`no fragment of one track at byte ${moof.startByte}`);
    }
    const dataByte = moof.startByte + fragment.dataOffsetBytes;
    const dataBytes = fragment.samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (dataByte + dataBytes > mdat.endByte) {
      throw checkFailed(`samples of the fragment at byte ${moof.startByte} lie outside of it`);
    }
    const { samples } = fragment;
    yield { samples, startByte: moof.startByte, dataByte, dataBytes, endByte: mdat.endByte };
  }
}

async function readBody(file: FileHandle, box: Box): Promise<Uint8Array> {
  const bytes = await readRange(file, box.startByte, box.endByte);
  return bytes.subarray(readBoxHeader(bytes)?.headerBytes ?? bytes.length);
}

/** Bytes [startByte, endByte) of a file that has them. */
export async function readRange(file: FileHandle, startByte: number, endByte: number): Promise<Buffer> {
  const bytes = Buffer.alloc(endByte - startByte);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, startByte + done);
    if (bytesRead === 0) {
      throw new Error("a file became shorter while it was read");
    }
    done += bytesRead;
  }
  return bytes;
}
