/**
 * The task `segment`: one stretch of every picture of a stream, cut into segments and published. Each picture is cut once,
 * at its keyframes; both packages have the same cuts.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { WorkFile } from "../contract/object-store.ts";
import type { TaskResult } from "../contract/report.ts";
import type { FragmentTarget, PublishedTrack } from "../contract/stream.ts";
import type { SegmentTask, StretchPicture } from "../contract/task.ts";
import { chunkClock } from "../ffmpeg/chunk/chunk-clock.ts";
import { pictureInitArgs } from "../ffmpeg/stream/stream-args.ts";
import { fetchWorkFile } from "./fetch-work-file.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { withFragmentFile } from "./fragment-file.ts";
import { publishFragments, publishTransport } from "./publish-segments.ts";
import { readStretchTimeline, type StretchTimeline } from "./stretch-timeline.ts";
import { type TaskRun, workContext } from "./task-run.ts";
import { makeTransportSegments, type TransportSegment } from "./transport-segments.ts";
import type { WorkContext } from "./work-context.ts";
import { writePictureSegments } from "./write-segments.ts";

type Published = Extract<TaskResult, { kind: "segment" }>["pictures"][number];

/** Segments and publishes the pictures one after the other, so that the disk holds one of them. */
export async function segmentPictures(task: SegmentTask, run: TaskRun): Promise<TaskResult> {
  run.expectBytes(Math.max(...task.pictures.map(roomFor)));
  const ctx = await workContext(run, "fetching", run.signal);
  const pictures: Published[] = [];
  for (const [index, picture] of task.pictures.entries()) {
    const directory = join(ctx.directory, `picture-${index}`);
    await mkdir(directory);
    const shared = { index, count: task.pictures.length, run };
    pictures.push(await segmentPicture(task, picture, { ...ctx, directory }, shared));
    await rm(directory, { recursive: true });
  }
  return { kind: "segment", pictures };
}

/** The parts, and once more as a transport stream with its overhead, or as segments, plain and encrypted. */
function roomFor({ file, sound }: StretchPicture): number {
  return 3 * (file.sizeBytes + (sound?.sizeBytes ?? 0));
}

type Shared = { index: number; count: number; run: TaskRun };
type Fetched = { picturePath: string; soundPath: string | null };

async function segmentPicture(
  task: SegmentTask,
  picture: StretchPicture,
  ctx: WorkContext,
  shared: Shared,
): Promise<Published> {
  const { run } = shared;
  const fetched = await fetchParts(task, picture, ctx, shared);
  const report = progressOf(shared, "packaging");
  const uploading = progressOf(shared, "uploading");
  report(0);
  const { frameRate, type, folders } = picture;
  const plan = { frameRate, type, spanSeconds: task.spanSeconds };
  const timeline = await withFragmentFile(fetched.picturePath, (file) => readStretchTimeline(file, plan));
  const cuts = timeline.starts.map((startTicks, at) => ({
    startTicks,
    durationTicks: (timeline.starts[at + 1] ?? timeline.endTicks) - startTicks,
  }));
  let transport: PublishedTrack | null = null;
  if (task.transport && folders.transport !== null) {
    const ctxOfMuxing = { ...ctx, onProgress: report };
    // Made and measured as a whole before the first one is published.
    const { segments, soundCodec } = await makeTransport(task, picture, fetched, timeline, ctxOfMuxing);
    const codecs = [timeline.codec, ...(soundCodec === null ? [] : [soundCodec])];
    const place = { target: task.transport, folder: folders.transport, codecs, ...timeline };
    transport = await publishTransport(segments, cuts, place, run, half(uploading, 0));
  }
  if (task.fragments === null || folders.fragments === null) {
    return { transport, fragments: null };
  }
  const place = { target: task.fragments, folder: folders.fragments };
  const source = { picturePath: fetched.picturePath, timeline };
  const rest = { ...ctx, onProgress: half(uploading, 1) };
  const fragments = await publishPictureFragments({ task, picture }, place, source, rest, run);
  return { transport, fragments };
}

/** One of two packages' share of a phase. */
function half(onProgress: (fraction: number) => void, index: 0 | 1): (fraction: number) => void {
  return (fraction) => onProgress((index + fraction) / 2);
}

/** Progress of one picture of several as that of all. */
function progressOf(
  { index, count, run }: Shared,
  phase: "fetching" | "packaging" | "uploading",
): (fraction: number) => void {
  return (fraction) => run.onProgress(phase, (index + fraction) / count);
}

async function fetchParts(
  { workStore, transport }: SegmentTask,
  { file, sound, folders }: StretchPicture,
  { directory }: WorkContext,
  shared: Shared,
): Promise<Fetched> {
  const { signal, services } = shared.run;
  const needsSound = transport !== null && folders.transport !== null;
  const onProgress = progressOf(shared, "fetching");
  const fetch = async (part: WorkFile, name: string): Promise<string> => {
    const path = join(directory, name);
    await fetchWorkFile(services.objects, { store: workStore, file: part, path }, { signal, onProgress });
    return path;
  };
  return {
    picturePath: await fetch(file, "picture.mp4"),
    soundPath: sound !== null && needsSound ? await fetch(sound, "sound.mp4") : null,
  };
}

async function makeTransport(
  { firstNumber, spanSeconds }: SegmentTask,
  { type, frameRate }: StretchPicture,
  { picturePath, soundPath }: Fetched,
  { ticksPerSecond, starts }: StretchTimeline,
  ctx: WorkContext,
): Promise<{ segments: TransportSegment[]; soundCodec: string | null }> {
  // FFmpeg follows the edit list of a whole file to zero; a chunk has none.
  const offsetSeconds = type === "whole" ? 0 : chunkClock(frameRate).offsetSeconds;
  const plan = {
    picture: { path: picturePath, offsetSeconds },
    sound: soundPath === null ? null : { path: soundPath, offsetSeconds: 0 },
    firstNumber,
  };
  const segments = await makeTransportSegments(plan, { ticksPerSecond, starts, spanSeconds }, ctx);
  return { segments, soundCodec: soundPath === null ? null : await codecOf(soundPath) };
}

function codecOf(path: string): Promise<string> {
  return withFragmentFile(path, ({ init }) => Promise.resolve(init.codec));
}

/** The description comes from FFmpeg: without what the source says of itself, equal for all stretches. */
async function publishPictureFragments(
  { task, picture }: { task: SegmentTask; picture: StretchPicture },
  { target, folder }: { target: FragmentTarget; folder: string },
  { picturePath, timeline }: { picturePath: string; timeline: StretchTimeline },
  ctx: WorkContext,
  run: TaskRun,
): Promise<PublishedTrack> {
  const { jobId, firstNumber, spanSeconds } = task;
  const { ticksPerSecond, codec } = timeline;
  const initPath = join(ctx.directory, "init-only.mp4");
  const args = pictureInitArgs({ picturePath, codec: picture.codec, ticksPerSecond, outputPath: initPath });
  const limits = { wallLimitMs: wallLimitFor(null), onProgress: () => undefined };
  await runFfmpeg(args, ctx, { expectedSeconds: null, ...limits });
  const path = join(ctx.directory, "segments.mp4");
  const segments = await withFragmentFile(picturePath, (file) =>
    writePictureSegments(file, timeline, { initPath, path, firstNumber }),
  );
  await rm(picturePath);
  return publishFragments(
    { kind: "video", path, segments, jobId, firstNumber, spanSeconds },
    { target, folder, ticksPerSecond, codecs: [codec] },
    run,
    ctx,
  );
}
