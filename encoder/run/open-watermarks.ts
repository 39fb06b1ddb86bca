/** Watermarks of a task: fetched as sources are, proved to be PNG or JPEG, and kept as files for FFmpeg. */
import { rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Failure } from "../contract/failure-catalogue.ts";
import type { PictureSpec } from "../contract/output-spec.ts";
import { fileUrl, MARK_LIMIT } from "../ffmpeg/input-guards.ts";
import { readWatermarkArgs } from "../ffmpeg/picture/watermark-input.ts";
import { formatBytes } from "../source/fetch-limits.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import { TaskFailure } from "./task-failure.ts";
import type { TaskRun, TaskServices } from "./task-run.ts";

/** A mark ends up a fifth as wide and as high as a frame. */
const MAX_WATERMARK_BYTES = 10 * 1024 ** 2;

/** Long enough for 10 MB over a slow line: a task holds its encoder while it waits. */
const FETCH_LIMIT_MS = 30_000;

/** A 4096 x 4096 picture takes a second. */
const WALL_LIMIT_MS = 60_000;

/** The first bytes of the formats that are taken: a file is what it begins with, whatever it is called. */
const SIGNATURES = [Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from("\xff\xd8\xff", "latin1")];

/** FFmpeg's word for pictures beyond all reason, before it looks at the limit that it was given. */
const TOO_MANY_PIXELS = /Picture size \d+x\d+ is invalid/;

/** What of a task's run this needs. */
export type WatermarkRun = Pick<TaskRun, "directory" | "signal"> & {
  services: Pick<TaskServices, "tools" | "sources">;
};

export type OpenWatermarks = {
  /** Addresses for `watermarkInput`, by the number of the watermark. */
  urls: ReadonlyMap<number, string>;
  /** Deletes the files. They go with the attempt's directory anyway. */
  release(): void;
};

/**
 * Fetches the needed ones of a task's `watermarkUrls`, each once, into the attempt's directory.
 *
 * @throws TaskFailure `watermark_unreachable`, `watermark_not_an_image`, `watermark_too_large`,
 *   `watermark_address_forbidden` or `scratch_full`
 * @throws `run.signal.reason` when aborted
 */
export async function openWatermarks(
  jobId: string,
  watermarkUrls: readonly string[],
  needed: ReadonlySet<number>,
  run: WatermarkRun,
): Promise<OpenWatermarks> {
  const directory = join(run.directory, "watermarks");
  const urls = new Map<number, string>();
  const release = (): void => rmSync(directory, { recursive: true, force: true });
  if (needed.size > 0) {
    await mkdir(directory, { recursive: true });
  }
  try {
    for (const number of needed) {
      const url = watermarkUrls[number];
      if (url === undefined) {
        throw new Error(`the task has no watermark ${number}`);
      }
      const path = join(directory, String(number));
      await writeFile(path, await fetchMark(jobId, url, run));
      await proveReadable(fileUrl(path), run);
      urls.set(number, fileUrl(path));
    }
  } catch (error) {
    release();
    run.signal.throwIfAborted();
    throw error instanceof TaskFailure ? asWatermarkFailure(error) : error;
  }
  return { urls, release };
}

/** Where FFmpeg reads the picture's watermark; null for a picture without one. */
export function watermarkUrl({ watermark }: PictureSpec, { urls }: OpenWatermarks): string | null {
  if (watermark === null) {
    return null;
  }
  const url = urls.get(watermark.source);
  if (url === undefined) {
    throw new Error(`watermark ${watermark.source} is not open`);
  }
  return url;
}

async function fetchMark(jobId: string, url: string, run: WatermarkRun): Promise<Buffer> {
  const limit = AbortSignal.timeout(FETCH_LIMIT_MS);
  try {
    return await readMark(jobId, url, run, AbortSignal.any([run.signal, limit]));
  } catch (error) {
    throw limit.aborted && !run.signal.aborted
      ? new TaskFailure({ code: "watermark_unreachable" }, { log: `nothing after ${FETCH_LIMIT_MS} ms` })
      : error;
  }
}

async function readMark(jobId: string, url: string, run: WatermarkRun, signal: AbortSignal): Promise<Buffer> {
  const lease = await run.services.sources.acquire(jobId, url, {
    signal,
    onProgress: () => undefined,
    maxBytes: MAX_WATERMARK_BYTES,
  });
  try {
    const bytes = await lease.read(0, lease.sizeBytes, signal);
    if (!SIGNATURES.some((signature) => bytes.subarray(0, signature.length).equals(signature))) {
      throw new TaskFailure({ code: "watermark_not_an_image" });
    }
    return bytes;
  } finally {
    lease.release();
  }
}

/** Decodes it once: an encode would go on without a mark that turns out to be damaged. */
async function proveReadable(url: string, run: WatermarkRun): Promise<void> {
  const around = { tools: run.services.tools, directory: run.directory, signal: run.signal };
  await runFfmpeg(readWatermarkArgs(url), around, {
    expectedSeconds: null,
    wallLimitMs: WALL_LIMIT_MS,
    onProgress: () => undefined,
  });
}

function asWatermarkFailure(error: TaskFailure): TaskFailure {
  const failure = TOO_MANY_PIXELS.test(error.log ?? "")
    ? ({ code: "watermark_too_large", limit: MARK_LIMIT } as const)
    : watermarkFailure(error.failure);
  return failure === error.failure
    ? error
    : new TaskFailure(failure, { cause: error, ...(error.log === null ? {} : { log: error.log }) });
}

function watermarkFailure(failure: Failure): Failure {
  switch (failure.code) {
    case "source_address_forbidden":
      return { code: "watermark_address_forbidden" };
    case "scratch_full":
    case "watermark_not_an_image":
    case "watermark_unreachable":
      return failure;
    case "source_too_large":
      return { code: "watermark_too_large", limit: formatBytes(MAX_WATERMARK_BYTES) };
    case "source_limits_exceeded":
      return { code: "watermark_too_large", limit: MARK_LIMIT };
    default:
      break;
  }
  const isContent =
    failure.code.startsWith("encode_") || ["source_empty", "source_not_media"].includes(failure.code);
  return isContent
    ? { code: "watermark_not_an_image" }
    : {
        code: "watermark_unreachable",
        ...(failure.httpStatus === undefined ? {} : { httpStatus: failure.httpStatus }),
      };
}
