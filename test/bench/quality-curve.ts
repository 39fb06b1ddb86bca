/** Arithmetic on curves of size over quality. */
import type { Encode } from "./quality-encode.ts";

/** Steps of the comparison across the quality that two curves have in common. */
const COMPARED_POINTS = 32;

/** Bytes of a curve over those of the reference at equal SSIM, as the mean of the logarithms: 1.1 is 10 % more. */
export function sizeRatio(curve: readonly Encode[], reference: readonly Encode[]): number {
  const lowest = Math.max(
    ...[curve, reference].map((points) => Math.min(...points.map((point) => point.ssimDb))),
  );
  const highest = Math.min(
    ...[curve, reference].map((points) => Math.max(...points.map((point) => point.ssimDb))),
  );
  const differences = Array.from({ length: COMPARED_POINTS }, (_, index) => {
    const ssimDb = lowest + ((highest - lowest) * (index + 0.5)) / COMPARED_POINTS;
    return logSizeAt(curve, ssimDb) - logSizeAt(reference, ssimDb);
  });
  return Math.exp(mean(differences));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

type Point = { x: number; y: number };

function logSizeAt(curve: readonly Encode[], ssimDb: number): number {
  return interpolate(
    curve.map((point) => ({ x: point.ssimDb, y: Math.log(point.sizeBytes) })),
    ssimDb,
  );
}

/** Straight lines from point to point; the outer ones go on beyond the ends. */
function interpolate(points: readonly Point[], x: number): number {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const upper = sorted.findIndex((point) => point.x >= x);
  const index = upper === -1 ? sorted.length - 1 : Math.max(1, upper);
  const [from, to] = [sorted[index - 1], sorted[index]];
  if (from === undefined || to === undefined) {
    throw new Error("A curve takes two points at least.");
  }
  return from.y + ((to.y - from.y) * (x - from.x)) / (to.x - from.x);
}
