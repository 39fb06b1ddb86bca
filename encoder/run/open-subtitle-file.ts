/** A file with subtitles alone: fetched as sources are, turned into UTF-8, and kept as a file for FFmpeg. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Failure } from "../contract/failure-catalogue.ts";
import { readableWebvtt } from "../ffmpeg/subtitle/readable-webvtt.ts";
import { formatBytes } from "../source/fetch-limits.ts";
import { decodeText } from "./decode-text.ts";
import { TaskFailure } from "./task-failure.ts";
import type { TaskRun, TaskServices } from "./task-run.ts";

/** Forty times the text of a long film. */
const MAX_FILE_BYTES = 8 * 1024 ** 2;

/** Long enough for that much over a slow line: a task holds its encoder while it waits. */
const FETCH_LIMIT_MS = 30_000;

/** What of a task's run this needs. */
export type SubtitleRun = Pick<TaskRun, "directory" | "signal"> & { services: Pick<TaskServices, "sources"> };

export type SubtitleFile = {
  /** UTF-8 without a byte order mark. */
  path: string;
  /** What it says that it is: ASS or its ancestor SSA, WebVTT, or anything else. */
  kind: "ass" | "webvtt" | "other";
};

/**
 * Fetches the file into the attempt's directory. Whether it can be read as subtitles shows when FFmpeg reads it.
 *
 * @throws TaskFailure `subtitles_unreachable`, `subtitles_address_forbidden`, `subtitles_too_large`,
 *   `subtitles_not_readable` for an empty file, or `scratch_full`
 * @throws `run.signal.reason` when aborted
 */
export async function openSubtitleFile(jobId: string, url: string, run: SubtitleRun): Promise<SubtitleFile> {
  const limit = AbortSignal.timeout(FETCH_LIMIT_MS);
  try {
    const bytes = await fetchFile(jobId, url, run, AbortSignal.any([run.signal, limit]));
    // Blank lines before the first cue or header keep FFmpeg from seeing what it is.
    const text = decodeText(bytes).trimStart();
    const path = join(run.directory, "subtitles.txt");
    const kind = kindOf(text);
    await writeFile(path, kind === "webvtt" ? readableWebvtt(text) : text);
    return { path, kind };
  } catch (error) {
    run.signal.throwIfAborted();
    if (limit.aborted) {
      throw new TaskFailure({ code: "subtitles_unreachable" }, { log: `nothing after ${FETCH_LIMIT_MS} ms` });
    }
    throw error instanceof TaskFailure ? asSubtitleFailure(error) : error;
  }
}

function kindOf(text: string): SubtitleFile["kind"] {
  if (/^\[Script Info\]/i.test(text)) {
    return "ass";
  }
  return /^WEBVTT(?:\s|$)/.test(text) ? "webvtt" : "other";
}

async function fetchFile(jobId: string, url: string, run: SubtitleRun, signal: AbortSignal): Promise<Buffer> {
  const onProgress = () => undefined;
  const lease = await run.services.sources.acquire(jobId, url, {
    signal,
    onProgress,
    maxBytes: MAX_FILE_BYTES,
  });
  try {
    return await lease.read(0, lease.sizeBytes, signal);
  } finally {
    lease.release();
  }
}

/** The job's source is not to blame, and its other outputs go on. */
function asSubtitleFailure(error: TaskFailure): TaskFailure {
  const failure = subtitleFailure(error.failure);
  return new TaskFailure(failure, { cause: error, ...(error.log === null ? {} : { log: error.log }) });
}

function subtitleFailure(failure: Failure): Failure {
  switch (failure.code) {
    case "scratch_full":
      return failure;
    case "source_empty":
      return { code: "subtitles_not_readable" };
    case "source_too_large":
      return { code: "subtitles_too_large", limit: formatBytes(MAX_FILE_BYTES) };
    case "source_address_forbidden":
      return { code: "subtitles_address_forbidden" };
    default: {
      const { httpStatus } = failure;
      return { code: "subtitles_unreachable", ...(httpStatus === undefined ? {} : { httpStatus }) };
    }
  }
}
