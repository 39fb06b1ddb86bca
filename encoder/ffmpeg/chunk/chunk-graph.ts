/**
 * The filter graph of a span: one decode, split into the pictures of every part and the frames at both edges. Source
 * frames are told apart by the middle between two of them, which no rounding of times can move across a frame.
 */
import type { Rational } from "../../contract/media-info.ts";
import type { VideoSpec } from "../../contract/output-spec.ts";
import { TICKS_PER_SECOND, type Cut } from "../../contract/timeline.ts";
import { chunkClock } from "./chunk-clock.ts";
import { fitFilter } from "../fit-filter.ts";
import { rationalArg } from "../rational-arg.ts";

/** A span of the source's picture and its clock, as a task names them. */
export type SourceSpan = {
  videoStreamIndex: number;
  zeroTicks: number;
  start: Cut | null;
  end: Cut | null;
};

/** A part whose picture comes out at `label`. */
export type GraphPart = {
  label: string;
  video: VideoSpec;
  startFrame: number;
  endFrame: number | null;
};

/** One branch of the decoded pictures, from its own input label on. */
type Branch = (input: string) => string[];

/**
 * The graph. With `withSeam`, `[first]` is the span's first source frame and `[next]` the first one after it; each is
 * absent at its end of the source.
 */
export function chunkGraph(span: SourceSpan, parts: readonly GraphPart[], withSeam: boolean): string {
  const kept = parts.filter(({ video }) => video.frameRate === null);
  const branches: Branch[] = [
    ...(kept.length > 0 ? [keptTimes(span, kept)] : []),
    ...groupByRate(parts).map((group) => fixedRate(span, group.rate, group.parts)),
    ...(withSeam && span.start ? [oneFrame(middle(span, span.start), "first")] : []),
    ...(withSeam && span.end ? [oneFrame(middle(span, span.end), "next")] : []),
  ];
  return [
    ...split(`0:${span.videoStreamIndex}`, [`settb=expr=1/${TICKS_PER_SECOND}`, ontoOutputClock(span)], {
      labels: branches.map((_, index) => `branch${index}`),
    }),
    ...branches.flatMap((branch, index) => branch(`branch${index}`)),
  ].join(";");
}

/** The graph of one small picture of the span, at `[small]`, on the source's own frames. */
export function smallGraph(span: SourceSpan, widthPx: number): string {
  const scale = `scale=w=trunc(min(${widthPx}\\,iw)/2)*2:h=-2:flags=bilinear,setsar=1,format=yuv420p`;
  const filters = [
    `settb=expr=1/${TICKS_PER_SECOND}`,
    ontoOutputClock(span),
    ...spanTrim(span),
    scale,
    "setpts=PTS-STARTPTS",
  ];
  return `[0:${span.videoStreamIndex}]${filters.join(",")}[small]`;
}

function ontoOutputClock({ zeroTicks }: SourceSpan): string {
  return `setpts=PTS-(${zeroTicks})`;
}

/** Between the two source frames at a cut, on the output's clock. */
function middle({ zeroTicks }: SourceSpan, cut: Cut): number {
  return Math.floor((cut.previousTicks + cut.ticks + 1) / 2) - zeroTicks;
}

function spanTrim(span: SourceSpan): string[] {
  return trim(span.start && middle(span, span.start), span.end && middle(span, span.end));
}

function keptTimes(span: SourceSpan, parts: readonly GraphPart[]): Branch {
  const { offsetUnits } = chunkClock(null);
  const shifted = `PTS+${offsetUnits}`;
  // A picture that starts later than the sound is shown from the output's first moment on.
  const shift = span.start === null ? String.raw`if(eq(N\,0)\,${offsetUnits}\,${shifted})` : shifted;
  const labels = parts.map(({ label }) => `kept_${label}`);
  return (input) => [
    ...split(input, spanTrim(span), { labels }),
    ...parts.map(
      ({ label, video }, index) =>
        `[${labels[index]}]${fitFilter(video.frame, "yuv420p")},setpts=${shift}[${label}]`,
    ),
  ];
}

function fixedRate(span: SourceSpan, rate: Rational, parts: readonly GraphPart[]): Branch {
  const { offsetUnits } = chunkClock(rate);
  // Only the first chunk knows that nothing came before: `start_time` repeats its first frame back to zero.
  const convert = `fps=fps=${rationalArg(rate)}${span.start === null ? ":start_time=0" : ""}`;
  const labels = parts.map(({ label }) => `fixed_${label}`);
  return (input) => [
    ...split(input, [convert], { labels }),
    ...parts.map((part, index) => {
      // Counted in output frames, and before scaling: what is decoded ahead of the edge costs no more than that.
      const frames = trim(span.start === null ? null : part.startFrame, part.endFrame);
      const filters = [...frames, fitFilter(part.video.frame, "yuv420p"), `setpts=PTS+${offsetUnits}`];
      return `[${labels[index]}]${filters.join(",")}[${part.label}]`;
    }),
  ];
}

function oneFrame(fromTicks: number, label: string): Branch {
  return (input) => [`[${input}]trim=start_pts=${fromTicks},trim=end_frame=1[${label}]`];
}

function trim(startPts: number | null, endPts: number | null): string[] {
  const bounds = [
    ...(startPts === null ? [] : [`start_pts=${startPts}`]),
    ...(endPts === null ? [] : [`end_pts=${endPts}`]),
  ];
  return bounds.length > 0 ? [`trim=${bounds.join(":")}`] : [];
}

function split(input: string, filters: readonly string[], { labels }: { labels: string[] }): string[] {
  const outputs = labels.map((label) => `[${label}]`).join("");
  return [`[${input}]${[...filters, `split=${labels.length}`].join(",")}${outputs}`];
}

function groupByRate(parts: readonly GraphPart[]): { rate: Rational; parts: GraphPart[] }[] {
  const groups = new Map<string, { rate: Rational; parts: GraphPart[] }>();
  for (const part of parts) {
    const rate = part.video.frameRate;
    if (rate) {
      const name = rationalArg(rate);
      groups.set(name, { rate, parts: [...(groups.get(name)?.parts ?? []), part] });
    }
  }
  return [...groups.values()];
}
