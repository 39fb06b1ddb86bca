/** The tasks that make finished results of stored parts: `assemble` and `package`. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { ObjectStoreConfig, WrittenObject } from "../contract/object-store.ts";
import type { RenditionSpec } from "../contract/output-spec.ts";
import type { TaskResult } from "../contract/report.ts";
import type { AssembleTask, PackageTask, RenditionFiles } from "../contract/task.ts";
import {
  type FetchPart,
  type GatheredRendition,
  gatherRendition,
  joinRendition,
} from "./assemble-rendition.ts";
import { fetchWorkFile } from "./fetch-work-file.ts";
import { type HlsWork, packageHls } from "./package-hls.ts";
import { publishWaves } from "./publish-order.ts";
import { type TaskRun, workContext } from "./task-run.ts";
import { uploadAll, uploadFile } from "./upload-files.ts";
import type { WorkContext } from "./work-context.ts";

/** Joins the parts of one rendition and stores the file. */
export async function assemble(task: AssembleTask, run: TaskRun): Promise<TaskResult> {
  run.expectBytes(roomFor([task.files]));
  const gathered = await gather(task, { index: 0, count: 1 }, task.workStore, run);
  run.onProgress("packaging", 0);
  const onProgress = (fraction: number): void => run.onProgress("packaging", fraction);
  const finished = await finish(gathered, run, onProgress);
  const object = await uploadFile(finished.path, task.object, run);
  return { kind: "assemble", object, ffprobe: finished.ffprobe };
}

/** Joins the parts of every rendition, packages them and publishes the package, its master playlist last. */
export async function packageAndPublish(task: PackageTask, run: TaskRun): Promise<TaskResult> {
  const { hls } = task;
  const { playlistName, segmentSeconds } = hls;
  const renditions = await finishRenditions(task, run);
  const { files, ffprobe } = await packageHls(
    { renditions, playlistName, segmentSeconds },
    await workContext(run, "packaging", run.signal),
  );
  run.onProgress("uploading", 0);
  const toKey = (name: string): string => (hls.prefix === "" ? name : `${hls.prefix}/${name}`);
  const written: WrittenObject[] = [];
  for (const wave of publishWaves(files)) {
    const uploads = wave.map(({ path: file, name, contentType }) => ({
      path: file,
      key: toKey(name),
      contentType,
    }));
    const before = written.length;
    written.push(...(await uploadAll(uploads, hls.store, run, (done) => (before + done) / files.length)));
  }
  const master = written.at(-1);
  if (master === undefined) {
    throw new Error("the package has no files");
  }
  const sizeBytes = written.reduce((sum, object) => sum + object.sizeBytes, 0);
  return { kind: "package", masterKey: master.key, objectCount: written.length, sizeBytes, ffprobe };
}

/** Finished files of all renditions, each checked before anything is packaged. */
async function finishRenditions(task: PackageTask, run: TaskRun): Promise<HlsWork["renditions"]> {
  const count = task.renditions.length;
  run.expectBytes(roomFor(task.renditions.map(({ files }) => files)));
  const gathered: Gathered[] = [];
  // One after the other: together they would only share the bandwidth.
  for (const [index, rendition] of task.renditions.entries()) {
    gathered.push(await gather(rendition, { index, count }, task.workStore, run));
  }
  run.onProgress("packaging", 0);
  const finished = [];
  for (const parts of gathered) {
    const { path: file } = await finish(parts, run, () => undefined);
    const { video, audio } = parts.spec;
    finished.push({ path: file, hasVideo: video !== null, hasAudio: audio !== null });
  }
  return finished;
}

/** Parts and what is made of them lie on the disk together. */
function roomFor(renditions: readonly RenditionFiles[]): number {
  const files = renditions.flatMap((one) =>
    one.type === "whole" ? [one.file] : [...one.chunks, ...(one.audio ? [one.audio] : [])],
  );
  return 2 * files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

type Gathered = { spec: RenditionSpec; directory: string; parts: GatheredRendition };
/** Fetches the parts of one of `count` renditions into a directory of its own. */
async function gather(
  { rendition: spec, files }: Pick<AssembleTask, "rendition" | "files">,
  { index, count }: { index: number; count: number },
  store: ObjectStoreConfig,
  run: TaskRun,
): Promise<Gathered> {
  const directory = path.join(run.directory, `rendition-${index}`);
  await mkdir(directory);
  const { signal, services } = run;
  const onProgress = (fraction: number): void => run.onProgress("fetching", (index + fraction) / count);
  const fetch: FetchPart = (file, target, onFileProgress) => {
    const part = { store, file, path: target };
    return fetchWorkFile(services.objects, part, { signal, onProgress: onFileProgress });
  };
  return { spec, directory, parts: await gatherRendition(files, fetch, { directory, onProgress }) };
}

function finish(
  { spec, parts, directory }: Gathered,
  run: TaskRun,
  onProgress: WorkContext["onProgress"],
): ReturnType<typeof joinRendition> {
  const { tools } = run.services;
  return joinRendition(spec, parts, { tools, directory, signal: run.signal, onProgress });
}
