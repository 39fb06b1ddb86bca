/** What an output needs made, and the tasks that make it from the whole source, one encode per rendition. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { AnimationSpec, ImageSpec, RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import { newTask } from "../create-job.ts";
import { animationCost, imagesCost, wholeEncodeCost } from "./encode-cost.ts";
import type { PlannedVtt, TaskRecord, TaskWork } from "../job-record.ts";
import { workKey } from "../object-keys.ts";
import type { Stream } from "../stream-record.ts";
import { soundRendition } from "./shared-sounds.ts";
import {
  pictureRendition,
  streamTasks,
  type PlannedStream,
  type Stretch,
  type TaskSuffix,
} from "./stream-tasks.ts";

/** What the contract allows; x264 gains nothing from more. */
const MAX_THREADS = 64;

/** An output resolved against the source. */
export type OutputDemand = { outputIndex: number } & (
  | { kind: "file"; rendition: RenditionSpec; key: string }
  | { kind: "images"; image: ImageSpec; keys: string[]; vtt: PlannedVtt | null }
  | { kind: "animation"; animation: AnimationSpec; key: string }
  | { kind: "package"; stream: Stream }
);

/**
 * @param suffix of the ids: a second plan for the same output needs others.
 */
export function wholeTasks(
  jobId: string,
  demand: OutputDemand,
  media: MediaInfo,
  suffix: TaskSuffix = "",
): TaskRecord[] {
  const { outputIndex } = demand;
  const task = (taskId: string, work: TaskWork, more: { dependsOn?: string[]; weight?: number } = {}) =>
    newTask({ taskId, outputIndexes: [outputIndex], work, ...more });
  const name = `output-${outputIndex}`;
  switch (demand.kind) {
    case "file": {
      const { rendition, key } = demand;
      const work = { kind: "encode", threads: 1, rendition, to: "destination", key } as const;
      return [task(`${name}${suffix}`, work, { weight: wholeEncodeCost(rendition, media) })];
    }
    case "images": {
      const { image, keys, vtt } = demand;
      return [
        task(name, { kind: "image", threads: 1, image, keys, vtt }, { weight: imagesCost(image, media) }),
      ];
    }
    case "animation": {
      const { animation, key } = demand;
      const weight = animationCost(animation, media);
      return [task(name, { kind: "animation", threads: 1, animation, key }, { weight })];
    }
    case "package":
      return wholeStreamTasks(jobId, { outputIndex, stream: demand.stream, suffix }, media);
  }
}

/** One encode for every picture and every sound of a stream, each picture cut as soon as it is encoded. */
function wholeStreamTasks(jobId: string, planned: PlannedStream, media: MediaInfo): TaskRecord[] {
  const { outputIndex, stream, suffix } = planned;
  const encode = (taskId: string, rendition: RenditionSpec) =>
    newTask({
      taskId,
      outputIndexes: [outputIndex],
      work: { kind: "encode", threads: 1, rendition, to: "work", key: workKey(jobId, taskId) },
      weight: wholeEncodeCost(rendition, media),
    });
  const pictures = stream.pictures.map((picture, number) =>
    encode(`output-${outputIndex}-variant-${number + 1}${suffix}`, pictureRendition(picture, stream)),
  );
  const sounds = stream.sounds.map((sound, number) =>
    encode(
      `output-${outputIndex}-audio-${number + 1}${suffix}`,
      soundRendition(sound.audio, stream.soundSpan),
    ),
  );
  const spanSeconds = lengthOf(stream, media);
  const stretches = pictures.map(({ taskId }, number): Stretch => {
    const whole = { index: 0, firstNumber: 0, startSeconds: 0, spanSeconds };
    return { ...whole, pictures: [number], dependsOn: [taskId] };
  });
  const sources = {
    pictures: pictures.map(({ taskId }) => ({ type: "whole" as const, taskId })),
    soundTaskIds: sounds.map(({ taskId }) => taskId),
    stretches,
  };
  return [...pictures, ...sounds, ...streamTasks(planned, sources)];
}

/** Null when only the files know. */
function lengthOf({ span }: Stream, { durationSeconds }: MediaInfo): number | null {
  const rest = durationSeconds === null ? null : durationSeconds - span.startSeconds;
  const seconds = span.durationSeconds ?? rest;
  return seconds !== null && seconds > 0 ? seconds : null;
}

/**
 * Shares an encoder's slots out among the encodes by weight. With at least as many encodes as slots each runs
 * on one thread: FFmpeg's frame threads cost about 15 % more CPU than separate processes.
 *
 * @param others tasks beside these that keep slots busy.
 */
export function withThreads(tasks: readonly TaskRecord[], slots: number, others: number): TaskRecord[] {
  const encodes = tasks.filter(isPictureEncode);
  const total = encodes.reduce((sum, task) => sum + task.weight, 0);
  return tasks.map((task) => {
    if (task.work.kind !== "encode" || !isPictureEncode(task)) {
      return task;
    }
    const cores = encodes.length + others >= slots ? 1 : Math.round((slots * task.weight) / total);
    return { ...task, work: { ...task.work, threads: threadsFor(cores) } };
  });
}

/** An encode that has several cores gets x264's own 1.5 threads for each, or some would idle while frames wait. */
export function threadsFor(cores: number): number {
  return cores <= 1 ? 1 : Math.min(MAX_THREADS, Math.ceil(1.5 * cores));
}

/** Sound needs one thread only, and copying none. */
function isPictureEncode({ work }: TaskRecord): boolean {
  return work.kind === "encode" && work.rendition.video !== null && work.rendition.video.codec !== "copy";
}
