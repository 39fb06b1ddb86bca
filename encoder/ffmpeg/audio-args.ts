/** The sound's part of an encode. */
import type { AudioSpec } from "../contract/output-spec.ts";

/** Flags of the mapped audio stream. */
export function audioArgs(audio: AudioSpec): string[] {
  return [
    "-af",
    // Sound keeps its place on the picture's time: `first_pts=0` fills a late start with silence and cuts what lies
    // before zero; `async=1` fills holes with silence instead of closing them.
    `aresample=osr=${audio.sampleRateHz}:async=1:first_pts=0`,
    // FFmpeg's own encoder, AAC-LC: Debian ships no other.
    "-c:a",
    "aac",
    "-b:a",
    String(audio.bitrateBps),
    "-ar",
    String(audio.sampleRateHz),
    "-ac",
    String(audio.channels),
  ];
}
