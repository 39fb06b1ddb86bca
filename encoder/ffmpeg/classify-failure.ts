/**
 * How ffmpeg or ffprobe ended -> a row of the failure catalogue. What FFmpeg prints is read in failure-signs.ts; this
 * file weighs it against how the process ended.
 */
import type { Failure, FailureCode } from "../contract/failure-catalogue.ts";
import { FAILURE_SIGNS, readUndecodableTrack } from "./failure-signs.ts";

export type ProcessEnd = {
  exitCode: number | null;
  /** The signal that ended it, when it was not this encoder's doing. */
  signal: string | null;
  /** What this encoder itself did to end it. */
  endedBy: "itself" | "wall_limit" | "stdout_limit";
  /** The last lines of stderr, printed with `-v level+warning`. */
  stderrTail: string;
};

/** Signals that the limits of a process lead to. */
const SIGNAL_CODES: Readonly<Record<string, FailureCode>> = {
  // This encoder's own kills are known by `endedBy`; what remains is the kernel's answer to a lack of memory.
  SIGKILL: "encode_out_of_memory",
  SIGXCPU: "encode_timed_out",
  SIGXFSZ: "encode_output_too_large",
};

/** ffmpeg's exit status after SIGTERM, SIGINT or SIGXCPU: it catches them and closes its files. */
const INTERRUPTED_EXIT_CODE = 255;

/** ffmpeg's exit status when it could decode less than a third of a track (`-max_error_rate`). */
const ERROR_RATE_EXIT_CODE = 69;

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
  const sign = readSign(end.stderrTail);
  if (sign) {
    return sign;
  }
  if (end.signal !== null) {
    return { code: SIGNAL_CODES[end.signal] ?? unmatched };
  }
  if (end.exitCode === ERROR_RATE_EXIT_CODE) {
    return readUndecodableTrack(end.stderrTail) ?? { code: unmatched };
  }
  return { code: end.exitCode === INTERRUPTED_EXIT_CODE ? "encode_timed_out" : unmatched };
}

/** What FFmpeg's words mean, however the process ended; null when there is no sign of any failure in them. */
export function readSign(stderrTail: string): Failure | null {
  for (const { pattern, read } of FAILURE_SIGNS) {
    const match = pattern.exec(stderrTail);
    if (match) {
      return read(match, stderrTail);
    }
  }
  return null;
}
