/** Media work on what a task reads: its source and its watermarks, open as long as the work runs. */
import type { PictureSpec } from "../contract/output-spec.ts";
import type { TaskPhase } from "../contract/report.ts";
import type {
  AnalyzeTask,
  AnimationTask,
  ChunkTask,
  EncodeTask,
  ImageTask,
  IngestTask,
  SubtitleTask,
} from "../contract/task.ts";
import type { SourceLease } from "../source/source-cache.ts";
import { openWatermarks, type OpenWatermarks } from "./open-watermarks.ts";
import { type TaskRun, workContext } from "./task-run.ts";
import type { WorkContext } from "./work-context.ts";

/**
 * Media work on an open source. A source that fails for good ends the work's processes, and its failure is the work's:
 * FFmpeg alone would take it for the end of the file.
 */
export async function withSource<Result>(
  task: IngestTask | EncodeTask | ChunkTask | AnalyzeTask | ImageTask | AnimationTask | SubtitleTask,
  run: TaskRun,
  phase: TaskPhase,
  work: (source: SourceLease, ctx: WorkContext) => Promise<Result>,
): Promise<Result> {
  const lease = await run.services.sources.acquire(task.jobId, task.source.url, {
    signal: run.signal,
    onProgress: (fraction) => run.onProgress("fetching", fraction),
  });
  try {
    const signal = AbortSignal.any([run.signal, lease.failed]);
    const result = await work(lease, await workContext(run, phase, signal));
    signal.throwIfAborted();
    return result;
  } catch (error) {
    run.signal.throwIfAborted();
    throw lease.failed.aborted ? lease.failed.reason : error;
  } finally {
    lease.release();
  }
}

/** Work on pictures with their watermarks at hand, which are gone afterwards. */
export async function withWatermarks<Result>(
  { jobId, watermarkUrls }: Pick<EncodeTask, "jobId" | "watermarkUrls">,
  pictures: readonly PictureSpec[],
  run: TaskRun,
  work: (watermarks: OpenWatermarks) => Promise<Result>,
): Promise<Result> {
  const needed = new Set(pictures.flatMap(({ watermark }) => (watermark === null ? [] : [watermark.source])));
  const watermarks = await openWatermarks(jobId, watermarkUrls, needed, run);
  try {
    return await work(watermarks);
  } finally {
    watermarks.release();
  }
}
