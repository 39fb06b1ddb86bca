/** Tasks that others wait for all together: what a dependency on thousands of chunks is called in one word. */

/** All analyses of a job. */
export const ANALYZE_FAMILY = "analyze";

/** Chunks that are joined with each other; `number` is 1-based and the first group has the plain name. */
export function chunkFamily(number: number): string {
  return number === 1 ? "chunk" : `chunk-g${number}`;
}

/** All that cut the stretches of the package that `packageId` writes. */
export function segmentFamily(packageId: string): string {
  return `${packageId}-segment`;
}

/** How `dependsOn` names all tasks of a family. */
export function familyName(family: string): string {
  return `${family}-*`;
}
