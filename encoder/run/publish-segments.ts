/** Uploads of a track's segments: a few at once, each gone from the disk as soon as it is stored. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { FragmentTarget, PublishedTrack, TransportTarget } from "../contract/stream.ts";
import { fileKey, fragmentFile, INIT_FILE, transportFile } from "../manifest/file-names.ts";
import { contentTypeOf } from "../storage/content-type.ts";
import { copyBytes } from "./append-fragments.ts";
import { type EncryptionWork, encryptFragments } from "./encrypt-fragments.ts";
import type { TaskRun } from "./task-run.ts";
import { encryptTransportSegment, type TransportSegment } from "./transport-segments.ts";
import { uploadEach } from "./upload-files.ts";
import type { WorkContext } from "./work-context.ts";
import { type CutSegment, readInit } from "./write-segments.ts";

/** A track that is published: where in its package, and on which clock. */
export type TrackPlace<Target> = {
  target: Target;
  folder: string;
  ticksPerSecond: number;
  codecs: string[];
};

/** Publishes segments of a transport stream, `timeline` being the same cuts on the track's clock. */
export async function publishTransport(
  segments: readonly TransportSegment[],
  timeline: readonly { startTicks: number; durationTicks: number }[],
  { target, folder, ticksPerSecond, codecs }: TrackPlace<TransportTarget>,
  run: TaskRun,
  onProgress: WorkContext["onProgress"],
): Promise<PublishedTrack> {
  const { encryption } = target;
  const published = await uploadEach(segments, target.store, run, onProgress, async (segment, signal) => {
    const file = encryption ? await encryptTransportSegment(segment, encryption, signal) : segment;
    return { ...file, key: fileKey(target.prefix, `${folder}/${transportFile(segment.number)}`) };
  });
  return {
    ticksPerSecond,
    codecs,
    startTicks: timeline[0]?.startTicks ?? 0,
    segments: published.map(({ number, sizeBytes, keyframeBytes }, index) => ({
      number,
      durationTicks: timeline[index]?.durationTicks ?? 0,
      sizeBytes,
      keyframeBytes,
    })),
  };
}

/**
 * Publishes segments of fragmented MP4; the first stretch of a track publishes its description too. Progress of the
 * uploads goes to `ctx.onProgress`.
 */
export async function publishFragments(
  work: Omit<EncryptionWork, "encryption" | "folderKey">,
  { target, folder, ticksPerSecond, codecs }: TrackPlace<FragmentTarget>,
  run: TaskRun,
  ctx: WorkContext,
): Promise<PublishedTrack> {
  const { encryption } = target;
  const folderKey = fileKey(target.prefix, folder);
  const encrypted = encryption ? await encryptFragments({ ...work, folderKey, encryption }, ctx) : null;
  if (work.firstNumber === 0) {
    const init = encrypted ? encrypted.initPath : await extractInit(work.path, ctx.directory);
    const ref = { store: target.store, key: fileKey(folderKey, INIT_FILE) };
    const file = { path: init, contentType: contentTypeOf(INIT_FILE) };
    await run.services.objects.putFile(ref, file, { signal: run.signal });
  }
  const segments: PlacedSegment[] = encrypted
    ? encrypted.segments.map((segment) => ({ ...segment, source: null }))
    : work.segments.map((segment) => plainSegment(work, segment, ctx.directory));
  await uploadEach(segments, target.store, run, ctx.onProgress, async ({ path, startTicks, source }) => {
    if (source) {
      await extract(source, path);
    }
    return { path, key: fileKey(folderKey, fragmentFile(startTicks)) };
  });
  return {
    ticksPerSecond,
    codecs,
    startTicks: segments[0]?.startTicks ?? 0,
    segments: segments.map(({ durationTicks, sizeBytes, keyframeBytes }, index) => ({
      number: work.firstNumber + index,
      durationTicks,
      sizeBytes,
      keyframeBytes: work.kind === "video" ? keyframeBytes : null,
    })),
  };
}

type FileRange = { path: string } & Pick<CutSegment, "startByte" | "endByte">;

/** A segment and the file that is uploaded, which is still to be cut out of another where that is named. */
type PlacedSegment = {
  startTicks: number;
  durationTicks: number;
  path: string;
  sizeBytes: number;
  keyframeBytes: number;
  source: FileRange | null;
};

function plainSegment(
  { path }: Pick<EncryptionWork, "path">,
  { startTicks, durationTicks, startByte, endByte, keyframeBytes }: CutSegment,
  directory: string,
): PlacedSegment {
  return {
    startTicks,
    durationTicks,
    path: join(directory, fragmentFile(startTicks)),
    sizeBytes: endByte - startByte,
    keyframeBytes,
    source: { path, startByte, endByte },
  };
}

async function extractInit(path: string, directory: string): Promise<string> {
  const initPath = join(directory, INIT_FILE);
  const { length } = await readInit(path);
  await extract({ path, startByte: 0, endByte: length }, initPath);
  return initPath;
}

async function extract({ path, ...range }: FileRange, toPath: string): Promise<void> {
  const [from, to] = [await open(path, "r"), await open(toPath, "w")];
  try {
    await copyBytes(from, to, { ...range, atByte: 0 });
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}
