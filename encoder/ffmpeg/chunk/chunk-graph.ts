/**
 * The filter graph of a span: one decode, split into the pictures of every part and the frames at both edges. Source
 * frames are told apart by the middle between two of them, which no rounding of times can move across a frame.
 */
import type { Rational } from "../../contract/media-info.ts";
import type { VideoSpec } from "../../contract/output-spec.ts";
import { TICKS_PER_SECOND, type Cut } from "../../contract/timeline.ts";
import { chunkClock } from "./chunk-clock.ts";
import { deinterlaceFilters, pictureChain, pictureGraph } from "../picture/picture-graph.ts";
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
  /** Address of the picture's watermark; null without one. */
  watermarkUrl: string | null;
};

/** One branch of the decoded pictures, from its own input label on. */
type Branch = (input: string) => string[];

/**
 * The graph. With `withSeam`, `[first]` is the span's first source frame and `[next]` the first one after it; each is
 * absent at its end of the source. Inputs from 1 on are the watermarks, in the order of `watermarksOf`.
 */
export function chunkGraph(span: SourceSpan, parts: readonly GraphPart[], withSeam: boolean): string {
  const branches: Branch[] = [
    ...groupByFrames(parts).map((group) => groupBranch(span, group)),
    ...(withSeam && span.start ? [oneFrame(middle(span, span.start), "first")] : []),
    ...(withSeam && span.end ? [oneFrame(middle(span, span.end), "next")] : []),
  ];
  return [
    ...watermarksOf(parts).flatMap((url, number) => {
      const labels = parts.filter(({ watermarkUrl }) => watermarkUrl === url).map(markLabel);
      return split(`${number + 1}:v`, [], { labels });
    }),
    ...split(`0:${span.videoStreamIndex}`, [`settb=expr=1/${TICKS_PER_SECOND}`, ontoOutputClock(span)], {
      labels: branches.map((_, index) => `branch${index}`),
    }),
    ...branches.flatMap((branch, index) => branch(`branch${index}`)),
  ].join(";");
}

/** Each watermark of the parts once. */
export function watermarksOf(parts: readonly Pick<GraphPart, "watermarkUrl">[]): string[] {
  return [...new Set(parts.flatMap(({ watermarkUrl }) => (watermarkUrl === null ? [] : [watermarkUrl])))];
}

function markLabel({ label }: GraphPart): string {
  return `mark_${label}`;
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

/** Parts that are made of the same frames. */
type Group = {
  rate: Rational | null;
  deinterlace: VideoSpec["picture"]["deinterlace"];
  parts: GraphPart[];
};

/** Deinterlacing comes before any frame is left out: it looks at the frames before and after. */
function groupBranch(span: SourceSpan, { rate, deinterlace, parts }: Group): Branch {
  const filters = deinterlaceFilters(deinterlace);
  return rate === null ? keptTimes(span, filters, parts) : fixedRate(span, rate, filters, parts);
}

function keptTimes(span: SourceSpan, filters: readonly string[], parts: readonly GraphPart[]): Branch {
  const { offsetUnits } = chunkClock(null);
  const shifted = `PTS+${offsetUnits}`;
  // A picture that starts later than the sound is shown from the output's first moment on.
  const shift = span.start === null ? String.raw`if(eq(N\,0)\,${offsetUnits}\,${shifted})` : shifted;
  const labels = parts.map(({ label }) => `kept_${label}`);
  return (input) => [
    ...split(input, [...filters, ...spanTrim(span)], { labels }),
    ...parts.flatMap((part, index) => drawPart(part, labels[index] ?? "", [], `setpts=${shift}`)),
  ];
}

function fixedRate(
  span: SourceSpan,
  rate: Rational,
  filters: readonly string[],
  parts: readonly GraphPart[],
): Branch {
  const { offsetUnits } = chunkClock(rate);
  // Only the first chunk knows that nothing came before: `start_time` repeats its first frame back to zero.
  const convert = `fps=fps=${rationalArg(rate)}${span.start === null ? ":start_time=0" : ""}`;
  const labels = parts.map(({ label }) => `fixed_${label}`);
  return (input) => [
    ...split(input, [...filters, convert], { labels }),
    ...parts.flatMap((part, index) => {
      // Counted in output frames, and before scaling: what is decoded ahead of the edge costs no more than that.
      const frames = trim(span.start === null ? null : part.startFrame, part.endFrame);
      return drawPart(part, labels[index] ?? "", frames, `setpts=PTS+${offsetUnits}`);
    }),
  ];
}

/** From the frames of the part at `[input]` to its finished pictures at its label. */
function drawPart(part: GraphPart, input: string, before: readonly string[], after: string): string[] {
  const { label, watermarkUrl } = part;
  const picture = { ...part.video.picture, deinterlace: "off" } as const;
  if (watermarkUrl === null) {
    return [`[${input}]${[...before, pictureChain(picture), after].join(",")}[${label}]`];
  }
  const [chosen, drawn] = [`chosen_${label}`, `drawn_${label}`];
  return [
    `[${input}]${before.length > 0 ? before.join(",") : "null"}[${chosen}]`,
    pictureGraph(picture, { input: chosen, output: drawn, watermark: markLabel(part) }),
    `[${drawn}]${after}[${label}]`,
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

function groupByFrames(parts: readonly GraphPart[]): Group[] {
  const groups = new Map<string, Group>();
  for (const part of parts) {
    const { frameRate: rate, picture } = part.video;
    const { deinterlace } = picture;
    const name = `${rate === null ? "kept" : rationalArg(rate)} ${deinterlace}`;
    groups.set(name, { rate, deinterlace, parts: [...(groups.get(name)?.parts ?? []), part] });
  }
  return [...groups.values()];
}
