/** The flags of a finished MP4, encoded or joined. */
import { fileUrl } from "./input-guards.ts";

/** Titles and dates travel; chapters would be wrong in a cut, and a timecode tag would add a data track. */
export const TAG_ARGS: readonly string[] = ["-map_metadata", "0", "-map_chapters", "-1", "-write_tmcd", "0"];

/** The file itself; the last flags of an output. */
export function mp4FileArgs(outputPath: string): string[] {
  return [
    // A stream that starts minutes after the other keeps that one waiting: allow more packets than the default 128.
    "-max_muxing_queue_size",
    "4096",
    // The index at the front lets a browser play before the whole file is there.
    "-movflags",
    "+faststart",
    "-f",
    "mp4",
    fileUrl(outputPath),
  ];
}
