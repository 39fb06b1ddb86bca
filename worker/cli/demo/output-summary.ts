/** What became of each output: collected from the metadata API and from the files themselves. */
import { z } from "zod";
import { readHlsPackage } from "./hls-package.ts";
import { jpegSize } from "./image-size.ts";
import type { Job, JobOutput } from "./job-api.ts";

export type OutputSummary = {
  key: string;
  status: string;
  error: string | null;
  /** All files of the output together; null when unknown. */
  sizeBytes: number | null;
  durationSeconds: number | null;
  /** Ready to print, such as "1280×720"; null when there is nothing to say. */
  resolution: string | null;
  urls: string[];
};

/** Packages of more files are not counted: a request for each would take longer than the job. */
const MAX_COUNTED_FILES = 400;

const HEADS_AT_ONCE = 8;

const treeSchema = z.object({
  streams: z.array(
    z.object({
      codec_type: z.string().optional(),
      width: z.number().optional(),
      height: z.number().optional(),
    }),
  ),
  format: z.object({ duration: z.coerce.number().optional() }),
});

type Facts = Pick<OutputSummary, "sizeBytes" | "durationSeconds" | "resolution">;

/** One summary per output, in the job's order. `metadata` is what the metadata API lists. */
export function summarizeOutputs(
  job: Job,
  metadata: readonly Record<string, unknown>[],
): Promise<OutputSummary[]> {
  return Promise.all(
    job.outputs.map(async (output) => {
      const urls = urlsOf(output);
      const tree = metadata.find((entry) => output.key in entry)?.[output.key];
      const facts = urls.length === 0 ? NO_FACTS : await factsOf(output, urls, tree);
      return { key: output.key, status: output.status, error: output.error ?? null, urls, ...facts };
    }),
  );
}

const NO_FACTS: Facts = { sizeBytes: null, durationSeconds: null, resolution: null };

async function factsOf(output: JobOutput, urls: readonly string[], tree: unknown): Promise<Facts> {
  switch (output.type) {
    case "video": {
      const { durationSeconds, resolution } = readTree(tree);
      return { sizeBytes: await totalSize(urls), durationSeconds, resolution };
    }
    case "image":
      return {
        sizeBytes: await totalSize(urls),
        durationSeconds: null,
        resolution: await imageResolution(urls),
      };
    case "httpstream":
      return streamFacts(urls[0] ?? "", tree);
  }
}

async function streamFacts(masterUrl: string, tree: unknown): Promise<Facts> {
  const hls = await readHlsPackage(masterUrl, async (url) => (await fetch(url)).text());
  const byPackage = z.object({ hls: z.unknown() }).safeParse(tree);
  const variants = `${hls.variantCount} variant${hls.variantCount === 1 ? "" : "s"}`;
  const largest = hls.largestResolution === null ? "" : ` up to ${hls.largestResolution.replace("x", "×")}`;
  return {
    sizeBytes: await totalSize(hls.urls),
    durationSeconds: readTree(byPackage.data?.hls).durationSeconds,
    resolution: variants + largest,
  };
}

function readTree(tree: unknown): { durationSeconds: number | null; resolution: string | null } {
  const parsed = treeSchema.safeParse(tree);
  const video = parsed.data?.streams.find((stream) => stream.codec_type === "video");
  return {
    durationSeconds: parsed.data?.format.duration ?? null,
    resolution: video?.width === undefined ? null : `${video.width}×${video.height}`,
  };
}

async function imageResolution(urls: readonly string[]): Promise<string | null> {
  const response = await fetch(urls[0] ?? "");
  const size = jpegSize(await response.bytes());
  const resolution = size === null ? null : `${size.widthPx}×${size.heightPx}`;
  return urls.length === 1 || resolution === null ? resolution : `${urls.length} of ${resolution}`;
}

/** The sum of all Content-Lengths; null when one is missing. */
async function totalSize(urls: readonly string[]): Promise<number | null> {
  if (urls.length > MAX_COUNTED_FILES) {
    return null;
  }
  const pending = [...urls];
  let sum = 0;
  const worker = async (): Promise<void> => {
    for (let url = pending.pop(); url !== undefined; url = pending.pop()) {
      const response = await fetch(url, { method: "HEAD" });
      sum += Number(response.ok ? (response.headers.get("content-length") ?? Number.NaN) : Number.NaN);
    }
  };
  await Promise.all(Array.from({ length: HEADS_AT_ONCE }, worker));
  return Number.isNaN(sum) ? null : sum;
}

function urlsOf(output: JobOutput): string[] {
  const urls = (output.urls ?? []).map((entry) => (typeof entry === "string" ? entry : entry.url));
  return output.url === undefined ? urls : [output.url, ...urls];
}
