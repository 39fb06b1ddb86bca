/**
 * The one way to ffmpeg and ffprobe. It sets the limits of every run, turns its progress into fractions and its
 * failures into rows of the failure catalogue. What is asked of FFmpeg is decided in `encoder/ffmpeg/`.
 */
import type { FailureCode } from "../contract/failure-catalogue.ts";
import { classifyFailure } from "../ffmpeg/classify-failure.ts";
import { createProgressParser } from "../ffmpeg/parse-progress.ts";
import { runProcess, type ProcessEnd, type ProcessLimits } from "./run-process.ts";
import { TaskFailure } from "./task-failure.ts";
import type { WorkContext } from "./work-context.ts";

export type FfmpegTools = {
  /** Absolute paths. */
  ffmpegPath: string;
  ffprobePath: string;
  /** As ffmpeg names itself, such as `5.1.9-0+deb12u1`. */
  version: string;
};

type Surroundings = Pick<WorkContext, "tools" | "directory" | "signal">;

export type FfmpegRun = {
  /** Length of the output, which progress is measured against; null when it is not known. */
  expectedSeconds: number | null;
  /**
   * Frames of the first picture of the command line, where the outputs' own times do not start at zero; progress is
   * then measured against them.
   */
  expectedFrames?: number;
  wallLimitMs: number;
  /** Called with a fraction from 0 to 1 that never falls. */
  onProgress: (fraction: number) => void;
};

/** Twice what a 4320p encode needs; FFmpeg's libraries alone take 0.4 GiB of address space. */
const MEMORY_LIMIT_BYTES = 6 * 1024 ** 3;
/** The largest container disk of Cloudflare is 20 GB. */
const FILE_SIZE_LIMIT_BYTES = 16 * 1024 ** 3;
/** A chunk of 64 renditions in two passes holds three files open for each, besides its input and a few libraries. */
const OPEN_FILES_LIMIT = 512;
/** CPU time may exceed wall time when several threads run; a run that needs more than this is stuck in all of them. */
const CPU_PER_WALL = 8;

/** The least time that any run is given, for slow starts and large indexes. */
const BASE_WALL_LIMIT_MS = 10 * 60_000;
/** 4320p on one slow core runs some twenty times slower than it plays. */
const WALL_PER_MEDIA_SECOND_MS = 30_000;

/** ffprobe reads some megabytes. Longer means a file made to keep it busy. */
const PROBE_WALL_LIMIT_MS = 60_000;

/**
 * Runs ffmpeg with arguments of `encoder/ffmpeg/`. Resolves to the tail of stderr, where warnings are.
 *
 * @throws TaskFailure with a code from `classifyFailure`
 * @throws `signal.reason` when aborted
 */
export async function runFfmpeg(
  args: readonly string[],
  around: Surroundings,
  run: FfmpegRun,
): Promise<string> {
  const readProgress = createProgressParser();
  let fraction = 0;
  const end = await runProcess({
    file: around.tools.ffmpegPath,
    args,
    directory: around.directory,
    signal: around.signal,
    wallLimitMs: run.wallLimitMs,
    limits: programLimits(run.wallLimitMs),
    onStdoutLine: (line) => {
      const sample = readProgress(line);
      const reached = sample && reachedFraction(sample, run);
      if (reached !== null) {
        fraction = Math.max(fraction, Math.min(1, reached));
        run.onProgress(fraction);
      }
    },
  });
  throwUnlessClean(end, "encode_failed");
  return end.stderrTail;
}

type Sample = NonNullable<ReturnType<ReturnType<typeof createProgressParser>>>;

function reachedFraction({ outTimeUs, frameCount }: Sample, run: FfmpegRun): number | null {
  if (run.expectedFrames !== undefined) {
    return frameCount === null ? null : frameCount / run.expectedFrames;
  }
  return outTimeUs === null || run.expectedSeconds === null ? null : outTimeUs / 1e6 / run.expectedSeconds;
}

/** The wall clock limit of work on this much media; an unknown length counts as an hour. */
export function wallLimitFor(mediaSeconds: number | null): number {
  return Math.ceil(BASE_WALL_LIMIT_MS + (mediaSeconds ?? 3600) * WALL_PER_MEDIA_SECOND_MS);
}

/**
 * Runs ffprobe and resolves to what it printed. `unmatched` is the failure that an unknown complaint means here.
 *
 * @throws TaskFailure with `unmatched` or a code from `classifyFailure`
 * @throws `signal.reason` when aborted
 */
export async function runFfprobe(
  args: readonly string[],
  around: Surroundings,
  unmatched: FailureCode,
): Promise<string> {
  return (await runFfprobeAloud(args, around, unmatched)).stdout;
}

/** As `runFfprobe`, with the tail of stderr: of a file that it can open but not read, ffprobe ends without a failure. */
export async function runFfprobeAloud(
  args: readonly string[],
  around: Surroundings,
  unmatched: FailureCode,
): Promise<{ stdout: string; stderrTail: string }> {
  const end = await runProcess({
    file: around.tools.ffprobePath,
    args,
    directory: around.directory,
    signal: around.signal,
    wallLimitMs: PROBE_WALL_LIMIT_MS,
    limits: programLimits(PROBE_WALL_LIMIT_MS),
  });
  throwUnlessClean(end, unmatched);
  return { stdout: end.stdout, stderrTail: end.stderrTail };
}

/**
 * Runs ffprobe on a list of packets and hands on what it prints line by line: of a film they are millions.
 * `mediaSeconds` is how much it reads.
 *
 * @throws as `runFfprobe` does
 */
export async function readFfprobeLines(
  args: readonly string[],
  around: Surroundings,
  reading: { unmatched: FailureCode; mediaSeconds: number | null; onLine: (line: string) => void },
): Promise<void> {
  const wallLimitMs = wallLimitFor(reading.mediaSeconds);
  const end = await runProcess({
    file: around.tools.ffprobePath,
    args,
    directory: around.directory,
    signal: around.signal,
    wallLimitMs,
    limits: programLimits(wallLimitMs),
    onStdoutLine: reading.onLine,
  });
  throwUnlessClean(end, reading.unmatched);
}

/** The kernel's limits of any program that works on media. */
export function programLimits(wallLimitMs: number): ProcessLimits {
  return {
    memoryBytes: MEMORY_LIMIT_BYTES,
    cpuSeconds: Math.ceil((wallLimitMs / 1000) * CPU_PER_WALL),
    fileSizeBytes: FILE_SIZE_LIMIT_BYTES,
    openFiles: OPEN_FILES_LIMIT,
  };
}

function throwUnlessClean(end: ProcessEnd, unmatched: FailureCode): void {
  if (end.exitCode !== 0 || end.endedBy !== "itself") {
    throw new TaskFailure(classifyFailure(end, unmatched), { log: describeEnd(end) });
  }
}

function describeEnd(end: ProcessEnd): string {
  const how = end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
  return `${how}, ended by ${end.endedBy}\n${end.stderrTail}`;
}
