/** Task `package`: the manifests of media that is already published, each after what it names. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TaskResult } from "../contract/report.ts";
import type { Ladder, Packages } from "../contract/stream.ts";
import type { PackageTask } from "../contract/task.ts";
import { ladderProblem } from "../manifest/check-ladder.ts";
import { fileKey } from "../manifest/file-names.ts";
import { type Manifest, manifests } from "../manifest/manifests.ts";
import { keyIndex } from "../manifest/segment-key.ts";
import { contentTypeOf } from "../storage/content-type.ts";
import { probePackages } from "./probe-packages.ts";
import { checkFailed } from "./task-failure.ts";
import type { TaskRun } from "./task-run.ts";
import { uploadAll } from "./upload-files.ts";

/**
 * Checks the ladder, reads its manifests back with the first segments, then publishes keys, media playlists and
 * the manifests that players open, in this order. Of an open stream nothing is read back: it is read when it is whole.
 *
 * @throws TaskFailure `output_check_failed` when players could not play it; then nothing has been published
 */
export async function writePackage(task: PackageTask, run: TaskRun): Promise<TaskResult> {
  const { ladder, packages, isOpen } = task;
  const problem = ladderProblem(ladder, isOpen);
  if (problem !== null) {
    throw checkFailed(problem);
  }
  const waves = manifests(ladder, packages, isOpen);
  const probes = isOpen ? [] : await probePackages(task, run);
  await publish(waves, task, run);
  const [, masters] = waves;
  const written = masters.flatMap(({ package: kind, name, format }, index) => {
    const key = fileKey(packages[kind]?.prefix ?? "", name);
    return format === null ? [] : [{ format, key, ffprobe: probes[index] ?? null }];
  });
  return { kind: "package", manifests: written };
}

type Upload = { path: string; key: string; contentType: string };

/** Each wave after the one before, so that no reader finds a manifest that names a missing object. */
async function publish(
  waves: readonly Manifest[][],
  { ladder, packages }: PackageTask,
  run: TaskRun,
): Promise<void> {
  run.onProgress("uploading", 0);
  const directory = join(run.directory, "manifests");
  const keys = await writeKeyFiles(ladder, packages, directory);
  const total = keys.length + waves.flat().length;
  let before = 0;
  const upload = async (kind: "transport" | "fragments", files: readonly Upload[]): Promise<void> => {
    const place = packages[kind];
    if (place && files.length > 0) {
      await uploadAll(files, place.store, run, (done) => (before + done) / total);
      before += files.length;
    }
  };
  await upload("transport", keys);
  for (const wave of waves) {
    for (const kind of ["transport", "fragments"] as const) {
      const own = wave.filter((manifest) => manifest.package === kind);
      await upload(kind, await writeTexts(own, packages[kind]?.prefix ?? "", join(directory, kind)));
    }
  }
}

/** Keys that lie beside the media, as the 16 bytes that players want: those of the segments that there are. */
async function writeKeyFiles(
  { pictures, sounds }: Ladder,
  { transport }: Packages,
  directory: string,
): Promise<Upload[]> {
  await mkdir(directory, { recursive: true });
  const { stored, segmentsPerKey } = transport?.keys ?? { stored: [], segmentsPerKey: null };
  const numbers = [...pictures, ...sounds].map((track) => track.transport?.segments.at(-1)?.number ?? 0);
  const last = keyIndex(Math.max(0, ...numbers), stored.length, segmentsPerKey);
  const uploads: Upload[] = [];
  for (const [index, { key, value }] of stored.slice(0, last + 1).entries()) {
    const path = join(directory, `key-${index}`);
    await writeFile(path, Buffer.from(value, "hex"));
    uploads.push({ path, key, contentType: "application/octet-stream" });
  }
  return uploads;
}

async function writeTexts(wave: readonly Manifest[], prefix: string, directory: string): Promise<Upload[]> {
  const uploads: Upload[] = [];
  for (const { name, text } of wave) {
    const path = join(directory, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    uploads.push({ path, key: fileKey(prefix, name), contentType: contentTypeOf(name) });
  }
  return uploads;
}
