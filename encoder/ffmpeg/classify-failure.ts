/**
 * How ffmpeg or ffprobe ended -> a row of the failure catalogue. A wrong row costs: `never` gives a passing error no
 * second chance, `again` repeats work that cannot succeed. So each row says why its evidence is enough.
 */
import type { Failure, FailureCode } from "../contract/failure-catalogue.ts";
import { SOURCE_LIMITS } from "./probe/source-limits.ts";

export type ProcessEnd = {
  exitCode: number | null;
  /** The signal that ended it, when it was not this encoder's doing. */
  signal: string | null;
  /** What this encoder itself did to end it. */
  endedBy: "itself" | "wall_limit" | "stdout_limit";
  /** The last lines of stderr, printed with `-v level+warning`. */
  stderrTail: string;
};

type Row = { pattern: RegExp; code: FailureCode; limit?: string; because: string };

/** First match wins: causes stand before the complaints that follow from them. */
const STDERR_ROWS: readonly Row[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    code: "scratch_full",
    because: "ENOSPC and EDQUOT come from writing alone, and this encoder's disk is all that is written to",
  },
  {
    pattern: /File too large/,
    code: "encode_output_too_large",
    because: "EFBIG comes from the file size limit that the encoder sets, where its signal is ignored",
  },
  {
    pattern: /exceeds specified max pixel count/,
    code: "source_limits_exceeded",
    limit: SOURCE_LIMITS.pixels,
    because: "printed by the check of -max_pixels only",
  },
  {
    pattern: /exceeds max_streams parameter/,
    code: "source_limits_exceeded",
    limit: SOURCE_LIMITS.streams,
    because: "printed by the check of -max_streams only; it is followed by 'Cannot allocate memory'",
  },
  {
    pattern: /Cannot allocate memory|malloc of size \d+ failed/,
    code: "encode_out_of_memory",
    because:
      "ENOMEM under the address space limit; one more attempt is allowed because neighbours share the memory",
  },
  {
    pattern: /Format not on whitelist|Protocol '[^']*' not on whitelist/,
    code: "source_not_media",
    because: "a list or manifest that leads to other files; Copra reads self-contained files only",
  },
  {
    pattern: /moov atom not found|does not contain any stream/,
    code: "source_not_media",
    because: "an MP4 without its index cannot be read by anyone; the upload broke off",
  },
  {
    pattern:
      /^\[(?:error|fatal)\] (?:Error opening input.*|(?:file|http):.*): (?:Invalid data found|End of file)/m,
    code: "source_not_media",
    because: "said of the input as a whole; the same words about one packet start with the name of a decoder",
  },
];

/** Signals that the limits of a process lead to. */
const SIGNAL_CODES: Readonly<Record<string, FailureCode>> = {
  // This encoder's own kills are known by `endedBy`; what remains is the kernel's answer to a lack of memory.
  SIGKILL: "encode_out_of_memory",
  SIGXCPU: "encode_timed_out",
  SIGXFSZ: "encode_output_too_large",
};

/** ffmpeg's exit status after SIGTERM, SIGINT or SIGXCPU: it catches them and closes its files. */
const INTERRUPTED_EXIT_CODE = 255;

/**
 * The failure of a run that did not succeed. `unmatched` names what an unknown complaint means at this place, such as
 * `source_not_media` while a source is probed.
 */
export function classifyFailure(end: ProcessEnd, unmatched: FailureCode = "encode_failed"): Failure {
  if (end.endedBy === "wall_limit") {
    return { code: "encode_timed_out" };
  }
  if (end.endedBy === "stdout_limit") {
    return { code: unmatched };
  }
  const row = STDERR_ROWS.find(({ pattern }) => pattern.test(end.stderrTail));
  if (row) {
    return row.limit === undefined ? { code: row.code } : { code: row.code, limit: row.limit };
  }
  if (end.signal !== null) {
    return { code: SIGNAL_CODES[end.signal] ?? unmatched };
  }
  return { code: end.exitCode === INTERRUPTED_EXIT_CODE ? "encode_timed_out" : unmatched };
}

/** Complaints of a reader that a file ends before it should. */
const DAMAGE = /partial file|Packet corrupt|corrupt input packet|Truncating packet|File ended prematurely/;

/** True when ffmpeg found the source cut off, even if it made something of the rest. */
export function tellsOfDamage(stderrTail: string): boolean {
  return DAMAGE.test(stderrTail);
}
