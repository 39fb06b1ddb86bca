/** A span of the source as an input of ffmpeg, with the watermarks of what is made of it. */
import type { Rational } from "../../contract/media-info.ts";
import type { SourceSpan } from "./chunk-graph.ts";
import { FFMPEG_ARGS, sourceInput } from "../input-guards.ts";
import { watermarkInput } from "../picture/watermark-input.ts";
import { seekArgs } from "./seek-point.ts";

/** The source as FFmpeg reads it, and how far into it. */
export type SpanPlan = SourceSpan & {
  /** As for `sourceInput`. */
  sourceUrl: string;
  sourceFrameRate: Rational | null;
  threads: number;
  /** From `seekTicks`. */
  seekTicks: number | null;
};

/** All arguments up to the graph. `watermarkUrls` are inputs from 1 on. */
export function spanInput(plan: SpanPlan, watermarkUrls: readonly string[]): string[] {
  return [
    ...FFMPEG_ARGS,
    "-filter_complex_threads",
    String(plan.threads),
    // Times stay absolute: chunks that were cut out of one clock fit together again.
    "-copyts",
    ...sourceInput(plan.sourceUrl, "-threads", String(plan.threads), ...seekArgs(plan.seekTicks)),
    ...watermarkUrls.flatMap(watermarkInput),
  ];
}
