/** What an output needs made, and the tasks that make it from the whole source, one encode per rendition. */
import type { MediaInfo } from "../../../encoder/contract/media-info.ts";
import type { AnimationSpec, ImageSpec, RenditionSpec } from "../../../encoder/contract/output-spec.ts";
import { newTask } from "../create-job.ts";
import { animationCost, imagesCost, wholeEncodeCost } from "./encode-cost.ts";
import type { PlannedVtt, TaskRecord, TaskWork } from "../job-record.ts";
import { workKey } from "../object-keys.ts";

/** What the contract allows; x264 gains nothing from more. */
const MAX_THREADS = 64;

/** An output resolved against the source. */
export type OutputDemand = { outputIndex: number } & (
  | { kind: "file"; rendition: RenditionSpec; key: string }
  | { kind: "images"; image: ImageSpec; keys: string[]; vtt: PlannedVtt | null }
  | { kind: "animation"; animation: AnimationSpec; key: string }
  | {
      kind: "package";
      renditions: RenditionSpec[];
      prefix: string;
      playlistName: string;
      segmentSeconds: number;
    }
);

/**
 * @param suffix of the id of the task that delivers: a second plan for the same output needs another id.
 */
export function wholeTasks(
  jobId: string,
  demand: OutputDemand,
  media: MediaInfo,
  suffix: "" | "-whole" = "",
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
    case "package": {
      const variants = demand.renditions.map((rendition, number) => {
        const taskId = `${name}-variant-${number + 1}`;
        const key = workKey(jobId, taskId);
        const work = { kind: "encode", threads: 1, rendition, to: "work", key } as const;
        return task(taskId, work, { weight: wholeEncodeCost(rendition, media) });
      });
      const renditions = demand.renditions.map((rendition, number) => ({
        rendition,
        files: { type: "whole" as const, taskId: `${name}-variant-${number + 1}` },
      }));
      const { prefix, playlistName, segmentSeconds } = demand;
      const packaging = task(
        `${name}-package${suffix}`,
        { kind: "package", renditions, prefix, playlistName, segmentSeconds },
        { dependsOn: variants.map(({ taskId }) => taskId) },
      );
      return [...variants, packaging];
    }
  }
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
