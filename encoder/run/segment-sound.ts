/** The task `segment-sound`: one sound of a stream, cut into segments that are published and into pieces that are stored. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { WorkFile } from "../contract/object-store.ts";
import type { TaskResult } from "../contract/report.ts";
import type { PublishedTrack } from "../contract/stream.ts";
import type { SegmentSoundTask } from "../contract/task.ts";
import { SOUND_OFFSET_SECONDS, soundFragmentArgs } from "../ffmpeg/stream/stream-args.ts";
import { writeSoundPieces, writeSoundSegments } from "./cut-sound.ts";
import { fetchWorkFile } from "./fetch-work-file.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { withFragmentFile } from "./fragment-file.ts";
import { hashFile } from "./hash-file.ts";
import { publishFragments, publishTransport } from "./publish-segments.ts";
import { type TaskRun, workContext } from "./task-run.ts";
import { makeTransportSegments } from "./transport-segments.ts";
import { uploadEach } from "./upload-files.ts";
import type { WorkContext } from "./work-context.ts";
import type { CutSegment } from "./write-segments.ts";

/** The whole sound on its own clock, a fragment per segment. */
type CutSound = { path: string; segments: CutSegment[]; ticksPerSecond: number; codec: string };

/** Stores the pieces first: stretches wait for them. */
export async function segmentSound(task: SegmentSoundTask, run: TaskRun): Promise<TaskResult> {
  // The sound, and once more as pieces or as a transport stream, whose packets are half empty at low rates.
  run.expectBytes(4 * task.file.sizeBytes);
  const ctx = await workContext(run, "fetching", run.signal);
  const sound = await fetchAndCut(task, run, ctx);
  const share = (index: number) => (fraction: number) => run.onProgress("uploading", (index + fraction) / 3);
  const pieces = await storePieces(task, sound, run, { ...ctx, onProgress: share(0) });
  const transport = await publishSoundTransport(task, sound, run, { ...ctx, onProgress: share(1) });
  const fragments = await publishSoundFragments(task, sound, run, { ...ctx, onProgress: share(2) });
  return { kind: "segment-sound", pieces, transport, fragments };
}

async function fetchAndCut(task: SegmentSoundTask, run: TaskRun, ctx: WorkContext): Promise<CutSound> {
  const { workStore: store, file } = task;
  const fetchedPath = join(ctx.directory, "sound.mp4");
  const part = { store, file, path: fetchedPath };
  const { signal } = run;
  await fetchWorkFile(run.services.objects, part, { signal, onProgress: ctx.onProgress });
  const fragmentsPath = join(ctx.directory, "fragments.mp4");
  run.onProgress("packaging", 0);
  await runFfmpeg(soundFragmentArgs(fetchedPath, fragmentsPath), ctx, {
    expectedSeconds: null,
    wallLimitMs: wallLimitFor(null),
    onProgress: () => undefined,
  });
  await rm(fetchedPath);
  const path = join(ctx.directory, "segments.mp4");
  const cut = await withFragmentFile(fragmentsPath, async (source) => {
    const segments = await writeSoundSegments(source, { offsetSeconds: SOUND_OFFSET_SECONDS, path });
    return { path, segments, ticksPerSecond: source.init.ticksPerSecond, codec: source.init.codec };
  });
  await rm(fragmentsPath);
  run.onProgress("packaging", 1);
  return cut;
}

async function storePieces(
  { pieces, workStore }: SegmentSoundTask,
  { path }: CutSound,
  run: TaskRun,
  ctx: WorkContext,
): Promise<WorkFile[]> {
  if (pieces === null) {
    return [];
  }
  const { borderSeconds, keys } = pieces;
  if (keys.length !== borderSeconds.length + 1) {
    throw new Error(`${keys.length} pieces with ${borderSeconds.length} borders`);
  }
  const files = keys.map((key, index) => ({ key, path: join(ctx.directory, `piece-${index}.mp4`) }));
  const paths = files.map((file) => file.path);
  await withFragmentFile(path, (source) => writeSoundPieces(source, { borderSeconds, paths }));
  const stored = await uploadEach(files, workStore, run, ctx.onProgress, async (file) => ({
    ...file,
    ...(await hashFile(file.path)),
  }));
  return stored.map(({ key, sizeBytes, sha256 }) => ({ key, sizeBytes, sha256 }));
}

async function publishSoundTransport(
  task: SegmentSoundTask,
  { path, segments, ticksPerSecond, codec }: CutSound,
  run: TaskRun,
  ctx: WorkContext,
): Promise<PublishedTrack | null> {
  const { transport: target, folders } = task;
  if (target === null || folders.transport === null) {
    return null;
  }
  const plan = { picture: null, sound: { path, offsetSeconds: 0 }, firstNumber: 0 };
  const starts = segments.map(({ startTicks }) => startTicks);
  const made = await makeTransportSegments(
    plan,
    { ticksPerSecond, starts, spanSeconds: null },
    { ...ctx, onProgress: () => undefined },
  );
  const place = { target, folder: folders.transport, ticksPerSecond, codecs: [codec] };
  return publishTransport(made, segments, place, run, ctx.onProgress);
}

async function publishSoundFragments(
  task: SegmentSoundTask,
  { path, segments, ticksPerSecond, codec }: CutSound,
  run: TaskRun,
  ctx: WorkContext,
): Promise<PublishedTrack | null> {
  const { fragments: target, folders, jobId } = task;
  if (target === null || folders.fragments === null) {
    return null;
  }
  return publishFragments(
    { kind: "audio", path, segments, jobId, firstNumber: 0, spanSeconds: null },
    { target, folder: folders.fragments, ticksPerSecond, codecs: [codec] },
    run,
    ctx,
  );
}
