/** The tasks that make pictures of a source: `image` and `animation`. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { WrittenObject } from "../contract/object-store.ts";
import type { TaskResult } from "../contract/report.ts";
import type { AnimationTask, ImageTask } from "../contract/task.ts";
import { contentTypeOf } from "../storage/content-type.ts";
import { makeAnimation } from "./make-animation.ts";
import { withSource, withWatermarks } from "./open-inputs.ts";
import { takeImages } from "./take-images.ts";
import { TaskFailure } from "./task-failure.ts";
import type { TaskRun } from "./task-run.ts";
import { uploadAll, uploadFile } from "./upload-files.ts";

/** Takes the pictures and stores them, and the WebVTT file that leads to them last. */
export async function takeAndStoreImages(task: ImageTask, run: TaskRun): Promise<TaskResult> {
  const { image, threads } = task;
  const paths = await withSource(task, run, "encoding", (source, ctx) =>
    withWatermarks(task, [image.picture], run, (watermarks) =>
      takeImages({ source, image, threads, watermarks }, ctx),
    ),
  );
  const uploads = task.keys.map((key, index) => {
    const file = paths[index];
    if (file === undefined) {
      const log = `${paths.length} of ${task.keys.length} images`;
      throw new TaskFailure({ code: "output_frame_missing" }, { log });
    }
    return { path: file, key, contentType: contentTypeOf(key) };
  });
  const objects = await uploadAll(uploads, task.store, run, (done) => done / uploads.length);
  return { kind: "image", objects: task.vtt ? [...objects, await storeVtt(task.vtt, task, run)] : objects };
}

/** Written after the pictures that it leads to. */
async function storeVtt(
  { key, text }: NonNullable<ImageTask["vtt"]>,
  { store }: ImageTask,
  run: TaskRun,
): Promise<WrittenObject> {
  const file = path.join(run.directory, "thumbnails.vtt");
  await writeFile(file, text);
  return uploadFile(file, { store, key }, run);
}

/** Makes the moving picture and stores it. */
export async function makeAndStoreAnimation(task: AnimationTask, run: TaskRun): Promise<TaskResult> {
  const { animation, threads } = task;
  const file = await withSource(task, run, "encoding", (source, ctx) =>
    withWatermarks(task, [animation.picture], run, (watermarks) =>
      makeAnimation({ source, animation, threads, watermarks }, ctx),
    ),
  );
  return { kind: "animation", object: await uploadFile(file, task.object, run) };
}
