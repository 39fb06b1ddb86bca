/**
 * What FFmpeg complained of while it made a result all the same -> what the customer should know. A false alarm calls
 * a good film damaged, so each sign says why healthy files do not show it, and names the outputs it was made from.
 */
import type { Warning } from "../contract/warning-catalogue.ts";

type DamageSign = {
  pattern: RegExp;
  /** The end of the file, or of a packet, is missing. */
  isBreak?: true;
  because: string;
  /** Names of files in test/fixtures/stderr: what FFmpeg 5.1 printed, and 7.1 where the name ends in `-7`. */
  examples: readonly [string, ...string[]];
};

export const DAMAGE_SIGNS: readonly DamageSign[] = [
  {
    pattern: /partial file|File ended prematurely|filesize and duration do not match/,
    isBreak: true,
    because: "the file is shorter than its own index or header says",
    examples: ["cut-off", "cut-off-mkv", "cut-off-mp3"],
  },
  {
    pattern: /Packet corrupt|corrupt input packet|Truncating packet/,
    isBreak: true,
    because: "a packet is shorter than its header says, or packets of a transport stream are missing",
    examples: ["packets-lost", "packets-lost-7"],
  },
  {
    pattern: /CRC mismatch!|invalid as first byte of an EBML number|\[error\] Packet mismatch/,
    because:
      "the structure between the packets is broken; the reader looks for the next place that makes sense",
    examples: ["broken-ogg", "broken-mkv", "broken-flv"],
  },
  {
    pattern: /corrupt decoded frame/,
    because: "a decoder concealed errors in a frame; those before a first keyframe are never decoded",
    examples: ["broken-frames", "broken-frames-7"],
  },
  {
    pattern: /(Error while decoding stream #|Error submitting packet to decoder: |\] Decoding error: )[^]*\1/,
    because:
      "a decoder gave up packets; a single one may be the first of a recording that was begun in mid-programme, or a tag within an MP3",
    examples: ["broken-frames", "broken-frames-7"],
  },
  {
    pattern: /\[flac @ \S+ \[error\] decode_frame\(\) failed/,
    because: "FLAC's frames carry checksums, and its reader never begins within one",
    examples: ["cut-off-flac", "cut-off-flac-7"],
  },
];

/** Warnings for the customer, from the last lines of stderr, which are printed with `-v level+warning`. */
export function findWarnings(stderrTail: string): Warning[] {
  return tellsOfDamage(stderrTail) ? [{ code: "source_damaged" }] : [];
}

/** True when FFmpeg found a part of the source damaged or missing, even if it made something of the rest. */
export function tellsOfDamage(stderrTail: string): boolean {
  return DAMAGE_SIGNS.some(({ pattern }) => pattern.test(stderrTail));
}

/** True when it breaks off: what is missing can be decoded by no other attempt. */
export function tellsOfBreak(stderrTail: string): boolean {
  return DAMAGE_SIGNS.some(({ pattern, isBreak }) => isBreak === true && pattern.test(stderrTail));
}
