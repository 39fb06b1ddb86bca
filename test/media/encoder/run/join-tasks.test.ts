import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Agent } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WorkFile } from "../../../../encoder/contract/object-store.ts";
import type { TaskResult } from "../../../../encoder/contract/report.ts";
import type { Task } from "../../../../encoder/contract/task.ts";
import { locateFfmpeg } from "../../../../encoder/run/locate-ffmpeg.ts";
import { createScratchSpace } from "../../../../encoder/run/scratch-space.ts";
import { runTask, type TaskOutcome } from "../../../../encoder/run/run-task.ts";
import type { Progress } from "../../../../encoder/run/task-progress.ts";
import type { SourceCache } from "../../../../encoder/source/source-cache.ts";
import { createS3Store } from "../../../../encoder/storage/s3-store.ts";
import { chunkTasks, indexFrames, type FrameIndex } from "../../../support/chunked-encode.ts";
import { aChunkTask, anAssembleTask, anEncodeTask } from "../../../support/encoder-tasks.ts";
import { lavfi, makeClip, makeTestDirectory } from "../../../support/make-clip.ts";
import { numbered, shownNumbers } from "../../../support/numbered-clip.ts";
import {
  aFrame,
  anAudioSpec,
  aRenditionSpec,
  aPictureSpec,
  aVideoSpec,
} from "../../../support/output-specs.ts";
import { type S3Sink, startS3Sink } from "../../../support/s3-sink.ts";
import { sourceAt } from "../../../support/source-at.ts";

const videos = [
  aVideoSpec({ picture: aPictureSpec({ frame: aFrame(160, 90) }), keyframeIntervalSeconds: 2 }),
  aVideoSpec({ picture: aPictureSpec({ frame: aFrame(80, 46) }), keyframeIntervalSeconds: 2 }),
];
const audio = anAudioSpec();

let directory: Awaited<ReturnType<typeof makeTestDirectory>>;
let sink: S3Sink;
let index: FrameIndex;
/** What the encodes have stored: chunks by part, and the sound. */
let chunks: Extract<TaskResult, { kind: "chunk" }>[];
let sound: WorkFile;
let percents: Progress[];

beforeAll(async () => {
  directory = await makeTestDirectory();
  sink = await startS3Sink();
  const path = await makeClip(directory.path, "source.mp4", [
    ...[...lavfi(numbered("25", 6)), ...lavfi("sine=d=6")],
    ...["-c:v", "libx264", "-g", "20", "-c:a", "aac"],
  ]);
  index = await indexFrames(path);
  chunks = [];
  for (const task of chunkTasks(index, [50, 100], videos)) {
    const result = resultOf(await run(aChunkTask({ ...task, workStore: sink.store })));
    chunks.push(...(result.kind === "chunk" ? [result] : []));
  }
  const encoded = resultOf(
    await run(
      anEncodeTask({
        rendition: aRenditionSpec({ video: null, audio }),
        object: { store: sink.store, key: "work/audio.mp4" },
        isWorkFile: true,
      }),
    ),
  );
  if (encoded.kind !== "encode" || encoded.sha256 === null) {
    throw new Error("the encode names no checksum");
  }
  sound = { ...encoded.object, sha256: encoded.sha256 };
});
beforeEach(() => {
  sink.intercept = () => null;
});
afterAll(() => Promise.all([directory.remove(), sink.close()]));

/** Runs one attempt against the store, with the clip as every source. */
async function run(task: Task): Promise<TaskOutcome> {
  const agent = new Agent();
  const lease = {
    ...(await sourceAt(index.path)),
    read: () => Promise.reject(new Error("not part of this test")),
    failed: new AbortController().signal,
    release: () => undefined,
  };
  const sources: SourceCache = {
    acquire: () => Promise.resolve(lease),
    releaseJob: () => undefined,
    usedBytes: () => 0,
  };
  const objects = createS3Store({ publicDispatcher: agent, ownDispatcher: agent, budgetMs: 10_000 });
  const scratch = createScratchSpace({ maxBytes: 1024 ** 3 });
  percents = [];
  const outcome = await runTask(task, {
    services: { tools: await locateFfmpeg(), sources, objects, scratch, sourceMaxSeconds: 60 },
    directory: directory.path,
    signal: new AbortController().signal,
    onProgress: (progress) => percents.push(progress),
    log: () => undefined,
  });
  await agent.close();
  return outcome;
}

function resultOf(outcome: TaskOutcome): TaskResult {
  if (outcome.state !== "done") {
    throw new Error(`the task is ${JSON.stringify(outcome)}`);
  }
  return outcome.result;
}

function filesOf(part: number) {
  const parts = chunks.flatMap((chunk) => chunk.parts.slice(part, part + 1));
  const frameCount = parts.reduce((sum, one) => sum + one.frameCount, 0);
  return { type: "chunked", chunks: parts.map(({ file }) => file), frameCount, audio: sound } as const;
}

const assembly = () =>
  anAssembleTask({
    rendition: aRenditionSpec({ video: videos[0] ?? null, audio }),
    files: filesOf(0),
    workStore: sink.store,
    object: { store: sink.store, key: "out/video.mp4" },
  });

/** Puts a stored object where FFmpeg can read it. */
async function local(key: string): Promise<string> {
  const path = join(directory.path, key.replaceAll("/", "-"));
  await writeFile(path, sink.objects.get(key)?.bytes ?? "");
  return path;
}

describe("assemble", () => {
  it("makes the finished file of what chunk tasks have stored", async () => {
    const outcome = await run(assembly());
    const result = resultOf(outcome);
    expect(result).toMatchObject({ kind: "assemble", object: { key: "out/video.mp4" } });
    const path = await local("out/video.mp4");
    expect(await shownNumbers(path)).toEqual(await shownNumbers(index.path));
    expect(result.kind === "assemble" && result.ffprobe.streams).toHaveLength(2);
    expect(new Set(percents.map(({ phase }) => phase))).toEqual(
      new Set(["fetching", "packaging", "uploading"]),
    );
    const spent = outcome.state === "done" ? outcome.phaseMs : {};
    expect(Object.keys(spent).toSorted()).toEqual(["fetching", "packaging", "uploading"]);
  });

  it("names the part that is missing", async () => {
    const [, lost] = filesOf(0).chunks;
    sink.intercept = ({ key, method }) =>
      method === "GET" && key === lost?.key ? { httpStatus: 404, code: "NoSuchKey" } : null;
    expect(await run(assembly())).toEqual({
      state: "failed",
      failure: { code: "work_file_lost", lostKeys: [lost?.key] },
    });
  });

  it("names the part whose bytes are not those that were stored", async () => {
    const key = filesOf(0).chunks[2]?.key ?? "";
    const object = sink.objects.get(key);
    const [bytes, headers] = [Buffer.from(object?.bytes ?? ""), object?.headers ?? {}];
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    sink.objects.set(key, { bytes, headers });
    const outcome = await run(assembly());
    sink.objects.set(key, { bytes: object?.bytes ?? bytes, headers });
    expect(outcome).toEqual({ state: "failed", failure: { code: "work_file_lost", lostKeys: [key] } });
  });
});
