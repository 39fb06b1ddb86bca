/** The task `subtitle`: a text track of a source, or a file with subtitles alone, becomes WebVTT beside the media. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Span } from "../contract/output-spec.ts";
import type { TaskResult } from "../contract/report.ts";
import type { SubtitleTask } from "../contract/task.ts";
import { fileUrl } from "../ffmpeg/input-guards.ts";
import { readNumber } from "../ffmpeg/probe/probe-tree.ts";
import { timelineZero } from "../ffmpeg/probe/source-timeline.ts";
import { assCueText } from "../ffmpeg/subtitle/ass-cue-text.ts";
import type { CueText } from "../ffmpeg/subtitle/cue-text.ts";
import { type Cue, cutCues, type UncutCue } from "../ffmpeg/subtitle/cut-cues.ts";
import { readEvents, type TextEvent } from "../ffmpeg/subtitle/read-events.ts";
import { EVENT_OFFSET_SECONDS, MAX_EVENTS_BYTES, subtitleArgs } from "../ffmpeg/subtitle/subtitle-args.ts";
import { webvttCueText } from "../ffmpeg/subtitle/webvtt-cue-text.ts";
import { webvttFile } from "../ffmpeg/subtitle/webvtt-file.ts";
import { formatBytes } from "../source/fetch-limits.ts";
import { runFfmpeg, wallLimitFor } from "./ffmpeg.ts";
import { withSource } from "./open-inputs.ts";
import { type MediaSource, probeSource } from "./probe-source.ts";
import { openSubtitleFile, type SubtitleFile } from "./open-subtitle-file.ts";
import { TaskFailure } from "./task-failure.ts";
import { type TaskRun, workContext } from "./task-run.ts";
import { uploadFile } from "./upload-files.ts";
import type { WorkContext } from "./work-context.ts";

/** Conversion of a few megabytes of text takes a second. */
const FILE_SECONDS = 0;

/**
 * Makes and stores the file for each target; a track without text gives a file without cues.
 *
 * @throws TaskFailure `subtitles_*`, codes of the source, or `destination_*`
 * @throws `run.signal.reason` when aborted
 */
export async function makeSubtitles(task: SubtitleTask, run: TaskRun): Promise<TaskResult> {
  const cues = task.streamIndex === null ? await readFileCues(task, run) : await readTrackCues(task, run);
  for (const [index, { object, isTransport }] of task.targets.entries()) {
    const path = join(run.directory, `subtitles-${index}.vtt`);
    await writeFile(path, webvttFile(cues, { isTransport }));
    await uploadFile(path, object, run);
  }
  return { kind: "subtitle", cueCount: cues.length };
}

async function readFileCues(task: SubtitleTask, run: TaskRun): Promise<Cue[]> {
  const file = await openSubtitleFile(task.jobId, task.source.url, run);
  const ctx = await workContext(run, "encoding", run.signal);
  const input = { url: fileUrl(file.path), streamIndex: null, mediaSeconds: FILE_SECONDS };
  const cues = await convert({ ...input, kind: file.kind }, ctx);
  return cutToSpan(cues, task.span, 0);
}

function readTrackCues(task: SubtitleTask, run: TaskRun): Promise<Cue[]> {
  return withSource(task, run, "encoding", (source, ctx) => convertTrack(source, task, ctx));
}

async function convertTrack(
  source: MediaSource,
  { streamIndex, span }: SubtitleTask,
  ctx: WorkContext,
): Promise<Cue[]> {
  const probed = await probeSource(source, ctx);
  const { subtitleTracks, durationSeconds } = probed.mediaInfo;
  const track = subtitleTracks.find((candidate) => candidate.streamIndex === streamIndex);
  if (track === undefined) {
    throw unreadable(streamIndex, { log: "the source has no such track of text" });
  }
  const kind = KINDS[track.codec] ?? "other";
  const input = { url: source.url, streamIndex: track.streamIndex, kind, mediaSeconds: durationSeconds };
  const zeroSeconds = (readNumber(probed.ffprobe.format, "start_time") ?? 0) + timelineZero(probed);
  return cutToSpan(await convert(input, ctx), span, zeroSeconds);
}

/** `zeroSeconds` is where the outputs' clock starts on the cues' own. */
function cutToSpan(cues: readonly UncutCue[], span: Span, zeroSeconds: number): Cue[] {
  return cutCues(cues, {
    startMs: Math.round((zeroSeconds + span.startSeconds) * 1_000),
    lengthMs: span.durationSeconds === null ? null : Math.round(span.durationSeconds * 1_000),
  });
}

/** What nobody can read on a screen is made to keep the encoder busy. */
const MAX_CUE_BYTES = 64 * 1024;

/** So much is converted before anything else gets its turn. */
const BYTES_AT_ONCE = 256 * 1024;

/** By ffprobe's names. */
const KINDS: Readonly<Record<string, SubtitleFile["kind"]>> = { ass: "ass", ssa: "ass", webvtt: "webvtt" };

type Input = {
  url: string;
  streamIndex: number | null;
  kind: SubtitleFile["kind"];
  mediaSeconds: number | null;
};

async function convert(input: Input, ctx: WorkContext): Promise<UncutCue[]> {
  const outputPath = join(ctx.directory, "events.mkv");
  const { streamIndex, kind, mediaSeconds } = input;
  const isWebvtt = kind === "webvtt";
  await runFfmpeg(subtitleArgs({ ...input, isWebvtt, outputPath }), ctx, {
    expectedSeconds: null,
    wallLimitMs: wallLimitFor(mediaSeconds),
    onProgress: () => undefined,
  }).catch((error: unknown) => {
    throw isAboutContent(error) ? unreadable(streamIndex, { cause: error }) : error;
  });
  ctx.onProgress(1);
  const file = await readFile(outputPath);
  if (file.length >= MAX_EVENTS_BYTES) {
    throw new TaskFailure({ code: "subtitles_too_large", limit: formatBytes(MAX_EVENTS_BYTES) });
  }
  const toText = (text: string): CueText | null =>
    isWebvtt ? webvttCueText(text) : assCueText(text, { isAss: kind === "ass" });
  return toCues(readEvents(file), toText);
}

async function toCues(
  events: readonly TextEvent[],
  toText: (text: string) => CueText | null,
): Promise<UncutCue[]> {
  const decoder = new TextDecoder();
  const cues: UncutCue[] = [];
  let bytes = 0;
  for (const { startMs, durationMs, payload } of events) {
    const shown = payload.length > MAX_CUE_BYTES ? null : toText(decoder.decode(payload));
    if (shown !== null) {
      cues.push({ ...shown, startMs: startMs - EVENT_OFFSET_SECONDS * 1_000, durationMs });
    }
    bytes += payload.length;
    if (bytes >= BYTES_AT_ONCE) {
      bytes = 0;
      await setImmediate();
    }
  }
  return cues;
}

/** Whatever FFmpeg makes of the text; its lack of time, memory or disk is another matter. */
function isAboutContent(error: unknown): boolean {
  const code = error instanceof TaskFailure ? error.failure.code : null;
  return (
    code === "encode_failed" || code === "source_not_media" || (code?.endsWith("_not_decodable") ?? false)
  );
}

function unreadable(streamIndex: number | null, detail: { cause?: unknown; log?: string }): TaskFailure {
  const track = streamIndex === null ? {} : { streamIndex };
  const { cause } = detail;
  const log = cause instanceof TaskFailure ? cause.log : (detail.log ?? null);
  return new TaskFailure(
    { code: "subtitles_not_readable", ...track },
    log === null ? { cause } : { cause, log },
  );
}
