/** Streams that the service makes of a source. */
import { finalView } from "../support/job-client.ts";
import type { TestBed } from "../support/test-bed.ts";

/** Addresses of what was published, by format: `hls`, `dash`, `hlsfmp4`. */
export type Package = Record<string, string>;

/** A job may wait for two cores that encode something else. */
const JOB_LIMIT_MS = 300_000;

/**
 * One package per `httpstream` output, in their order, in one job; the source is encoded in chunks if it is long. `others`
 * are made beside them.
 */
export async function makePackages(
  bed: TestBed,
  sourceName: string,
  streams: readonly object[],
  others: object = {},
): Promise<{ packages: Package[]; chunkCount: number }> {
  const { id } = await bed.client.create({
    input: { url: bed.media.url(sourceName) },
    storage: { service: "coconut" },
    notification: { type: "http", url: bed.webhooks.origin },
    settings: { ultrafast: true },
    outputs: { httpstream: streams, ...others },
  });
  const job = finalView(await bed.client.finish(id, JOB_LIMIT_MS));
  if (job.status !== "job.completed") {
    throw new Error(`The job failed: ${JSON.stringify(job)}`);
  }
  // SAFETY: the API's shape for streams.
  const urls = job.outputs
    .slice(0, streams.length)
    .map((output) => (output.urls ?? []) as { format: string; url: string }[]);
  const chunks = bed.service.taskChanges(id).filter(({ task }) => task.startsWith("chunk"));
  return {
    packages: urls.map((list) => Object.fromEntries(list.map(({ format, url }) => [format, url]))),
    chunkCount: new Set(chunks.map(({ task }) => task)).size,
  };
}
