/**
 * The tasks that make a stream of encoded tracks, run against a store in memory, and what is read from their results by
 * tools that know nothing of Copra: FFmpeg, mp4box.js, and Node's own cipher.
 */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createFile, MP4BoxBuffer } from "mp4box";
import { Agent } from "undici";
import type { WorkFile } from "../../encoder/contract/object-store.ts";
import type { AudioSpec, VideoSpec } from "../../encoder/contract/output-spec.ts";
import type { TaskResult } from "../../encoder/contract/report.ts";
import type { PublishedTrack } from "../../encoder/contract/stream.ts";
import { SEGMENT_SECONDS } from "../../encoder/contract/stream.ts";
import type { SegmentSoundTask, SegmentTask, StretchPicture, Task } from "../../encoder/contract/task.ts";
import { TICKS_PER_SECOND } from "../../encoder/contract/timeline.ts";
import { hashFile } from "../../encoder/run/hash-file.ts";
import { locateFfmpeg } from "../../encoder/run/locate-ffmpeg.ts";
import { runTask, type TaskOutcome } from "../../encoder/run/run-task.ts";
import { createScratchSpace } from "../../encoder/run/scratch-space.ts";
import type { Progress } from "../../encoder/run/task-progress.ts";
import type { SourceCache } from "../../encoder/source/source-cache.ts";
import { createS3Store } from "../../encoder/storage/s3-store.ts";
import { chunkTasks, encodeWhole, runChunks, type FrameIndex } from "./chunked-encode.ts";
import { aSegmentSoundTask, aSegmentTask } from "./encoder-tasks.ts";
import { makeTestDirectory } from "./make-clip.ts";
import { startS3Sink, type S3Sink } from "./s3-sink.ts";

const execute = promisify(execFile);
const tools = await locateFfmpeg();

export type StreamRig = {
  directory: string;
  sink: S3Sink;
  progress: Progress[];
  run: (task: Task, signal?: AbortSignal) => Promise<TaskOutcome>;
  /** Stores a file as an encode task would. */
  store: (path: string) => Promise<WorkFile>;
  /** Puts stored objects one after the other into a file. */
  local: (name: string, keys: readonly string[]) => Promise<string>;
  close: () => Promise<void>;
};

export async function startStreamRig(): Promise<StreamRig> {
  const directory = await makeTestDirectory();
  const sink = await startS3Sink();
  const agent = new Agent();
  const objects = createS3Store({ publicDispatcher: agent, ownDispatcher: agent, budgetMs: 10_000 });
  const sources: SourceCache = {
    acquire: () => Promise.reject(new Error("these tasks have no source")),
    releaseJob: () => undefined,
    usedBytes: () => 0,
  };
  const progress: Progress[] = [];
  let count = 0;
  return {
    directory: directory.path,
    sink,
    progress,
    run: (task, signal = new AbortController().signal) => {
      progress.length = 0;
      const scratch = createScratchSpace({ maxBytes: 1024 ** 3 });
      return runTask(task, {
        services: { tools, sources, objects, scratch, sourceMaxSeconds: 60 },
        directory: directory.path,
        signal,
        onProgress: (one) => progress.push(one),
        log: () => undefined,
      });
    },
    async store(path) {
      count += 1;
      const key = `work/${count}.mp4`;
      sink.objects.set(key, { bytes: await readFile(path), headers: {} });
      return { key, ...(await hashFile(path)) };
    },
    async local(name, keys) {
      const path = join(directory.path, name);
      const parts = keys.map((key) => sink.objects.get(key)?.bytes ?? missing(key));
      await writeFile(path, Buffer.concat(parts));
      return path;
    },
    async close() {
      await Promise.all([directory.remove(), sink.close(), agent.close()]);
    },
  };
}

function missing(key: string): never {
  throw new Error(`no object ${key}`);
}

export function resultOf<Kind extends TaskResult["kind"]>(
  outcome: TaskOutcome,
  kind: Kind,
): Extract<TaskResult, { kind: Kind }> {
  if (outcome.state !== "done" || outcome.result.kind !== kind) {
    throw new Error(`the task is ${JSON.stringify(outcome)}`);
  }
  return outcome.result as Extract<TaskResult, { kind: Kind }>;
}

/** A stretch of a stream, of which the picture is stored. */
export type Stretch = Pick<StretchPicture, "type" | "file" | "frameRate"> & {
  firstNumber: number;
  spanSeconds: number | null;
  startSeconds: number;
};

/** The first frames of a source at or after these multiples of `SEGMENT_SECONDS`. */
export function gridFrames({ ticks, zeroTicks }: FrameIndex, numbers: readonly number[]): number[] {
  return numbers.map((number) =>
    ticks.findIndex((tick) => tick - zeroTicks >= number * SEGMENT_SECONDS * TICKS_PER_SECOND),
  );
}

/** The picture of a source, encoded in chunks that begin at these multiples of `SEGMENT_SECONDS`, or in one piece. */
export async function encodeStretches(
  rig: StreamRig,
  index: FrameIndex,
  video: VideoSpec,
  numbers: readonly number[] | "whole",
): Promise<Stretch[]> {
  const { frameRate } = video;
  if (numbers === "whole") {
    const path = await encodeWhole(rig.directory, index.path, { video }, { isFragmented: true });
    const file = await rig.store(path);
    return [{ type: "whole", file, frameRate, firstNumber: 0, spanSeconds: null, startSeconds: 0 }];
  }
  const tasks = chunkTasks(index, gridFrames(index, numbers), [video]);
  const chunks = await runChunks(rig.directory, index.path, tasks);
  return Promise.all(
    chunks.map(async ({ parts }, at) => {
      const { start, zeroTicks, spanSeconds } = tasks[at]!;
      const startSeconds = start === null ? 0 : (start.ticks - zeroTicks) / TICKS_PER_SECOND;
      const file = await rig.store(parts[0]?.path ?? "");
      const firstNumber = at === 0 ? 0 : (numbers[at - 1] ?? 0);
      return { type: "chunk", file, frameRate, firstNumber, spanSeconds, startSeconds } as const;
    }),
  );
}

export async function encodeSound(rig: StreamRig, sourcePath: string, audio: AudioSpec): Promise<WorkFile> {
  return rig.store(await encodeWhole(rig.directory, sourcePath, { audio }));
}

/** Segments the stretches one after the other, with the sound's pieces, and joins their lists. */
export async function segmentAll(
  rig: StreamRig,
  stretches: readonly Stretch[],
  codec: StretchPicture["codec"],
  changes: Partial<SegmentTask> & { pieces?: readonly WorkFile[] } = {},
): Promise<{ transport: PublishedTrack | null; fragments: PublishedTrack | null }> {
  const { pieces = [], ...task } = changes;
  const place = { store: rig.sink.store, encryption: null };
  const results = [];
  for (const [at, { type, file, frameRate, firstNumber, spanSeconds }] of stretches.entries()) {
    const folders = { transport: codec === "av1" ? null : "media-1", fragments: "video/1" };
    const outcome = await rig.run(
      aSegmentTask({
        jobId: "stream00000000",
        workStore: rig.sink.store,
        firstNumber,
        spanSeconds,
        pictures: [{ type, file, frameRate, codec, sound: pieces[at] ?? null, folders }],
        transport: { ...place, prefix: "hls" },
        fragments: { ...place, prefix: "dash" },
        ...task,
      }),
    );
    results.push(resultOf(outcome, "segment").pictures[0]!);
  }
  return {
    transport: joinTracks(results.map(({ transport }) => transport)),
    fragments: joinTracks(results.map(({ fragments }) => fragments)),
  };
}

/** As a Worker puts stretches together: each has to begin where the one before ends. */
function joinTracks(tracks: readonly (PublishedTrack | null)[]): PublishedTrack | null {
  return tracks.reduce((before, next) => {
    if (before === null || next === null) {
      return next;
    }
    const endTicks = before.segments.reduce(
      (sum, { durationTicks }) => sum + durationTicks,
      before.startTicks,
    );
    if (next.startTicks !== endTicks || next.ticksPerSecond !== before.ticksPerSecond) {
      throw new Error(`a stretch begins at ${next.startTicks}, the one before ends at ${endTicks}`);
    }
    return { ...before, segments: [...before.segments, ...next.segments] };
  });
}

/** Segments a sound, with a piece for each stretch. */
export async function segmentSound(
  rig: StreamRig,
  file: WorkFile,
  stretches: readonly Pick<Stretch, "startSeconds">[],
  changes: Partial<SegmentSoundTask> = {},
) {
  const borderSeconds = stretches.slice(1).map(({ startSeconds }) => startSeconds);
  const place = { store: rig.sink.store, encryption: null };
  const outcome = await rig.run(
    aSegmentSoundTask({
      jobId: "stream00000000",
      workStore: rig.sink.store,
      file,
      pieces: { borderSeconds, keys: stretches.map((_, at) => `work/piece-${at}.mp4`) },
      transport: { ...place, prefix: "hls" },
      fragments: { ...place, prefix: "dash" },
      ...changes,
    }),
  );
  return resultOf(outcome, "segment-sound");
}

/** Keys of a published track's segments of fragmented MP4, named after their times, the description first. */
export function fragmentKeys(folder: string, track: PublishedTrack): { init: string; segments: string[] } {
  let ticks = track.startTicks;
  const segments = track.segments.map(({ durationTicks }) => {
    const key = `dash/${folder}/seg-${ticks}.m4s`;
    ticks += durationTicks;
    return key;
  });
  return { init: `dash/${folder}/init.mp4`, segments };
}

export function transportKeys(folder: string, track: PublishedTrack): string[] {
  return track.segments.map(({ number }) => `hls/${folder}/segment-${number}.ts`);
}

export type BoxSample = { dts: number; pts: number; duration: number; isSync: boolean; timescale: number };

/** The samples of a fragmented MP4, as mp4box.js reads them, in the order in which they are stored. */
export async function boxSamples(path: string): Promise<BoxSample[]> {
  const file = createFile();
  const bytes = await readFile(path);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0));
  file.flush();
  const trackId = file.getInfo().tracks[0]?.id ?? 0;
  return file.getTrackSamplesInfo(trackId).map((sample) => ({
    dts: sample.dts,
    pts: sample.cts,
    duration: sample.duration,
    isSync: sample.is_sync,
    timescale: sample.timescale,
  }));
}

/** Types of all boxes of a file, such as `moov/trak/edts`. */
export async function boxTypes(path: string): Promise<string[]> {
  const file = createFile();
  const bytes = await readFile(path);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(buffer, 0));
  file.flush();
  type Tree = { type: string; boxes?: Tree[] };
  const walk = (boxes: readonly Tree[], parent: string): string[] =>
    boxes.flatMap(({ type, boxes: inner }) => [
      `${parent}${type}`,
      ...walk(inner ?? [], `${parent}${type}/`),
    ]);
  return walk(file.boxes, "");
}

/** MD5 of every decoded frame or of the samples of every decoded packet, in order. */
export async function frameHashes(path: string, stream = "0:v:0", input: string[] = []): Promise<string[]> {
  const args = ["-v", "error", ...input, "-i", `file:${path}`, "-map", stream];
  const format = ["-fps_mode", "passthrough", "-f", "framemd5", "-"];
  const { stdout } = await execute(tools.ffmpegPath, [...args, ...format], { maxBuffer: 64 * 1024 * 1024 });
  return stdout
    .split("\n")
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(",").at(-1)?.trim() ?? "");
}

/** What FFmpeg has to complain of when it decodes all of a file. */
export async function complaints(path: string, input: string[] = []): Promise<string> {
  const args = ["-v", "warning", ...input, "-i", `file:${path}`, "-f", "null", "-"];
  return (await execute(tools.ffmpegPath, args)).stderr;
}
