/** The stretches of a stream that is encoded in chunks: where its segments and its sound are cut. */
import type { Cut } from "../../../encoder/contract/timeline.ts";
import type { SourceSpan } from "../job-record.ts";
import type { Stream } from "../stream-record.ts";
import { cutSeconds, segmentNumber } from "./chunk-edges.ts";
import { spanFrames } from "./plan-chunks.ts";
import type { Stretch } from "./stream-tasks.ts";

/** The spans as a stream is cut at them, each when its chunks in all groups are encoded. */
export function stretchesOf(
  stream: Stream,
  spans: readonly SourceSpan[],
  groups: readonly { name: string }[],
): Stretch[] {
  return spans.map((span, index) => ({
    index,
    firstNumber: span.start === null ? 0 : segmentNumber(span, span.start),
    startSeconds: span.start === null ? 0 : firstPictureSeconds(stream, span, span.start),
    spanSeconds: span.spanSeconds,
    pictures: stream.pictures.map((_picture, number) => number),
    dependsOn: groups.map(({ name }) => `${name}-${index + 1}`),
  }));
}

/** When the first of all pictures is shown after the cut: the sound of the stretch begins with it. */
function firstPictureSeconds({ pictures }: Stream, span: SourceSpan, start: Cut): number {
  const times = pictures.map(({ video }) => {
    const { startFrame } = spanFrames(video, span, 0);
    return video.frameRate === null
      ? cutSeconds(span, start)
      : (startFrame * video.frameRate.den) / video.frameRate.num;
  });
  return Math.min(...times);
}
