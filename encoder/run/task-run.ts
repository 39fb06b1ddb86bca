/** What every kind of task is given, and what it makes of it for its media work. */
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { TaskPhase } from "../contract/report.ts";
import type { SourceCache } from "../source/source-cache.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import type { FfmpegTools } from "./ffmpeg.ts";
import type { ScratchSpace } from "./scratch-space.ts";
import type { WorkContext } from "./work-context.ts";

export type TaskServices = {
  tools: FfmpegTools;
  sources: SourceCache;
  objects: ObjectStore;
  scratch: ScratchSpace;
  sourceMaxSeconds: number;
};

export type TaskRun = {
  services: TaskServices;
  /** An empty directory of this attempt's own. */
  directory: string;
  signal: AbortSignal;
  /**
   * Makes sure of room for this much in the directory, in all.
   * @throws TaskFailure `scratch_full` when there is none.
   */
  expectBytes: (totalBytes: number) => void;
  onProgress: (phase: TaskPhase, fraction: number) => void;
};

/** Media work gets an empty directory, apart from what was fetched for it. */
export async function workContext(run: TaskRun, phase: TaskPhase, signal: AbortSignal): Promise<WorkContext> {
  if (phase !== "fetching") {
    run.onProgress(phase, 0);
  }
  const directory = path.join(run.directory, "work");
  await mkdir(directory);
  return {
    tools: run.services.tools,
    directory,
    signal,
    onProgress: (fraction) => run.onProgress(phase, fraction),
  };
}
