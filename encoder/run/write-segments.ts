/** A fragmented MP4 in which every fragment is one segment of a stream, as it is written and as it is read back. */
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { retimeSamples, type StreamSample } from "../ffmpeg/stream/fragment-timeline.ts";
import { segmentHead } from "../ffmpeg/stream/write-fragment.ts";
import { writeFully } from "../write-fully.ts";
import { copyBytes } from "./append-fragments.ts";
import { type FragmentFile, readRange, withFragmentFile } from "./fragment-file.ts";
import type { StretchTimeline } from "./stretch-timeline.ts";

/** One segment of a track and where it lies in its file, `moof` and `mdat`. */
export type CutSegment = {
  startTicks: number;
  durationTicks: number;
  startByte: number;
  endByte: number;
  /** `moof` and the first sample. */
  keyframeBytes: number;
};

/** Writes segments behind each other. */
export type SegmentWriter = {
  /** `writeData` puts the samples' bytes to the place that it is told. */
  add: (
    segment: { startTicks: number; samples: readonly StreamSample[] },
    writeData: (target: FileHandle, atByte: number) => Promise<void>,
  ) => Promise<CutSegment>;
};

/** Begins a file with the description of its track; `firstNumber` is the number of its first segment in the track. */
export async function beginSegments(
  target: FileHandle,
  init: Uint8Array,
  firstNumber: number,
): Promise<SegmentWriter> {
  await writeFully(target, init, 0);
  let atByte = init.length;
  let sequenceNumber = firstNumber + 1;
  return {
    async add({ startTicks, samples }, writeData) {
      const head = segmentHead({ sequenceNumber, startTicks, samples });
      await writeFully(target, head, atByte);
      await writeData(target, atByte + head.length);
      const startByte = atByte;
      atByte += head.length + samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      sequenceNumber += 1;
      return {
        startTicks,
        durationTicks: samples.reduce((sum, { durationTicks }) => sum + durationTicks, 0),
        startByte,
        endByte: atByte,
        keyframeBytes: head.length + (samples[0]?.sizeBytes ?? 0),
      };
    },
  };
}

/** Writes the segments of a stretch of a picture to `path`, behind the description in the file at `initPath`. */
export async function writePictureSegments(
  source: FragmentFile,
  timeline: StretchTimeline,
  { initPath, path, firstNumber }: { initPath: string; path: string; firstNumber: number },
): Promise<CutSegment[]> {
  const init = await readInit(initPath);
  const target = await open(path, "w");
  try {
    const writer = await beginSegments(target, init, firstNumber);
    const segments: CutSegment[] = [];
    for await (const { samples, dataByte, dataBytes } of source.fragments()) {
      const at = segments.length;
      const endTicks = (timeline.starts[at + 1] ?? timeline.endTicks) + timeline.offsetTicks;
      const segment = {
        startTicks: timeline.starts[at] ?? timeline.endTicks,
        samples: retimeSamples(samples, endTicks),
      };
      const range = { startByte: dataByte, endByte: dataByte + dataBytes };
      segments.push(
        await writer.add(segment, (to, atByte) => copyBytes(source.file, to, { ...range, atByte })),
      );
    }
    return segments;
  } finally {
    await target.close();
  }
}

/** `ftyp` and `moov` of a fragmented MP4. */
export function readInit(path: string): Promise<Buffer> {
  return withFragmentFile(path, ({ file, initBytes }) => readRange(file, 0, initBytes));
}
