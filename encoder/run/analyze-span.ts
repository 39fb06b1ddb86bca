/** How many bits a span of a source is worth, against its other spans: the size of a quick encode of it. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { AnalyzeTask } from "../contract/task.ts";
import { weighArgs } from "../ffmpeg/chunk/weigh-args.ts";
import { seekTicks } from "../ffmpeg/chunk/seek-point.ts";
import { decodedSeconds } from "./encode-chunk.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import type { WorkContext } from "./work-context.ts";

/**
 * Bytes, at least 1. A few frames more or less at an edge do not matter here and are not checked.
 *
 * @throws TaskFailure with a code of the source or `encode_*`
 * @throws `signal.reason` when aborted
 */
export async function analyzeSpan(
  work: { sourceUrl: string; task: Omit<AnalyzeTask, "source"> },
  ctx: WorkContext,
): Promise<number> {
  const { sourceUrl, task } = work;
  const outputPath = join(ctx.directory, "small.h264");
  const seek = seekTicks(task.start, { formatName: task.formatName, needsFrameBefore: false });
  const plan = { ...task, sourceUrl, seekTicks: seek, outputPath };
  const { num, den } = task.sourceFrameRate ?? { num: 25, den: 1 };
  await runFfmpeg(weighArgs(plan), ctx, {
    expectedSeconds: null,
    expectedFrames: Math.max(1, (task.spanSeconds * num) / den),
    wallLimitMs: wallLimitFor(decodedSeconds(plan, task)),
    onProgress: ctx.onProgress,
  });
  const { size } = await stat(outputPath);
  ctx.onProgress(1);
  return Math.max(1, size);
}
