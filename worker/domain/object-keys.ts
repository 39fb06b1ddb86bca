/** Key layout of Copra's own bucket. Customers' buckets have the keys that customers chose. */
import { CONTAINERS, type Container } from "../../encoder/contract/formats.ts";

/** Encoded parts of a job that are not outputs; deleted at its end. */
export function workPrefix(jobId: string): string {
  return `work/${jobId}/`;
}

/** Where a task's intermediate file goes, without the attempt, which `attemptKey` adds. */
export function workKey(jobId: string, taskId: string): string {
  return `${workPrefix(jobId)}${taskId}`;
}

/** One attempt's own object: a fenced-out attempt can never overwrite the one that counts. */
export function attemptKey(key: string, attempt: number, container: Container): string {
  return `${key}/${attempt}/rendition.${CONTAINERS[container].extensions[0]}`;
}

/** The same for one rendition of a chunk; `part` is its place among the chunk's parts. */
export function partKey(jobId: string, taskId: string, attempt: number, part: number): string {
  return `${workKey(jobId, taskId)}/${attempt}/${part}.mp4`;
}

/** Outputs of storage service `coconut`, served below `/files/`. */
export function hostedObjectPrefix(hostedPrefix: string): string {
  return `hosted/${hostedPrefix}/`;
}
