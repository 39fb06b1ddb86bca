/** Task `assemble`: the finished file of stored parts. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { TaskResult } from "../contract/report.ts";
import type { AssembleTask, RenditionFiles } from "../contract/task.ts";
import {
  type FetchPart,
  type GatheredRendition,
  gatherRendition,
  joinRendition,
} from "./assemble-rendition.ts";
import { fetchWorkFile } from "./fetch-work-file.ts";
import type { TaskRun } from "./task-run.ts";
import { uploadFile } from "./upload-files.ts";

/** Joins the parts of one rendition and stores the file. */
export async function assemble(task: AssembleTask, run: TaskRun): Promise<TaskResult> {
  run.expectBytes(roomFor(task.files));
  const { directory, parts } = await gather(task, run);
  run.onProgress("packaging", 0);
  const finished = await joinRendition(task.rendition, parts, {
    tools: run.services.tools,
    directory,
    signal: run.signal,
    onProgress: (fraction) => run.onProgress("packaging", fraction),
  });
  const object = await uploadFile(finished.path, task.object, run);
  return { kind: "assemble", object, ffprobe: finished.ffprobe };
}

/** Parts and what is made of them lie on the disk together. */
function roomFor(parts: RenditionFiles): number {
  const files =
    parts.type === "whole" ? [parts.file] : [...parts.chunks, ...(parts.audio ? [parts.audio] : [])];
  return 2 * files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

type Gathered = { directory: string; parts: GatheredRendition };

/** Fetches the parts into a directory of their own. */
async function gather({ files, workStore }: AssembleTask, run: TaskRun): Promise<Gathered> {
  const directory = path.join(run.directory, "rendition");
  await mkdir(directory);
  const { signal, services } = run;
  const onProgress = (fraction: number): void => run.onProgress("fetching", fraction);
  const fetch: FetchPart = (file, target, onFileProgress) => {
    const part = { store: workStore, file, path: target };
    return fetchWorkFile(services.objects, part, { signal, onProgress: onFileProgress });
  };
  return { directory, parts: await gatherRendition(files, fetch, { directory, onProgress }) };
}
