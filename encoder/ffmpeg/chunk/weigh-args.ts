/** One span of the source -> the command line that says how many bits it is worth. */
import { smallGraph } from "./chunk-graph.ts";
import { fileUrl } from "../input-guards.ts";
import { spanInput, type SpanPlan } from "./span-input.ts";
import { encoderTimeBase } from "../video-args.ts";

/** The pictures of the quick look that weighs a span are at most this wide: what is costly is costly in small. */
const WEIGHED_WIDTH_PX = 320;

/** A quick encode of the whole span in small; the size of what it writes says what the span is worth. */
export function weighArgs(plan: SpanPlan & { outputPath: string }): string[] {
  return [
    ...spanInput(plan, []),
    "-filter_complex",
    smallGraph(plan, WEIGHED_WIDTH_PX),
    "-map",
    "[small]",
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    encoderTimeBase(null),
    "-c:v",
    "libx264",
    "-preset",
    "ultrafast",
    "-threads",
    String(plan.threads),
    "-crf",
    "23",
    // No container: every byte is picture.
    "-f",
    "h264",
    fileUrl(plan.outputPath),
  ];
}
