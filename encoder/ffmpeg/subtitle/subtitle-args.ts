/**
 * Text track -> the events of a small Matroska file, which `readEvents` reads: it holds them with their times to the
 * millisecond. WebVTT stays as it is. FFmpeg turns every other kind of text into the lines of ASS, where style codes and
 * literal text cannot be mistaken for each other, as in what it writes as WebVTT they can.
 */
import { FFMPEG_ARGS, fileUrl, secondsArg, sourceInput, subtitleInput } from "../input-guards.ts";

/** Moves every time above zero, which is all that Matroska can hold: text may start before the picture. */
export const EVENT_OFFSET_SECONDS = 100_000;

/** Text of a whole film is 100 KB; a file with more than this is made to keep the encoder busy. */
export const MAX_EVENTS_BYTES = 32 * 1024 ** 2;

/**
 * `url` and `streamIndex` of a track of a source, or the file of a sidecar with a null index. Times in the result are the
 * container's own, `EVENT_OFFSET_SECONDS` later. A result that has reached `MAX_EVENTS_BYTES` is cut off.
 */
export function subtitleArgs(input: {
  url: string;
  streamIndex: number | null;
  isWebvtt: boolean;
  outputPath: string;
}): string[] {
  // Not counted from the start of the file: that is the first text where there is nothing else.
  const flags = ["-copyts", "-itsoffset", secondsArg(EVENT_OFFSET_SECONDS)];
  return [
    ...FFMPEG_ARGS,
    ...(input.streamIndex === null
      ? subtitleInput(input.url, ...flags)
      : sourceInput(input.url, "-threads", "1", ...flags)),
    ...["-map", `0:${input.streamIndex ?? 0}`, "-c:s", input.isWebvtt ? "copy" : "ass"],
    ...["-map_metadata", "-1", "-map_chapters", "-1"],
    // Else one text from days before the picture moves all others.
    ...["-avoid_negative_ts", "disabled"],
    ...["-fs", String(MAX_EVENTS_BYTES), "-f", "matroska", fileUrl(input.outputPath)],
  ];
}
